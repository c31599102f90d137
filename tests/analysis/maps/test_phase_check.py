from __future__ import annotations

import numpy as np

from analysis.findings import Severity
from analysis.maps.phase_check import phase_problem, phase_unusable

BODY = np.ones((12, 12, 2), dtype=bool)


def drawn() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(-np.pi, np.pi, (4, *BODY.shape)).astype(np.float32)


def test_phase_in_radians_is_usable_in_both_ranges() -> None:
    assert phase_problem(drawn(), BODY) is None
    assert phase_problem(drawn() + np.float32(np.pi), BODY) is None


def test_missing_phase_is_named() -> None:
    assert phase_problem(None, BODY) == "no phase images were sent"


def test_vendor_units_are_recognised() -> None:
    assert "cannot be radians" in (phase_problem(drawn() * 1303.8, BODY) or "")


def test_phase_divided_once_too_often_is_recognised() -> None:
    assert "span only" in (phase_problem(drawn() / 4096, BODY) or "")


def test_numbers_that_are_none_are_recognised() -> None:
    phase = drawn()
    phase[:, :6] = np.nan
    assert "not numbers" in (phase_problem(phase, BODY) or "")


def test_echoes_of_equal_phase_are_recognised() -> None:
    phase = np.repeat(drawn()[:1], 4, axis=0)
    assert phase_problem(phase, BODY) == "all echoes have the same phase"


def test_missing_phase_is_information_and_broken_phase_a_warning() -> None:
    assert phase_unusable("none", was_sent=False).severity is Severity.INFO
    assert phase_unusable("units", was_sent=True).severity is Severity.WARNING
