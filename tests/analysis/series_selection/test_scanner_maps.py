from __future__ import annotations

import pytest

from analysis.series_selection.echo_groups import EchoGroup
from analysis.series_selection.scanner_maps import dixon_pair, scanner_maps
from analysis.study import Acquisition, Role
from tests.analysis.series_selection.received import series, stack


def pair(times_ms: tuple[float, float], field_strength_t: float | None) -> EchoGroup:
    acquisition = Acquisition(field_strength_t=field_strength_t)
    stacks = tuple(stack(time) for time in times_ms)
    return EchoGroup((series(5, stacks, acquisition=acquisition),), stacks)


@pytest.mark.parametrize(
    ("times_ms", "field_strength_t"), [((2.3, 4.6), 1.5), ((1.15, 2.3), 3.0), ((1.19, 2.39), 2.89)]
)
def test_opposed_and_in_phase_echo_times_are_recognised(
    times_ms: tuple[float, float], field_strength_t: float
) -> None:
    roles = [one.role for one in dixon_pair(pair(times_ms, field_strength_t))]

    assert roles == [Role.OPPOSED_PHASE, Role.IN_PHASE]


@pytest.mark.parametrize(
    ("times_ms", "field_strength_t"),
    [((2.3, 4.6), 3.0), ((4.0, 6.46), 3.0), ((1.15, 1.7), 3.0), ((1.15, 2.3), None)],
)
def test_other_echo_times_are_no_dixon_pair(
    times_ms: tuple[float, float], field_strength_t: float | None
) -> None:
    assert dixon_pair(pair(times_ms, field_strength_t)) == ()


def test_the_most_recent_map_of_a_role_comes_first() -> None:
    older = series(4, [stack(None, value=1)], Role.PDFF_MAP)
    newer = series(8, [stack(None, value=2)], Role.PDFF_MAP)

    assert scanner_maps([older, newer], ())[0].series_instance_uid == "1.2.8"


def test_dixon_images_that_are_fitted_are_no_maps() -> None:
    echo = series(4, [stack(1.2)], Role.OPPOSED_PHASE)

    assert scanner_maps([echo], [echo]) == ()
