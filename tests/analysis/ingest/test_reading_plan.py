from __future__ import annotations

from dataclasses import replace

from analysis.ingest.header import ImageHeader, VendorTags
from analysis.ingest.reading_plan import decide
from analysis.ingest.stack_plans import SeriesPlan, StackPlan
from analysis.study import Component, Role
from tests.analysis.ingest.headers import at, series_header

HEIGHTS_MM = (0.0, 4.0, 8.0)


def plan(
    number: int,
    echoes_ms: tuple[float, ...],
    *,
    role: Role = Role.OTHER,
    component: Component = Component.MAGNITUDE,
    shift_mm: float = 0.0,
    **changes: object,
) -> SeriesPlan:
    series = series_header(series_number=number)
    stacks = tuple(
        StackPlan(
            tuple(at(z + shift_mm, series=series, **changes) for z in HEIGHTS_MM), component, echo
        )
        for echo in echoes_ms
    )
    return SeriesPlan(stacks[0].headers[0], role, stacks, len(echoes_ms) * len(HEIGHTS_MM))


def roles(plans: list[SeriesPlan]) -> dict[int, Role]:
    return {one.series.series_number: one.role for one in plans if not one.not_read}


def reasons(plans: list[SeriesPlan]) -> dict[int, str]:
    return {one.series.series_number: one.not_read for one in plans if one.not_read}


def of_ge(one: SeriesPlan) -> SeriesPlan:
    def changed(header: ImageHeader) -> ImageHeader:
        series = replace(header.series, manufacturer="GE MEDICAL SYSTEMS")
        return replace(header, series=series, vendor=VendorTags(ge_sequence="ideal3d"))

    stacks = tuple(
        replace(
            stack,
            headers=tuple(replace(changed(h), temporal_position=index) for h in stack.headers),
        )
        for index, stack in enumerate(one.stacks)
    )
    return replace(one, first=stacks[0].headers[0], stacks=stacks)


def test_several_echoes_make_a_multi_echo_series() -> None:
    decided, _ = decide([plan(5, (1.2, 2.2, 3.2))], ())

    assert roles(decided) == {5: Role.MULTI_ECHO}


def test_a_single_echo_alone_is_not_read() -> None:
    decided, _ = decide([plan(5, (1.2, 2.2)), plan(7, (90.0,), repetition_time_ms=2000.0)], ())

    assert reasons(decided) == {7: "single-echo images, not needed for fat and iron"}


def test_single_echoes_on_one_slab_are_a_family() -> None:
    decided, _ = decide([plan(5, (1.2,)), plan(6, (2.2,)), plan(7, (3.2,))], ())

    assert roles(decided) == dict.fromkeys((5, 6, 7), Role.MULTI_ECHO)


def test_single_echoes_of_different_slabs_are_none() -> None:
    decided, _ = decide([plan(5, (1.2,)), plan(6, (2.2,), shift_mm=1.7)], ())

    assert roles(decided) == {}


def test_the_same_echo_twice_is_a_repeat_and_no_family() -> None:
    decided, _ = decide([plan(5, (1.2,)), plan(6, (2.2,)), plan(7, (2.2,))], ())

    assert roles(decided) == {}


def test_a_map_is_read_whatever_its_echoes() -> None:
    decided, _ = decide([plan(5, (1.2,), role=Role.PDFF_MAP)], ())

    assert roles(decided) == {5: Role.PDFF_MAP}


def test_all_maps_of_ideal_iq_in_one_series_are_not_guessed() -> None:
    combined = of_ge(plan(5, (1.2,) * 6))

    decided, _ = decide([combined], ())

    assert "export them as separate series" in reasons(decided)[5]


def test_equal_echo_times_stand_as_a_problem() -> None:
    decided, _ = decide([plan(5, (1.2, 1.2, 1.2))], ())

    assert decided[0].problem is not None
    assert decided[0].problem.code == "echo-times-equal"


def test_given_echo_times_go_only_where_they_are_hidden() -> None:
    hidden, open_ = plan(5, (1.2, 1.2, 1.2)), plan(6, (1.0, 2.0, 3.0))

    decided, _ = decide([hidden, open_], (1.1, 2.1, 3.1))

    times = {one.series.series_number: one.echo_times_ms for one in decided}
    assert times == {5: (1.1, 2.1, 3.1), 6: (1.0, 2.0, 3.0)}


def test_given_echo_times_replace_wrong_ones() -> None:
    decided, _ = decide([plan(6, (1.0, 2.0, 3.0))], (1.1, 2.1, 3.1))

    assert decided[0].echo_times_ms == (1.1, 2.1, 3.1)
