"""How the studies of a trial are read: by whom, blinded to what, and who decides a difference.

A scheme is a versioned table that a program can check. A trial without one (a clinic's routine
work) has one reader a study, who sees everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_noop

from analysis.wording import Words, words
from portal.errors import PortalError

MOST_READERS = 2
LONGEST_DUE_DAYS = 365


class SchemeRefused(PortalError):
    """Rules of a reading scheme that make no sense."""


class Assignment(StrEnum):
    MANUAL = "manual"
    AUTOMATIC = "automatic"


class Blinding(StrEnum):
    """What a reader does not learn of a study that is assigned to them."""

    SITE = "site"
    TIME = "time"
    SUBJECT = "subject"
    OTHER_READERS = "other-readers"
    ANALYSIS = "analysis"


BLINDING_LABELS: Mapping[Blinding, str] = {
    Blinding.SITE: gettext_noop("Site and scanner"),
    Blinding.TIME: gettext_noop("Visit, dates and order"),
    Blinding.SUBJECT: gettext_noop("Subject code"),
    Blinding.OTHER_READERS: gettext_noop("What the other reader found, until both have signed"),
    Blinding.ANALYSIS: gettext_noop(
        "Outline and numbers of the analysis, until the reader's own are saved"
    ),
}
ASSIGNMENT_LABELS: Mapping[Assignment, str] = {
    Assignment.MANUAL: gettext_noop("By the manager"),
    Assignment.AUTOMATIC: gettext_noop("By itself, to those with the fewest open readings"),
}


@dataclass(frozen=True, slots=True)
class SchemeRules:
    """The machine-checkable part of a scheme.

    An adjudicator decides when two readers differ by more than ``pdff_points`` (percentage
    points), ``r2star_percent`` (of the mean of both), in the grade or in the verdict on quality;
    a limit that is None is not looked at.
    """

    readers: int = 1
    assignment: Assignment = Assignment.MANUAL
    due_days: int = 14
    blinded_to: tuple[Blinding, ...] = ()
    pdff_points: float | None = None
    r2star_percent: float | None = None
    grade_differs: bool = False
    quality_differs: bool = False
    sites_see_results: bool = False

    def __post_init__(self) -> None:
        _refuse_unless(
            1 <= self.readers <= MOST_READERS,
            words("A study is read by one or two readers."),
            "readers",
        )
        _refuse_unless(
            1 <= self.due_days <= LONGEST_DUE_DAYS,
            words("A reading is due after 1 to %(most)s days.", most=LONGEST_DUE_DAYS),
            "due-days",
        )
        limits = [x for x in (self.pdff_points, self.r2star_percent) if x is not None]
        _refuse_unless(
            all(0 < limit < 1000 for limit in limits),
            words("Limits of agreement must be positive numbers."),
            "limits",
        )
        _refuse_unless(
            self.has_adjudication == (self.readers == MOST_READERS),
            words(
                "Two readers need at least one rule that calls the adjudicator; one reader has "
                "none."
            ),
            "adjudication",
        )

    @property
    def has_adjudication(self) -> bool:
        has_limit = self.pdff_points is not None or self.r2star_percent is not None
        return has_limit or self.grade_differs or self.quality_differs

    def hides(self, what: Blinding) -> bool:
        return what in self.blinded_to

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> SchemeRules:
        """Read the JSON of a scheme; unknown names and values of another kind are refused."""
        unknown = sorted(set(table) - {field.name for field in fields(cls)})
        _refuse_unless(
            not unknown, words("No such rule: %(names)s.", names=", ".join(unknown)), "unknown"
        )
        for name, kinds in _KINDS.items():
            is_right = name not in table or type(table[name]) in kinds
            _refuse_unless(
                is_right,
                words("The value of %(name)s is not of the right kind.", name=name),
                "invalid",
            )
        try:
            blinded_to = {Blinding(each) for each in table.get("blinded_to", ())}
            values = {
                **table,
                "assignment": Assignment(table.get("assignment", Assignment.MANUAL)),
                "blinded_to": tuple(each for each in Blinding if each in blinded_to),
            }
        except (TypeError, ValueError) as error:
            raise SchemeRefused(
                words("Assignment or blinding has a value that is not known."),
                code="scheme-invalid",
            ) from error
        return cls(**values)

    def as_table(self) -> dict[str, Any]:
        """Return the JSON that ``of`` reads."""
        return {**asdict(self), "blinded_to": [each.value for each in self.blinded_to]}


_NUMBER = (int, float, type(None))
_KINDS: Mapping[str, tuple[type, ...]] = {
    "readers": (int,),
    "due_days": (int,),
    "pdff_points": _NUMBER,
    "r2star_percent": _NUMBER,
    "grade_differs": (bool,),
    "quality_differs": (bool,),
    "sites_see_results": (bool,),
}


def _refuse_unless(is_right: bool, message: Words, code: str) -> None:
    if not is_right:
        raise SchemeRefused(message, code=f"scheme-{code}")
