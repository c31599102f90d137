from __future__ import annotations

import numpy as np
import pytest

from analysis.findings import Severity
from analysis.volume import LabelMap
from inference.postprocessing import (
    agreement_findings,
    confidence_findings,
    filled,
    largest_component,
    one_piece_each,
    segment_findings,
)
from tests.inference.conftest import block_liver


def labels_of_block_liver() -> LabelMap:
    volume = block_liver()
    return LabelMap(np.round(volume.array * 8).astype(np.uint8), volume.geometry)


def test_the_largest_component_stays() -> None:
    mask = np.zeros((20, 20, 20), bool)
    mask[2:10, 2:10, 2:10] = True
    mask[15:18, 15:18, 15:18] = True
    kept = largest_component(mask)
    assert kept.sum() == 512
    assert not kept[16, 16, 16]


def test_holes_are_filled_also_where_a_vessel_leaves_the_slab() -> None:
    mask = np.zeros((12, 12, 6), bool)
    mask[2:10, 2:10] = True
    mask[5, 5, :] = False
    assert filled(mask)[5, 5].all()
    assert filled(mask).sum() == 8 * 8 * 6


def test_a_stray_piece_of_a_segment_joins_its_neighbour() -> None:
    labels = np.zeros((20, 10, 10), np.uint8)
    labels[:10] = 5
    labels[10:] = 6
    labels[17:19, 4:6, 4:6] = 5
    result = one_piece_each(labels, np.ones_like(labels, bool))
    assert (result[10:] == 6).all()
    assert (result[:10] == 5).all()


def test_filled_voxels_get_the_nearest_segment_and_outside_stays_background() -> None:
    labels = np.zeros((10, 10, 10), np.uint8)
    labels[2:8, 2:8, 2:8] = 3
    labels[4, 4, 4] = 0
    liver = np.zeros(labels.shape, bool)
    liver[2:8, 2:8, 2:8] = True
    result = one_piece_each(labels, liver)
    assert result[4, 4, 4] == 3
    assert np.count_nonzero(result) == 216


def test_a_possible_liver_raises_no_finding() -> None:
    assert segment_findings(labels_of_block_liver()) == ()


def test_segments_upside_down_or_mirrored_are_reported() -> None:
    labels = labels_of_block_liver()
    upside_down = LabelMap(labels.array[:, :, ::-1].copy(), labels.geometry)
    (finding,) = segment_findings(upside_down)
    assert "VIII is not above V" in finding.evidence
    mirrored = LabelMap(labels.array[::-1].copy(), labels.geometry)
    (finding,) = segment_findings(mirrored)
    assert "left of the right lobe" in finding.evidence


def test_a_missing_segment_is_named() -> None:
    labels = labels_of_block_liver()
    array = labels.array.copy()
    array[array == 6] = 5
    (finding,) = segment_findings(LabelMap(array, labels.geometry))
    assert finding.evidence == "not found: VI"


@pytest.mark.parametrize(
    ("confidence", "severity"), [(0.8, Severity.WARNING), (0.5, Severity.CRITICAL)]
)
def test_doubt_becomes_a_finding(confidence: float, severity: Severity) -> None:
    (finding,) = confidence_findings(confidence)
    assert finding.severity is severity
    assert f"{confidence:.2f}" in finding.evidence


def test_certainty_is_no_finding() -> None:
    assert confidence_findings(0.95) == ()


def test_views_that_show_different_livers_are_a_finding() -> None:
    (finding,) = agreement_findings(0.12)
    assert (finding.code, finding.severity) == ("segmentation-disagrees", Severity.WARNING)
    assert "0.12" in finding.evidence
    assert agreement_findings(0.9) == agreement_findings(None) == ()
