"""One difference between two visits, and whether it is more than measuring twice would give."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analysis.change.repeatability import NORMAL_95, Repeatability
from analysis.measurement import Measurement
from analysis.quantities import Quantity
from analysis.wording import Words, words

PER_CENT = "%"


class Verdict(StrEnum):
    """What may be said about a difference."""

    ROSE = "rose"
    FELL = "fell"
    NO_REAL_CHANGE = "no-real-change"
    NOT_COMPARED = "not-compared"

    @property
    def words(self) -> str:
        """The verdict as readers see it."""
        return _WORDS[self].text


_WORDS = {
    Verdict.ROSE: words("real rise"),
    Verdict.FELL: words("real fall"),
    Verdict.NO_REAL_CHANGE: words("no real change"),
    Verdict.NOT_COMPARED: words("not compared"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """A quantity of a region at two visits.

    Parameters
    ----------
    quantity, region
        Keys of ``analysis.quantities`` and ``analysis.anatomy``.
    baseline, follow_up
        The two measurements; None where one visit has none.
    difference
        Follow-up minus baseline, in the unit of the quantity; None when they are not compared.
    standard_error
        Of the difference, by noise (and, for registered tissue, misplacement); None if not known.
    limit
        A difference within ± this is no real change; None when they are not compared.
    verdict
        What may be said.
    reason
        Where the limit comes from, or why there is no comparison; a fixed sentence.
    """

    quantity: str
    region: str
    baseline: Measurement | None
    follow_up: Measurement | None
    difference: float | None
    standard_error: float | None
    limit: float | None
    verdict: Verdict
    reason: str

    @property
    def relative_percent(self) -> float | None:
        """Difference in per cent of the baseline, or None where that has no meaning."""
        if self.difference is None or self.baseline is None or self.baseline.value <= 0:
            return None
        return 100.0 * self.difference / self.baseline.value

    @property
    def difference_text(self) -> str:
        """The difference with sign and unit, as everywhere; empty when there is none."""
        return difference_text(self._shown_as, self.difference)

    @property
    def error_text(self) -> str:
        """The standard error of the difference, or empty."""
        return spread_text(self._shown_as, self.standard_error)

    @property
    def limit_text(self) -> str:
        """The limit of real change, or empty."""
        return spread_text(self._shown_as, self.limit)

    @property
    def relative_text(self) -> str:
        """The relative difference, such as ``-33 %``, or empty."""
        relative = self.relative_percent
        return "" if relative is None else f"{round(relative) or 0:+d} %"

    @property
    def _shown_as(self) -> Quantity | None:
        known = self.follow_up or self.baseline
        return known.shown_as if known else None


def difference_text(quantity: Quantity | None, value: float | None) -> str:
    """Return a difference with its sign; differences of percentages are called points.

    Examples
    --------
    >>> from analysis.quantities import PDFF, LIC
    >>> difference_text(PDFF, -4.26), difference_text(LIC, 0.5)
    ('-4.3 points', '+0.50 mg/g')
    """
    if quantity is None or value is None:
        return ""
    text = f"{value:+.{quantity.decimals}f}"
    if float(text) == 0:
        text = text[1:]
    return f"{text} {_unit(quantity)}".rstrip()


def spread_text(quantity: Quantity | None, value: float | None) -> str:
    """Return the size of a difference without sign, "< 0.1 points" when it rounds to nothing."""
    if quantity is None or value is None:
        return ""
    smallest = 10.0**-quantity.decimals
    shown = f"< {smallest:.{quantity.decimals}f}"
    if value >= smallest / 2:
        shown = f"{value:.{quantity.decimals}f}"
    return f"{shown} {_unit(quantity)}".rstrip()


def _unit(quantity: Quantity) -> str:
    return "points" if quantity.unit == PER_CENT else quantity.unit


def not_compared(
    quantity: str,
    region: str,
    baseline: Measurement | None,
    follow_up: Measurement | None,
    reason: Words,
) -> Change:
    """Return the row of two measurements that cannot be compared, with the reason."""
    verdict = Verdict.NOT_COMPARED
    return Change(quantity, region, baseline, follow_up, None, None, None, verdict, reason.text)


def judge(
    baseline: Measurement,
    follow_up: Measurement,
    standard_error: float | None,
    repeatability: Repeatability,
    shared_error: float = 0.0,
) -> Change:
    """Return a change and whether it lies beyond what measuring twice would give.

    |difference| > √(RC² + (1.96 SE)² + (1.96 s)²), with the published limit RC at the mean of both
    values. RC was measured on whole livers or large regions; adding this pair's own noise makes
    the rule stricter for small or noisy regions.

    Parameters
    ----------
    baseline, follow_up
        The same quantity, region and statistic.
    standard_error
        Of the difference, by noise; None counts as none.
    repeatability
        The published limit.
    shared_error
        s: standard error of an offset between the visits, such as two iron calibrations.
    """
    difference = follow_up.value - baseline.value
    level = (follow_up.value + baseline.value) / 2
    noise = NORMAL_95 * (standard_error or 0.0)
    limit = (repeatability.limit(level) ** 2 + noise**2 + (NORMAL_95 * shared_error) ** 2) ** 0.5
    verdict = Verdict.NO_REAL_CHANGE
    if abs(difference) > limit:
        verdict = Verdict.ROSE if difference > 0 else Verdict.FELL
    return Change(
        baseline.quantity,
        baseline.region,
        baseline,
        follow_up,
        difference,
        standard_error,
        limit,
        verdict,
        repeatability.source.text,
    )
