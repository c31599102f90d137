from __future__ import annotations

from dataclasses import replace

from analysis.anatomy import SEGMENTS
from portal.reports.liver_diagram import SHAPES, build_diagrams
from tests.portal.reports.conftest import Analysed


def test_each_segment_has_a_shape() -> None:
    assert set(SHAPES) == {segment.key for segment in SEGMENTS}


def test_the_diagram_repeats_the_measured_means(results: Analysed) -> None:
    fat = build_diagrams(results.report)[0]
    assert fat.title == "PDFF (%)"
    for segment in fat.segments:
        measured = results.report.get("PDFF", segment.key)
        assert measured is not None
        assert f"{segment.value} %" == measured.text


def test_ink_can_be_read_on_the_colour(results: Analysed) -> None:
    for diagram in build_diagrams(results.report):
        for segment in diagram.segments:
            red, green, blue = (int(segment.colour[n : n + 2], 16) for n in (1, 3, 5))
            is_bright = 0.299 * red + 0.587 * green + 0.114 * blue > 0.45 * 255
            assert segment.ink == ("#000000" if is_bright else "#ffffff")


def test_the_patient_s_right_is_on_the_left() -> None:
    assert SHAPES["segment_7"][1][0] < SHAPES["segment_2"][1][0]


def test_without_measurements_there_is_no_diagram(results: Analysed) -> None:
    assert build_diagrams(replace(results.report, measurements=())) == ()
