from __future__ import annotations

import numpy as np
import pytest

from analysis.anatomy import SEGMENTS
from portal.reports.segment_figures import colour_of, multiples_figure, overlay_figure
from tests.portal.reports.conftest import Analysed


def test_overlaid_segments_have_their_own_colours_and_are_each_a_hundred_percent(
    results: Analysed,
) -> None:
    figure = overlay_figure(results.report, "PDFF", as_curve=False)
    assert figure is not None
    assert [trace["line"]["color"] for trace in figure["data"]] == [colour_of(s) for s in SEGMENTS]
    assert all(sum(trace["y"]) == pytest.approx(100.0) for trace in figure["data"])


def test_curves_cover_the_same_area_as_steps(results: Analysed) -> None:
    figure = overlay_figure(results.report, "PDFF", as_curve=True)
    assert figure is not None
    for trace in figure["data"]:
        # In % of the voxels a bin of one point.
        assert np.trapezoid(trace["y"], trace["x"]) == pytest.approx(100.0, abs=6)


@pytest.mark.parametrize("as_curve", [True, False])
def test_small_multiples_have_the_liver_and_each_segment_over_one_axis(
    results: Analysed, as_curve: bool
) -> None:
    figure = multiples_figure(results.report, "PDFF", as_curve=as_curve)
    assert figure is not None
    assert len(figure["data"]) == 9
    ranges = {tuple(v["range"]) for k, v in figure["layout"].items() if k.startswith("xaxis")}
    assert len(ranges) == 1
    assert figure["layout"]["meta"]["quantity"] == "PDFF"


def test_a_quantity_that_was_not_measured_has_no_figure(results: Analysed) -> None:
    assert overlay_figure(results.report, "T2*", as_curve=False) is None
    assert multiples_figure(results.report, "T2*", as_curve=False) is None
