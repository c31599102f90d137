from __future__ import annotations

import pytest

from analysis.errors import UnusableInput
from analysis.findings import Severity
from analysis.ingest.complete_slices import keep_common_slices, share_a_slab
from analysis.ingest.stack_plans import SeriesPlan, StackPlan
from analysis.study import Component, Role
from tests.analysis.ingest.headers import at


def plan(*heights_by_echo: list[float]) -> SeriesPlan:
    stacks = tuple(
        StackPlan(tuple(at(z) for z in heights), Component.MAGNITUDE, 1.2 + echo)
        for echo, heights in enumerate(heights_by_echo)
    )
    return SeriesPlan(stacks[0].headers[0], Role.MULTI_ECHO, stacks, 99)


def grid_of(count: int, start: int = 0) -> list[float]:
    return [4.0 * k for k in range(start, count)]


def test_complete_echoes_are_left_alone() -> None:
    complete = plan(grid_of(8), grid_of(8))

    assert keep_common_slices([complete]).plans == (complete,)


def test_a_slice_missing_at_the_edge_is_cut_from_every_echo_and_reported() -> None:
    cut = keep_common_slices([plan(grid_of(8), grid_of(7))])

    assert [len(stack.headers) for stack in cut.plans[0].stacks] == [7, 7]
    (finding,) = cut.findings
    assert finding.code == "slices-missing-at-edge"
    assert finding.severity is Severity.WARNING
    assert "2.20 ms lacks slice 8 of 8" in finding.evidence


def test_a_slice_missing_inside_is_refused_naming_echo_and_slice() -> None:
    heights = grid_of(8)

    with pytest.raises(UnusableInput, match=r"echo at 2\.20 ms lacks slice 4 of 8") as caught:
        keep_common_slices([plan(heights, heights[:3] + heights[4:])])

    assert caught.value.code == "missing-slices"


def test_half_an_echo_missing_is_refused_even_at_the_edge() -> None:
    with pytest.raises(UnusableInput, match="incomplete"):
        keep_common_slices([plan(grid_of(8), grid_of(4))])


def test_echoes_without_a_common_slice_are_refused() -> None:
    with pytest.raises(UnusableInput, match="incomplete"):
        keep_common_slices([plan(grid_of(4), grid_of(8, start=4))])


def test_series_on_one_lattice_share_a_slab() -> None:
    assert share_a_slab([plan(grid_of(8)), plan(grid_of(7))])


def test_series_of_another_slab_do_not() -> None:
    shifted = [z + 1.5 for z in grid_of(8)]

    assert not share_a_slab([plan(grid_of(8)), plan(shifted)])
    assert not share_a_slab([plan(grid_of(4)), plan(grid_of(16, start=4))])
