from __future__ import annotations

import numpy as np
import pytest

from inference.training.tissue_map import (
    TissueMap,
    axis_aligned,
    crop_to_content,
    largest_component,
    resample_labels,
)


def block(spacing=(1.0, 1.0, 2.0)) -> TissueMap:
    labels = np.zeros((24, 20, 12), np.uint8)
    labels[4:12, 4:16, 2:8] = 3
    labels[12:20, 4:16, 2:8] = 5
    return TissueMap(labels, axis_aligned(labels.shape, (-10, 5, 30), spacing))


def volume_ml(source: TissueMap, value: int) -> float:
    return np.count_nonzero(source.labels == value) * source.geometry.voxel_volume_ml


def centre_mm(source: TissueMap, value: int) -> np.ndarray:
    index = np.argwhere(source.labels == value).mean(axis=0)
    return source.origin_mm + index * np.asarray(source.geometry.spacing_mm)


def test_resampling_keeps_volume_and_place() -> None:
    source = block()
    target = axis_aligned((14, 12, 14), (-11, 4, 29), 2.0)
    coarse = resample_labels(source, target)
    for value in (3, 5):
        assert volume_ml(coarse, value) == pytest.approx(volume_ml(source, value), rel=0.25)
        assert np.abs(centre_mm(coarse, value) - centre_mm(source, value)).max() < 1.0


def test_resampling_to_its_own_grid_changes_nothing() -> None:
    source = block()
    assert np.array_equal(resample_labels(source, source.geometry).labels, source.labels)


def test_outside_the_source_is_background() -> None:
    far = axis_aligned((4, 4, 4), (500, 500, 500), 2.0)
    assert not resample_labels(block(), far).labels.any()


def test_cropping_keeps_every_label_in_place() -> None:
    source = block()
    cropped = crop_to_content(source, margin_mm=2.0)
    assert cropped.labels.size < source.labels.size
    assert np.allclose(centre_mm(cropped, 5), centre_mm(source, 5))
    assert np.count_nonzero(cropped.labels) == np.count_nonzero(source.labels)


def test_labels_that_do_not_fit_the_grid_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit a grid"):
        TissueMap(np.zeros((2, 2, 2), np.uint8), axis_aligned((3, 3, 3), (0, 0, 0), 1.0))


def test_labels_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="read-only"):
        block().labels[0, 0, 0] = 1


def test_largest_component_drops_the_smaller_island() -> None:
    mask = np.zeros((10, 4, 4), bool)
    mask[:5, :2], mask[8:, :1] = True, True
    assert largest_component(mask).sum() == 40
    assert not largest_component(np.zeros((3, 3, 3), bool)).any()
