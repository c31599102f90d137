"""What a reader is blinded to, and texts that would tell it.

The page of a reading shows chosen facts only. This is the second line: a text that contains one
of the hidden words all the same is withheld as a whole, because half a sentence may tell as much.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from analysis.findings import Finding
from analysis.measurement import Measurement
from analysis.report import LiverReport
from analysis.volume_norm import EXPECTED, RATIO_TO_EXPECTED
from portal.reports.models import ReadingCase
from portal.reports.reading_assignment import rules_of
from portal.trials.reading_schemes import Blinding

NORM_STATISTICS = (EXPECTED, RATIO_TO_EXPECTED)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@dataclass(frozen=True, slots=True)
class Secrets:
    """Words that a reader must not see; compared without case and compatibility forms."""

    words: tuple[str, ...] = ()
    _pattern: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        wanted = sorted({_plain(word).strip() for word in self.words} - {""}, key=len, reverse=True)
        parts = (rf"(?<!\w){re.escape(word)}(?!\w)" for word in wanted)
        pattern = re.compile("|".join(parts)) if wanted else None
        object.__setattr__(self, "_pattern", pattern)

    def are_in(self, text: str) -> bool:
        return self._pattern is not None and self._pattern.search(_plain(text)) is not None

    def withhold(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings that tell nothing."""
        return tuple(
            finding
            for finding in findings
            if not any(map(self.are_in, (finding.message, finding.evidence, finding.action)))
        )


def secrets_of(case: ReadingCase, numbers: LiverReport) -> Secrets:
    """Return what the scheme of a study hides, as it is written in this study."""
    rules, study, scan = rules_of(case), case.study, numbers.acquisition
    words: list[str] = []
    if rules.hides(Blinding.SITE):
        words += [study.site.name, study.site.code, scan.manufacturer, scan.model]
    if rules.hides(Blinding.TIME):
        words += [study.visit.name, *_dates(case, numbers.description.study_date)]
    if rules.hides(Blinding.SUBJECT):
        words += [study.subject.code, numbers.description.patient_id]
    return Secrets(tuple(words))


def hides_norm(case: ReadingCase) -> bool:
    """Tell whether the volume expected for the body is hidden.

    It is the same at each visit of one person, or nearly so: with it, hidden subjects could be told
    apart and their visits put together.
    """
    rules = rules_of(case)
    return rules.hides(Blinding.SUBJECT) or rules.hides(Blinding.TIME)


def told_measurements(case: ReadingCase, numbers: LiverReport) -> tuple[Measurement, ...]:
    """Return the measurements that a reader of a study may see."""
    if not hides_norm(case):
        return numbers.measurements
    return tuple(m for m in numbers.measurements if m.statistic not in NORM_STATISTICS)


def _dates(case: ReadingCase, study_date: str) -> list[str]:
    dates = {study_date, str(case.study.visit.actual_date or "")} - {""}
    return [*dates, *(day.replace("-", "") for day in dates)]
