"""What a reader must know about how a study arrived."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.findings import Finding, Severity
from analysis.ingest.stack_plans import SeriesPlan
from analysis.ingest.vendors import rules_for
from analysis.study import Component, SkippedFile
from analysis.wording import words

NAMED = 5


def copy_findings(copies: Sequence[SkippedFile]) -> list[Finding]:
    """Report images that came twice."""
    if not copies:
        return []
    return [
        Finding.of(
            "duplicate-instances",
            Severity.INFO,
            words("%(n)s image(s) came twice; each was used once.", n=len(copies)),
            evidence="; ".join(copy.name for copy in copies[:NAMED]),
            stage="ingest",
        )
    ]


def damage_findings(skipped: Iterable[SkippedFile]) -> list[Finding]:
    """Report files that could not be read."""
    damaged = [file.name for file in skipped if file.reason.startswith("damaged")]
    if not damaged:
        return []
    return [
        Finding.of(
            "damaged-files",
            Severity.WARNING,
            words("%(n)s file(s) could not be read and were left out.", n=len(damaged)),
            evidence="; ".join(damaged[:NAMED]),
            action=words("Send these files again."),
            stage="ingest",
        )
    ]


def left_out(plan: SeriesPlan) -> Finding:
    """Report a wanted series with a problem."""
    return Finding.of(
        plan.problem.code if plan.problem else "series-not-read",
        Severity.WARNING,
        words(
            "Series %(number)s was left out: %(why)s",
            number=plan.series.series_number,
            why=plan.problem.words if plan.problem else plan.not_read,
        ),
        stage="ingest",
    )


def vendor_findings(plans: Iterable[SeriesPlan]) -> list[Finding]:
    """Report known defects of this kind of export among the series that are read."""
    read = [plan for plan in plans if not plan.not_read]
    cautions = {rules_for(plan.series.manufacturer).caution(plan.first) for plan in read}
    findings = [
        Finding.of("vendor-export", Severity.WARNING, caution, stage="ingest")
        for caution in sorted(filter(None, cautions), key=lambda caution: caution.text)
    ]
    return findings + [_lost_scale(plan) for plan in read if _has_lost_scale(plan)]


def _has_lost_scale(plan: SeriesPlan) -> bool:
    """Tell whether echoes are shown on different scales whose true ratio was removed."""
    if rules_for(plan.series.manufacturer).name != "Philips":
        return False
    echoes = [s.headers[0] for s in plan.stacks if s.component is Component.MAGNITUDE]
    slopes = {header.scale.slope for header in echoes}
    return len(slopes) > 1 and any(not h.vendor.philips_scale_slope for h in echoes)


def _lost_scale(plan: SeriesPlan) -> Finding:
    slopes = {str(stack.headers[0].scale.slope) for stack in plan.stacks}
    return Finding.of(
        "philips-scale-slope-missing",
        Severity.CRITICAL,
        words(
            "The echoes are stored on different scales and the private scale slope was removed, so "
            "their ratio, and with it fat and iron, may be wrong."
        ),
        evidence=words(
            "series %(number)s, Rescale slopes %(slopes)s",
            number=str(plan.series.series_number),
            slopes=", ".join(sorted(slopes)),
        ),
        action=words("Export again and keep the private element (2005,100E)."),
        stage="ingest",
    )
