from __future__ import annotations

import numpy as np
import pytest

from analysis.export.histogram_drawing import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Drawing,
    draw_histogram,
)
from analysis.grading import TANG_2013, GradingTable
from analysis.measurement import Histogram


def draw(counts: list[int], first: float = 0.0, table: GradingTable | None = None) -> Drawing:
    edges = first + np.arange(len(counts) + 1.0)
    drawing = draw_histogram(Histogram("PDFF", "liver", edges, counts), "title", table)
    assert drawing is not None
    return drawing


def test_the_tallest_bar_fills_the_height_and_others_are_in_proportion() -> None:
    bars = draw([10, 40, 20]).bars
    assert [bar.height for bar in bars] == pytest.approx(
        [(BOTTOM - TOP) * share for share in (0.25, 1.0, 0.5)]
    )
    assert all(bar.y + bar.height == pytest.approx(BOTTOM) for bar in bars)


def test_bars_stand_side_by_side_over_the_width() -> None:
    bars = draw([10, 40, 20, 5]).bars
    assert bars[0].x == LEFT
    assert bars[-1].x + bars[-1].width == pytest.approx(RIGHT)
    assert bars[1].x == pytest.approx(bars[0].x + bars[0].width)


def test_each_bar_says_its_range_and_count() -> None:
    assert draw([10, 40], first=-1.0).bars[0].title == "-1 to 0 %: 10 voxels"


def test_a_few_far_voxels_do_not_flatten_the_drawing_and_are_counted() -> None:
    drawing = draw([1] + [0] * 50 + [5000, 5000] + [0] * 50 + [1])
    assert len(drawing.bars) == 2
    assert drawing.note == "10002 voxels, 2 beyond the axis"


def test_cut_offs_stand_at_their_values() -> None:
    drawing = draw([1] * 20, table=TANG_2013)
    assert [mark.text for mark in drawing.cut_offs] == ["S1", "S2"]  # 22.1 % is off the axis
    assert drawing.cut_offs[0].x == pytest.approx(LEFT + 6.4 / 20 * (RIGHT - LEFT), abs=0.01)


def test_ticks_lie_on_the_axis() -> None:
    ticks = draw([1] * 20).ticks
    assert ticks[0].text == "0"
    assert all(LEFT <= tick.x <= RIGHT for tick in ticks)


def test_one_bin_is_drawn() -> None:
    assert len(draw([7]).bars) == 1


def test_an_empty_histogram_is_not_drawn() -> None:
    empty = Histogram("PDFF", "liver", np.arange(3.0), np.zeros(2))
    assert draw_histogram(empty, "title", None) is None
