from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.errors import NoSuitableSeries, UnsupportedAcquisition
from analysis.series_selection import select_series
from analysis.study import Acquisition, Component, Role, SelectedSeries
from analysis.volume import Geometry
from tests.analysis.series_selection.received import (
    ECHOES_MS,
    LIVER_GRID,
    SMALL_GRID,
    echoes,
    series,
    stack,
    study,
)


def used(selected: SelectedSeries) -> set[int]:
    return {choice.number for choice in selected.choices if choice.is_used}


def reason(selected: SelectedSeries, number: int) -> str:
    return next(choice.reason for choice in selected.choices if choice.number == number)


def codes(selected: SelectedSeries) -> set[str]:
    return {finding.code for finding in selected.findings}


def test_the_multi_echo_series_is_chosen_and_its_echoes_are_in_order() -> None:
    shuffled = series(5, [stack(time) for time in reversed(ECHOES_MS)])

    selected = select_series(study(shuffled))

    assert selected.echoes is not None
    assert selected.echoes.echo_times_ms.tolist() == list(ECHOES_MS)
    assert selected.echoes.magnitude[:, 0, 0, 0] == pytest.approx(ECHOES_MS)
    assert selected.anatomical_image.array[0, 0, 0] == pytest.approx(ECHOES_MS[0])
    assert used(selected) == {5}


def test_phase_of_another_series_is_paired_by_grid_and_echo_times() -> None:
    selected = select_series(study(echoes(5), echoes(6, component=Component.PHASE)))

    assert selected.echoes is not None
    assert selected.echoes.phase_rad is not None
    assert used(selected) == {5, 6}
    assert reason(selected, 6) == "phase of the chosen echoes"


@pytest.mark.parametrize(
    "phase",
    [
        echoes(6, component=Component.PHASE, in_radians=False),
        echoes(6, ECHOES_MS[:3], component=Component.PHASE),
    ],
)
def test_phase_that_does_not_match_is_left_out_and_reported(phase: object) -> None:
    selected = select_series(study(echoes(5), phase))  # type: ignore[arg-type]  # a series

    assert selected.echoes is not None
    assert selected.echoes.phase_rad is None
    assert codes(selected) == {"phase-not-used"}


def test_echoes_in_one_series_each_are_joined() -> None:
    singles = [series(n, [stack(time)]) for n, time in enumerate(ECHOES_MS, start=5)]

    selected = select_series(study(*singles))

    assert selected.echoes is not None
    assert selected.echoes.echo_times_ms.tolist() == list(ECHOES_MS)
    assert used(selected) == set(range(5, 11))
    assert "joined from 6 series" in reason(selected, 7)


def test_a_repeat_of_echoes_in_one_series_each_is_kept_apart() -> None:
    first = [series(n, [stack(time, value=1)]) for n, time in enumerate(ECHOES_MS, start=5)]
    second = [series(n, [stack(time, value=2)]) for n, time in enumerate(ECHOES_MS, start=25)]

    selected = select_series(study(*first, *second))

    assert selected.echoes is not None
    assert set(np.unique(selected.echoes.magnitude)) == {2.0}
    assert used(selected) == set(range(25, 31))


def test_series_of_another_repetition_time_are_not_joined() -> None:
    other = Acquisition("SIEMENS", repetition_time_ms=150.0, flip_angle_deg=4.0)
    singles = [series(n, [stack(time)]) for n, time in enumerate((3.0, 4.0))]
    stranger = series(9, [stack(5.0)], acquisition=other)

    with pytest.raises(UnsupportedAcquisition, match="only two echoes"):
        select_series(study(*singles, stranger))


def test_real_and_imaginary_images_become_magnitude_and_phase() -> None:
    both = series(
        5,
        [stack(time, Component.REAL, value=3) for time in ECHOES_MS]
        + [stack(time, Component.IMAGINARY, value=4) for time in ECHOES_MS],
    )

    selected = select_series(study(both))

    assert selected.echoes is not None
    assert selected.echoes.phase_rad is not None
    assert selected.echoes.magnitude == pytest.approx(5.0)
    assert selected.echoes.phase_rad == pytest.approx(math.atan2(4, 3))


def test_real_and_imaginary_in_two_series_give_the_phase_of_a_magnitude_series() -> None:
    real = series(6, [stack(time, Component.REAL, value=0) for time in ECHOES_MS])
    imaginary = series(7, [stack(time, Component.IMAGINARY, value=2) for time in ECHOES_MS])

    selected = select_series(study(echoes(5), real, imaginary))

    assert selected.echoes is not None
    assert selected.echoes.magnitude[0] == pytest.approx(ECHOES_MS[0])
    assert selected.echoes.phase_rad == pytest.approx(math.pi / 2)


