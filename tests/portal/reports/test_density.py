from __future__ import annotations

import numpy as np
import pytest

from portal.reports.density import density_figure
from portal.reports.images import StudyImages, turn
from tests.portal.reports.conftest import TRUE_R2STAR, Analysed


def images_of(results: Analysed, *keys: str) -> StudyImages:
    selected, labels = results.selected, results.segmentation.labels
    return turn(selected.anatomical_image, labels, results.maps.maps, keys)


def test_every_voxel_with_both_values_is_counted_once(results: Analysed) -> None:
    figure = density_figure(images_of(results, "PDFF", "R2*"), "liver")
    assert figure is not None
    table = np.array(figure["layout"]["meta"]["table"])
    measured = results.report.get("PDFF", "liver")
    assert measured is not None
    assert table.sum() == measured.n_voxels


def test_the_cells_lie_where_fat_and_iron_are(results: Analysed) -> None:
    figure = density_figure(images_of(results, "PDFF", "R2*"), "segment_5")
    assert figure is not None
    meta = figure["layout"]["meta"]
    table, iron_edges = np.array(meta["table"]), meta["y_edges"]
    full = [n for n in range(table.shape[1]) if table[:, n].any()]
    assert [(iron_edges[n], iron_edges[n + 1]) for n in full] == [(TRUE_R2STAR, TRUE_R2STAR + 5)]
    fat = np.average((np.array(meta["edges"][:-1]) + 0.5), weights=table.sum(axis=1))
    measured = results.report.get("PDFF", "segment_5")
    assert measured is not None
    assert fat == pytest.approx(measured.value, abs=0.6)


def test_there_is_no_figure_without_one_of_the_maps(results: Analysed) -> None:
    assert density_figure(images_of(results, "PDFF"), "liver") is None
