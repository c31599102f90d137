from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.errors import (
    EmptySegmentation,
    GeometryMismatch,
    ModelError,
    UnsupportedAcquisition,
    UnusableInput,
)
from analysis.quantities import MR_SIGNAL
from analysis.volume import Geometry, Volume
from inference.catalogue import ModelSpec, load_spec
from inference.segmentation import segment_liver, views_of
from tests.inference.conftest import block_liver, write_card


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


def test_labels_known_by_construction_come_back_on_the_same_grid(spec: ModelSpec) -> None:
    volume = block_liver()
    result = segment_liver(volume, device="cpu", threads=1, spec=spec)
    truth = np.round(volume.array * 8).astype(int)
    assert result.labels.geometry.matches(volume.geometry)
    assert dice(result.labels.liver, truth > 0) > 0.98
    for label in range(1, 9):
        assert dice(result.labels.array == label, truth == label) > 0.85


@pytest.mark.parametrize("axes", [(2, 0, 1), (1, 2, 0), (0, 1, 2)])
@pytest.mark.parametrize("flips", [(0,), (1, 2), (0, 1, 2)])
def test_orientation_of_the_array_does_not_change_the_labels_in_space(
    spec: ModelSpec, axes: tuple[int, int, int], flips: tuple[int, ...]
) -> None:
    volume = block_liver()
    reference = segment_liver(volume, device="cpu", threads=1, spec=spec).labels.array
    affine = volume.geometry.affine[:, [*axes, 3]]
    array = volume.array.transpose(axes)
    for axis in flips:
        affine = affine.copy()
        affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
        affine[:3, axis] *= -1
        array = np.flip(array, axis)
    turned = Volume(array, Geometry(array.shape, affine), MR_SIGNAL)
    result = segment_liver(turned, device="cpu", threads=1, spec=spec).labels.array
    expected = np.flip(reference.transpose(axes), flips)
    assert np.mean(result == expected) > 0.999


def test_anisotropic_slices_keep_the_volume_in_millilitres(spec: ModelSpec) -> None:
    fine = block_liver(spacing_mm=2.0)
    thick = fine.array.reshape(80, 80, 16, 5).mean(axis=3)
    affine = np.diag([2.0, 2.0, 10.0, 1.0])
    affine[2, 3] = 4.0
    volume = Volume(thick, Geometry((80, 80, 16), affine), MR_SIGNAL)
    result = segment_liver(volume, device="cpu", threads=1, spec=spec)
    assert result.labels.volume_ml == pytest.approx(120 * 80 * 80 / 1000, rel=0.04)


def test_confidence_is_high_where_probabilities_are_sharp(spec: ModelSpec) -> None:
    result = segment_liver(block_liver(), device="cpu", threads=1, spec=spec)
    assert result.confidence is not None
    assert result.confidence > 0.95
    assert result.uncertainty is not None
    assert result.uncertainty.max() <= 0.5


def test_the_model_and_the_engine_are_named(spec: ModelSpec) -> None:
    (model,) = segment_liver(block_liver(), device="cpu", threads=1, spec=spec).models
    assert (model.name, model.version, model.sha256) == ("levels", "1.0.0", spec.sha256)
    assert model.device == "CPU"
    assert model.engine.startswith("openvino")


def test_an_image_without_liver_is_refused_in_words(spec: ModelSpec) -> None:
    array = np.zeros((40, 40, 40), np.float32)
    array[0, 0, 0] = 1.0
    volume = Volume(array, Geometry((40, 40, 40), np.diag([4.0, 4.0, 4.0, 1.0])), MR_SIGNAL)
    with pytest.raises(EmptySegmentation, match="No liver was found") as caught:
        segment_liver(volume, device="cpu", threads=1, spec=spec)
    assert caught.value.code == "no-liver"


def test_one_slice_is_refused(spec: ModelSpec) -> None:
    volume = Volume(np.ones((40, 40, 1)), Geometry((40, 40, 1), np.diag([4, 4, 4, 1])), MR_SIGNAL)
    with pytest.raises(UnsupportedAcquisition, match="whole series"):
        segment_liver(volume, device="cpu", threads=1, spec=spec)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_constant_image_is_refused(spec: ModelSpec, value: float) -> None:
    grid = Geometry((20, 20, 20), np.diag([4, 4, 4, 1]))
    with pytest.raises(UnusableInput, match="empty"):
        segment_liver(Volume(np.full(grid.shape, value), grid, MR_SIGNAL), spec=spec)


