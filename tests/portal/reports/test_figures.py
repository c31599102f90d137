from __future__ import annotations

import numpy as np

from analysis.measurement import Histogram
from portal.reports.figures import find_histogram, histogram_figure, shown_bins
from tests.portal.reports.conftest import Analysed


def histogram(*counts: int) -> Histogram:
    return Histogram("PDFF", "liver", np.arange(len(counts) + 1.0), np.array(counts))


def test_a_few_far_voxels_do_not_squeeze_the_rest() -> None:
    counts = [0] * 90
    counts[10:20] = [1000] * 10
    counts[89] = 5
    first, last = shown_bins(histogram(*counts))
    assert (first, last) == (8, 22)


def test_all_bins_are_shown_when_all_are_full() -> None:
    assert shown_bins(histogram(50, 50, 50)) == (0, 3)


def test_voxels_outside_the_shown_range_are_counted(results: Analysed) -> None:
    counts = [1, *[0] * 40, *[1000] * 10]
    figure = histogram_figure(results.report, histogram(*counts))
    assert figure["layout"]["meta"]["beyond"] == "Voxels outside this range: 1"
    assert sum(figure["data"][0]["y"]) == 10_001


def test_mean_and_median_are_marked_where_they_were_measured(results: Analysed) -> None:
    stored = find_histogram(results.report, "PDFF", "liver")
    assert stored is not None
    shapes = histogram_figure(results.report, stored)["layout"]["shapes"]
    mean, median = (results.report.get("PDFF", "liver", s) for s in ("mean", "median"))
    assert mean is not None
    assert median is not None
    assert [shape["x0"] for shape in shapes] == [mean.value, median.value]
