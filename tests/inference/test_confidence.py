from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.confidence import Calibration, calibration_of, expected_dice, promise

CORNERS = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8, unique_by=lambda c: c[0]
)


def test_expected_dice_is_one_for_certain_and_two_thirds_for_even_odds() -> None:
    mask = np.zeros((4, 4, 4), bool)
    mask[:2] = True
    assert expected_dice(mask.astype(np.float32), mask) == pytest.approx(1.0)
    half = np.where(mask, 0.5, 0).astype(np.float32)
    assert expected_dice(half, mask) == pytest.approx(2 / 3)


def test_a_second_liver_halves_the_promise() -> None:
    """The model is certain of two equal pieces; one of them is kept."""
    kept = np.zeros((9, 4, 4), bool)
    kept[:4] = True
    found = kept.copy()
    found[5:] = True
    sure = found.astype(np.float32)
    assert promise(sure, found, kept) == pytest.approx(0.5 * 2 / 3)
    assert promise(kept.astype(np.float32), kept, kept) == pytest.approx(1.0)


def test_nothing_found_promises_nothing() -> None:
    nothing = np.zeros((2, 2, 2), bool)
    assert promise(nothing.astype(np.float32), nothing, nothing) == 0.0


@given(corners=CORNERS, promised=st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_a_higher_promise_never_lowers_the_expectation(
    corners: list[tuple[float, float]], promised: list[float]
) -> None:
    curve = Calibration(
        tuple(sorted(p for p, _ in corners)), tuple(sorted(kept for _, kept in corners))
    )
    low, high = (curve.apply(each) for each in sorted(promised))
    assert 0 <= low <= high <= 1


@pytest.mark.parametrize(
    ("promised", "kept"),
    [((0.5,), ()), ((0.5, 0.5), (0.1, 0.2)), ((0.1, 0.9), (0.8, 0.2)), ((0.5,), (1.2,))],
)
def test_a_curve_that_falls_or_leaves_0_to_1_is_refused(
    promised: tuple[float, ...], kept: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match=r"calibration"):
        Calibration(promised, kept)


def test_a_card_without_calibration_leaves_the_promise() -> None:
    assert calibration_of(None).apply(0.77) == 0.77
    stated = {"promised": [0.6, 0.9], "kept": [0.5, 0.95], "mean_absolute_error": 0.02}
    assert calibration_of(stated).apply(0.75) == pytest.approx(0.725)
    assert calibration_of(stated).apply(0.1) == 0.5
