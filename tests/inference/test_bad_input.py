"""What is not an abdomen ends in a named error or in a finding, never in a confident mask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from analysis.errors import AnalysisError
from analysis.findings import Severity
from analysis.quantities import MR_SIGNAL
from analysis.segmentation import Segmentation
from analysis.volume import Geometry, Volume
from inference.catalogue import ModelSpec, find
from inference.nifti_images import read_image
from inference.segmentation import segment_liver
from tests.inference.conftest import block_liver

Array = npt.NDArray[np.float64]
DOUBT = {Severity.WARNING, Severity.CRITICAL}


def indices(shape: tuple[int, int, int]) -> tuple[Array, Array, Array]:
    i, j, k = np.meshgrid(*[np.arange(size, dtype=float) for size in shape], indexing="ij")
    return i, j, k


def noisy(values: Array, spacing_mm: tuple[float, float, float]) -> Volume:
    noise = np.random.default_rng(0).rayleigh(4.0, values.shape)
    x, y, z = values.shape
    grid = Geometry((x, y, z), np.diag([*spacing_mm, 1.0]))
    return Volume((values + noise).astype(np.float32), grid, MR_SIGNAL)


def head() -> Volume:
    """Scalp, skull, textured brain, dark ventricles."""
    shape = (80, 96, 64)
    i, j, k = indices(shape)
    radius = np.sqrt(((i - 40) / 30) ** 2 + ((j - 48) / 38) ** 2 + ((k - 30) / 30) ** 2)
    texture = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=shape), 3)
    brain = 140 + 25 * texture / texture.std()
    values = np.select([radius < 0.85, radius < 0.93, radius < 1.0], [brain, 20.0, 250.0], 0.0)
    values[(abs(i - 40) < 6) & (abs(j - 48) < 14) & (abs(k - 32) < 8)] = 40.0
    return noisy(values, (2.5, 2.5, 3.0))


def legs() -> Volume:
    """Two thighs: fat, muscle, cortical bone, marrow."""
    i, j, _ = indices((96, 64, 40))
    values = np.zeros((96, 64, 40))
    for centre in (30, 66):
        radius = np.hypot(i - centre, j - 32)
        for limit, level in ((15, 260.0), (12, 110.0), (4, 10.0), (2.5, 200.0)):
            values[radius < limit] = level
    return noisy(values, (4.0, 4.0, 8.0))


def bottles() -> Volume:
    """Three bottles of different content beside each other."""
    i, j, _ = indices((80, 64, 40))
    values = np.zeros((80, 64, 40))
    for centre, level in ((15, 100.0), (40, 180.0), (65, 260.0)):
        values[np.hypot(i - centre, j - 32) < 11] = level
    return noisy(values, (4.0, 4.0, 6.0))


def bottle() -> Volume:
    i, j, _ = indices((64, 64, 40))
    return noisy(np.where(np.hypot(i - 32, j - 32) < 24, 200.0, 0.0), (4.0, 4.0, 6.0))


def noise() -> Volume:
    return noisy(np.zeros((64, 64, 40)), (4.0, 4.0, 6.0))


def outcome(volume: Volume, spec: ModelSpec | None = None) -> AnalysisError | Segmentation:
    try:
        return segment_liver(volume, device="cpu", threads=1, spec=spec)
    except AnalysisError as error:
        return error


@pytest.mark.model
@pytest.mark.parametrize("picture", [head, legs, bottles, bottle, noise])
def test_the_shipped_model_is_never_sure_of_a_liver_that_is_not_there(
    picture: Callable[[], Volume],
) -> None:
    result = outcome(picture(), find())
    if isinstance(result, AnalysisError):
        assert result.code == "no-liver"
    else:
        doubts = [one.code for one in result.findings if one.severity in DOUBT]
        assert {"segmentation-unsure", "segments-unreliable"} & set(doubts)


def test_slices_far_apart_are_refused_by_name(spec: ModelSpec) -> None:
    affine = np.diag([2.0, 2.0, 60.0, 1.0])
    volume = Volume(np.random.default_rng(0).random((80, 80, 6)), Geometry((80, 80, 6), affine),
                    MR_SIGNAL)  # fmt: skip
    result = outcome(volume, spec)
    assert isinstance(result, AnalysisError)
    assert result.code == "image-too-coarse"
    assert "60 mm apart" in result.message


def test_slices_of_1024_pixels_squared_are_labelled_on_their_own_grid(spec: ModelSpec) -> None:
    coarse = block_liver().array[:, :, 14:26:2]
    array = np.repeat(np.repeat(coarse, 26, axis=0)[:1024], 26, axis=1)[:, :1024]
    grid = Geometry((1024, 1024, 6), np.diag([4 / 26, 4 / 26, 8.0, 1.0]))
    result = outcome(Volume(array, grid, MR_SIGNAL), spec)
    assert isinstance(result, Segmentation)
    found, truth = result.labels.liver, array > 0
    assert found.shape == (1024, 1024, 6)
    assert 2 * np.sum(found & truth) / (np.sum(found) + np.sum(truth)) > 0.93


def save(path: Path, array: npt.NDArray[np.float32], affine: Array | None) -> Path:
    image = nibabel.Nifti1Image(array, affine)
    if affine is None:
        image.set_sform(None, code=0)
        image.set_qform(None, code=0)
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize(
    ("shape", "code"),
    [((40, 40), "image-too-thin"), ((40, 40, 1), "image-too-thin"), ((8, 8, 8, 3), "image-not-3d")],
)
def test_files_of_another_dimension_are_refused_by_name(
    tmp_path: Path, spec: ModelSpec, shape: tuple[int, ...], code: str
) -> None:
    values = np.random.default_rng(0).random(shape, dtype=np.float32)
    path = save(tmp_path / "image.nii.gz", values, np.diag([4.0, 4.0, 4.0, 1.0]))
    with pytest.raises(AnalysisError) as caught:
        segment_liver(read_image(path), device="cpu", threads=1, spec=spec)
    assert caught.value.code == code


def test_a_file_without_orientation_is_refused_by_name(tmp_path: Path) -> None:
    path = save(tmp_path / "image.nii.gz", np.ones((20, 20, 20), np.float32), None)
    with pytest.raises(AnalysisError) as caught:
        read_image(path)
    assert caught.value.code == "orientation-missing"


def test_a_patient_stored_left_to_right_wrongly_is_told(spec: ModelSpec) -> None:
    """The header says the opposite of the truth: segments then lie in an impossible order."""
    volume = block_liver()
    mirrored = Volume(volume.array[::-1].copy(), volume.geometry, MR_SIGNAL)
    result = outcome(mirrored, spec)
    assert isinstance(result, Segmentation)
    assert "segments-unreliable" in {one.code for one in result.findings}


def test_a_liver_of_nothing_but_not_a_number_is_refused(spec: ModelSpec) -> None:
    grid = Geometry((20, 20, 20), np.diag([8.0, 8.0, 8.0, 1.0]))
    result = outcome(Volume(np.full(grid.shape, np.nan, np.float32), grid, MR_SIGNAL), spec)
    assert isinstance(result, AnalysisError)
    assert result.code == "image-not-finite"
