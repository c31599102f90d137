from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.findings import Severity
from analysis.maps.phase_check import phase_problem, phase_unusable
from analysis.wording import words

BODY = np.ones((12, 12, 2), dtype=bool)


def problem_text(phase_rad: npt.NDArray[np.float32] | None, body: npt.NDArray[np.bool_]) -> str:
    problem = phase_problem(phase_rad, body)
    return problem.text if problem else ""


def drawn() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(-np.pi, np.pi, (4, *BODY.shape)).astype(np.float32)


def test_phase_in_radians_is_usable_in_both_ranges() -> None:
    assert problem_text(drawn(), BODY) == ""
    assert problem_text(drawn() + np.float32(np.pi), BODY) == ""


def test_missing_phase_is_named() -> None:
    assert problem_text(None, BODY) == "no phase images were sent"


def test_vendor_units_are_recognised() -> None:
    assert "cannot be radians" in problem_text(drawn() * 1303.8, BODY)


def test_phase_divided_once_too_often_is_recognised() -> None:
    assert "span only" in problem_text(drawn() / 4096, BODY)


def test_numbers_that_are_none_are_recognised() -> None:
    phase = drawn()
    phase[:, :6] = np.nan
    assert "not numbers" in problem_text(phase, BODY)


def test_echoes_of_equal_phase_are_recognised() -> None:
    phase = np.repeat(drawn()[:1], 4, axis=0)
    assert problem_text(phase, BODY) == "all echoes have the same phase"


def test_missing_phase_is_information_and_broken_phase_a_warning() -> None:
    assert phase_unusable(words("none"), was_sent=False).severity is Severity.INFO
    assert phase_unusable(words("units"), was_sent=True).severity is Severity.WARNING
