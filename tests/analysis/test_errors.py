from __future__ import annotations

from analysis.errors import AnalysisError, EmptySegmentation, OutputFailed


def test_an_error_reads_as_its_message_and_carries_its_code() -> None:
    error = EmptySegmentation("No liver was found.", code="no-liver")
    assert isinstance(error, AnalysisError)
    assert str(error) == "No liver was found."
    assert error.code == "no-liver"
    assert error.permanent


def test_a_passing_trouble_says_so() -> None:
    assert not OutputFailed("The disc is full.", code="disc-full", permanent=False).permanent
