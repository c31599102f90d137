"""Findings: what a reader must know about the quality of a study before trusting its numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from analysis.wording import Words


class Severity(StrEnum):
    """How far a finding limits trust in the numbers."""

    INFO = "info"  # good to know; the numbers stand
    WARNING = "warning"  # read the numbers with this in mind
    CRITICAL = "critical"  # the numbers concerned must not be used as they are


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about quality, with its evidence and its remedy.

    Parameters
    ----------
    code
        Stable identifier, lower-case words joined by hyphens, such as ``"t1-bias"``.
    severity
        How far trust is limited.
    message
        One sentence for the reader: what was seen and what it does to the numbers.
    evidence
        The measured facts behind it, with units ("flip angle 10°, TR 8 ms, bias factor 1.47").
    action
        What the site or the reader should do; empty when there is nothing to do.
    stage
        The stage that saw it: ingest, select, segment, map, quantify.
    words
        Those of its sentences that hold values, as templates and values; none in old records.
    """

    code: str
    severity: Severity
    message: str
    evidence: str = ""
    action: str = ""
    stage: str = ""
    words: tuple[Words, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.code or not self.message:
            raise ValueError("a finding needs a code and a message")

    @classmethod
    def of(
        cls,
        code: str,
        severity: Severity,
        message: Words,
        evidence: Words | str = "",
        action: Words | str = "",
        stage: str = "",
    ) -> Finding:
        """Return a finding with its sentences as text and as data.

        Parameters
        ----------
        code, severity, stage
            As in the class.
        message, evidence, action
            Words; text alone is for names and numbers, which no language changes.
        """
        parts = (message, evidence, action)
        said, seen, to_do = (part.text if isinstance(part, Words) else part for part in parts)
        filled = tuple(part for part in parts if isinstance(part, Words) and part.values)
        return cls(code, severity, said, seen, to_do, stage, filled)