def test_many_values_that_are_not_numbers_are_refused_and_few_are_tolerated(
    spec: ModelSpec,
) -> None:
    clean = block_liver()
    few, many = clean.array.copy(), clean.array.copy()
    few[0, 0, 0] = np.nan
    many[:10] = np.inf
    result = segment_liver(Volume(few, clean.geometry, MR_SIGNAL), threads=1, spec=spec)
    assert result.labels.volume_ml > 100
    with pytest.raises(UnusableInput, match="not numbers"):
        segment_liver(Volume(many, clean.geometry, MR_SIGNAL), threads=1, spec=spec)


def test_cuda_that_is_not_there_is_an_error_and_never_a_silent_cpu(
    spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    with pytest.raises(ModelError, match="graphics processor") as caught:
        segment_liver(block_liver(), device="cuda", spec=spec)
    assert caught.value.code == "cuda-unavailable"
    assert not caught.value.permanent


def brighter(volume: Volume, factor: float) -> Volume:
    return Volume(volume.array * np.float32(factor), volume.geometry, MR_SIGNAL)


def test_a_study_is_seen_as_its_image_the_next_and_the_root_mean_square_of_all() -> None:
    image = block_liver()
    views = views_of(image, (brighter(image, 2), brighter(image, 3)))
    assert views_of(image, ()) == (image,)
    assert [float(view.array.max() / image.array.max()) for view in views] == pytest.approx(
        [1, 2, (14 / 3) ** 0.5]
    )


def test_views_that_show_the_same_agree_and_one_image_has_nothing_to_agree_with(
    spec: ModelSpec,
) -> None:
    image = block_liver()
    alone = segment_liver(image, device="cpu", threads=1, spec=spec)
    together = segment_liver(image, (brighter(image, 2),), device="cpu", threads=1, spec=spec)
    assert alone.agreement is None
    assert together.agreement == pytest.approx(1)
    assert np.array_equal(together.labels.array, alone.labels.array)


def test_a_companion_on_another_grid_is_refused(spec: ModelSpec) -> None:
    image, other = block_liver(), block_liver(spacing_mm=5.0)
    with pytest.raises(GeometryMismatch):
        segment_liver(image, (other,), device="cpu", threads=1, spec=spec)


def test_a_fine_network_keeps_its_outline_and_a_coarse_one_is_told_by_the_images(
    spec: ModelSpec, models_root: Path
) -> None:
    image = one_bright_liver()
    folder = models_root / "levels" / "1.0.0"
    write_card(folder, spacing_mm=8.0)
    coarse = segment_liver(image, device="cpu", threads=1, spec=load_spec(folder))
    write_card(folder, spacing_mm=2.0)
    fine = segment_liver(image, device="cpu", threads=1, spec=load_spec(folder))
    assert fine.separation is None
    assert coarse.separation is not None
    assert coarse.separation > 0.95
    assert dice(coarse.labels.liver, image.array > 0.5) > 0.94


def one_bright_liver() -> Volume:
    """Return a block of the brightness of one segment in dark, noisy surroundings, 2 mm voxels."""
    liver = block_liver(spacing_mm=2.0)
    rng = np.random.default_rng(13)
    noise = rng.normal(0, 1, liver.array.shape)
    values = np.where(liver.array > 0, 0.9 + 0.08 * noise, 0.03 + 0.01 * noise)
    return Volume(np.maximum(values, 0), liver.geometry, MR_SIGNAL)


def test_a_liver_that_fills_the_block_is_labelled_to_its_first_and_last_slice(
    spec: ModelSpec, models_root: Path
) -> None:
    folder = models_root / "levels" / "1.0.0"
    write_card(folder, spacing_mm=8.0)
    whole = one_bright_liver()
    part = np.ascontiguousarray(whole.array[:, :, 30:50])
    volume = Volume(part, Geometry(part.shape, whole.geometry.affine), MR_SIGNAL)
    found = segment_liver(volume, device="cpu", threads=1, spec=load_spec(folder)).labels.liver
    true = part > 0.5
    for k in (0, -1):
        assert dice(found[:, :, k], true[:, :, k]) > 0.9


def test_a_view_that_shows_something_else_does_not_spoil_the_outline(spec: ModelSpec) -> None:
    image = block_liver()
    noise = np.random.default_rng(14).normal(1 / 16, 0.02, image.array.shape)
    noise[0, 0, 0] = 1.0
    other = Volume(np.maximum(noise, 0), image.geometry, MR_SIGNAL)
    found = segment_liver(image, (other,), device="cpu", threads=1, spec=spec)
    assert found.agreement is not None
    assert found.agreement < 0.7
    assert dice(found.labels.liver, image.array > 0) > 0.97