CORONAL = Geometry(
    (8, 6, 5), np.array([[-50, 0, 0, 0], [0, 0, 50, 0], [0, 50, 0, 0], [0, 0, 0, 1.0]])
)


@pytest.mark.parametrize(
    ("loser", "why"),
    [
        (echoes(9, grid=SMALL_GRID), "covers less of the liver"),
        (echoes(9, grid=CORONAL), "is not axial"),
        (echoes(9, ECHOES_MS[:4]), "has fewer echoes"),
        (echoes(9, [time + 3 for time in ECHOES_MS]), "has a later first echo"),
        (echoes(1), "was acquired earlier and repeated"),
    ],
)
def test_the_better_acquisition_wins_and_the_other_learns_why(loser: object, why: str) -> None:
    selected = select_series(study(loser, echoes(5)))  # type: ignore[arg-type]  # a series

    assert used(selected) == {5}
    (lost,) = [choice for choice in selected.choices if not choice.is_used]
    assert lost.reason == f"{why} (series 5 is used)"


def test_echoes_on_different_grids_are_refused() -> None:
    mixed = series(5, [stack(1.2), stack(2.2), stack(3.2, grid=SMALL_GRID)])

    with pytest.raises(UnsupportedAcquisition, match="do not lie on one grid") as caught:
        select_series(study(mixed))

    assert caught.value.code == "echoes-not-on-one-grid"


def test_scanner_maps_are_kept_beside_the_echoes() -> None:
    pdff = series(11, [stack(None)], Role.PDFF_MAP)

    selected = select_series(study(echoes(5), pdff))

    assert [one.role for one in selected.vendor_maps] == [Role.PDFF_MAP]
    assert used(selected) == {5, 11}


def test_scanner_maps_alone_are_used_with_a_warning() -> None:
    pdff = series(11, [stack(None, value=7)], Role.PDFF_MAP)
    water = series(12, [stack(None, value=90)], Role.WATER)

    selected = select_series(study(pdff, water))

    assert selected.echoes is None
    assert selected.anatomical_image.array[0, 0, 0] == 90
    assert codes(selected) == {"scanner-maps-only"}


def test_two_echoes_in_opposed_and_in_phase_give_a_dixon_pair() -> None:
    selected = select_series(study(echoes(5, (1.19, 2.38))))

    assert selected.echoes is None
    roles = {one.role: one.echo_time_ms for one in selected.vendor_maps}
    assert roles == {Role.OPPOSED_PHASE: 1.19, Role.IN_PHASE: 2.38}
    assert codes(selected) == {"dixon-only"}
    assert used(selected) == {5}


def test_two_other_echoes_are_refused_with_what_to_send() -> None:
    with pytest.raises(UnsupportedAcquisition, match="send the multi-echo Dixon series") as caught:
        select_series(study(echoes(5, (4.0, 6.46))))

    assert caught.value.code == "two-echoes"
    assert "4.00 ms and 6.46 ms" in caught.value.message


def test_single_echo_images_are_refused_in_plain_words() -> None:
    unread = series(2, [], Role.OTHER, not_read="single-echo images, not needed")

    with pytest.raises(NoSuitableSeries, match="single-echo images only") as caught:
        select_series(study(unread))

    assert caught.value.code == "single-echo"


def test_a_study_without_gradient_echoes_says_what_was_found() -> None:
    unread = series(2, [], Role.OTHER, not_read="not a gradient-echo acquisition")

    with pytest.raises(NoSuitableSeries, match="not a gradient-echo acquisition") as caught:
        select_series(study(unread))

    assert caught.value.code == "no-multi-echo"


def test_phase_without_magnitude_is_refused() -> None:
    with pytest.raises(NoSuitableSeries, match="no magnitude images"):
        select_series(study(echoes(6, component=Component.PHASE)))


def test_negative_magnitudes_are_raised_to_zero() -> None:
    selected = select_series(study(series(5, [stack(t, value=-1) for t in ECHOES_MS])))

    assert selected.echoes is not None
    assert selected.echoes.magnitude.min() == 0


def test_a_repeat_within_a_series_uses_the_first_and_says_so() -> None:
    stacks = [stack(time, value=level) for time in ECHOES_MS for level in (1, 2)]

    selected = select_series(study(series(5, stacks)))

    assert selected.echoes is not None
    assert set(np.unique(selected.echoes.magnitude)) == {1.0}
    assert "repeats-first-used" in codes(selected)


def test_what_ingest_did_not_read_keeps_its_reason() -> None:
    localizer = series(1, [], Role.OTHER, not_read="a localizer")

    assert reason(select_series(study(localizer, echoes(5))), 1) == "a localizer"


def test_the_grid_of_the_echoes_is_that_of_the_images() -> None:
    selected = select_series(study(echoes(5)))

    assert selected.echoes is not None
    assert selected.echoes.geometry.matches(LIVER_GRID)
