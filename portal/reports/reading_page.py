"""The page of a reading: chosen facts, by name, and nothing that the scheme hides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from analysis.report import LiverReport
from portal.accounts.models import User
from portal.reports.adjudication import DIFFERENCE_LABELS
from portal.reports.documents import liver_report
from portal.reports.impression import draft_impression
from portal.reports.models import Impression, Reading, Report, Signature
from portal.reports.pages import Figure, FindingLine, SegmentTable
from portal.reports.reading_assignment import rules_of
from portal.reports.reading_images import LETTERS, ReadingViewer, Shown, viewer_of
from portal.reports.reading_models import Quality
from portal.reports.reading_secrets import Secrets, hides_norm, secrets_of
from portal.reports.reading_selectors import may_see_others
from portal.reports.reading_services import compared, is_veiled
from portal.reports.segment_table import build_table
from portal.reports.signing import first_meaning, is_intact
from portal.reports.verdict import build_findings, build_verdict, limits_trust
from portal.trials.models import RescanRequest
from portal.trials.reading_schemes import BLINDING_LABELS, Blinding
from portal.wording import said


@dataclass(frozen=True, slots=True)
class OtherReading:
    """What another reader found, without who: for the adjudicator, or once both have signed."""

    letter: str
    verdict: tuple[Figure, ...]
    quality: str
    quality_note: str
    impression: str
    is_picked: bool
    is_shown: bool


@dataclass(frozen=True, slots=True)
class ReadingSignature:
    printed_name: str
    meaning: str
    signed_at: datetime
    signature_sha256: str
    is_intact: bool


@dataclass(frozen=True, slots=True)
class QualityChoice:
    value: str
    label: str
    is_selected: bool


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """Context of ``reports/reading.html`` (as ``page``)."""

    reading_id: str
    title: str
    code: str
    trial: str
    facts: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    due_on: date
    is_open: bool
    is_veiled: bool
    is_adjudication: bool
    letter: str
    verdict: tuple[Figure, ...]
    findings: tuple[FindingLine, ...]
    withheld_count: int
    limits_trust: bool
    table: SegmentTable | None
    viewer: ReadingViewer | None
    own_values: tuple[tuple[str, str], ...]
    impression: str
    is_draft: bool
    qualities: tuple[QualityChoice, ...]
    quality_note: str
    decision: str
    differences: tuple[str, ...]
    others: tuple[OtherReading, ...]
    signature: ReadingSignature | None
    may_sign: bool
    meaning_label: str
    printed_name: str
    rescan_is_open: bool


def build_reading_page(user: User, reading: Reading, shown: Shown) -> ReadingPage:
    numbers = liver_report(shown.report)
    secrets = secrets_of(reading.case, numbers)
    told = () if shown.is_veiled else secrets.withhold(numbers.findings)
    own = Impression.objects.filter(report=reading.report).first()
    return ReadingPage(
        reading_id=str(reading.pk),
        title=title_of(reading),
        code=reading.code,
        trial=reading.case.study.trial.name,
        facts=_facts(reading, numbers, secrets),
        hidden=tuple(said(BLINDING_LABELS[each]) for each in rules_of(reading.case).blinded_to),
        due_on=reading.due_on,
        is_open=reading.is_open,
        is_veiled=shown.is_veiled,
        is_adjudication=reading.is_adjudication,
        letter=shown.letter,
        verdict=() if shown.is_veiled else _verdict(reading, shown.report),
        findings=build_findings(told),
        withheld_count=0 if shown.is_veiled else len(numbers.findings) - len(told),
        limits_trust=not shown.is_veiled and limits_trust(numbers),
        table=None if shown.is_veiled else build_table(numbers),
        viewer=viewer_of(reading, shown),
        own_values=_own_values(reading),
        impression=_words(reading, own, replace(numbers, findings=told)),
        is_draft=own is None,
        qualities=tuple(
            QualityChoice(value, said(str(label)), value == reading.quality)
            for value, label in Quality.choices
        ),
        quality_note=reading.quality_note,
        decision=reading.decision,
        differences=_differences(reading),
        others=_others(reading, shown),
        signature=_signature(reading),
        may_sign=_may_sign(reading, own),
        meaning_label=said(str(first_meaning(reading.report).label)),
        printed_name=str(user),
        rescan_is_open=RescanRequest.objects.filter(
            visit=reading.case.study.visit_id,
            source=RescanRequest.Source.READER,
            raised_by=user,
            state=RescanRequest.State.OPEN,
        ).exists(),
    )


def _verdict(reading: Reading, report: Report) -> tuple[Figure, ...]:
    return build_verdict(liver_report(report), is_norm_withheld=hides_norm(reading.case))


def title_of(reading: Reading) -> str:
    """Return the subject's code, or the reading's own where that is hidden or tells the site."""
    rules, study = rules_of(reading.case), reading.case.study
    if rules.hides(Blinding.SUBJECT):
        return reading.code
    site = Secrets((study.site.name, study.site.code)) if rules.hides(Blinding.SITE) else Secrets()
    return reading.code if site.are_in(study.subject.code) else study.subject.code


def visit_of(reading: Reading) -> str:
    is_hidden = rules_of(reading.case).hides(Blinding.TIME)
    return "" if is_hidden else reading.case.study.visit.name


def _facts(reading: Reading, numbers: LiverReport, secrets: Secrets) -> tuple[tuple[str, str], ...]:
    rules, study, scan = rules_of(reading.case), reading.case.study, numbers.acquisition
    facts = [
        (_("Field strength"), f"{scan.field_strength_t:.3g} T" if scan.field_strength_t else "")
    ]
    if not rules.hides(Blinding.TIME):
        facts += [(_("Visit"), study.visit.name), (_("MR of"), numbers.description.study_date)]
    if not rules.hides(Blinding.SITE):
        facts += [(_("Site"), study.site.name), (_("Scanner"), f"{scan.manufacturer} {scan.model}")]
    return tuple((name, text) for name, text in facts if text.strip() and not secrets.are_in(text))


def _own_values(reading: Reading) -> tuple[tuple[str, str], ...]:
    values = (
        ("PDFF", reading.own_pdff_percent, "%"),
        ("R2*", reading.own_r2star_per_s, "s⁻¹"),
    )
    return tuple((name, f"{value:g} {unit}") for name, value, unit in values if value is not None)


def _words(reading: Reading, own: Impression | None, numbers: LiverReport) -> str:
    if own is not None:
        return own.text
    if picked := Impression.objects.filter(report__reading=reading.picked_id or None).first():
        return picked.text
    return "" if is_veiled(reading) or reading.is_adjudication else draft_impression(numbers)


def _differences(reading: Reading) -> tuple[str, ...]:
    if not reading.is_adjudication:
        return ()
    return tuple(said(DIFFERENCE_LABELS[name]) for name in reading.case.differences or ())


def _others(reading: Reading, shown: Shown) -> tuple[OtherReading, ...]:
    if reading.is_adjudication:
        both = zip(LETTERS, compared(reading.case), strict=False)
        return tuple(_other(each, letter, reading, shown) for letter, each in both)
    if not may_see_others(reading):
        return ()
    others = (each for each in compared(reading.case) if each.pk != reading.pk)
    return tuple(_other(each, "", reading, shown) for each in others)


def _other(each: Reading, letter: str, reading: Reading, shown: Shown) -> OtherReading:
    report: Report = each.report
    words = Impression.objects.filter(report=report).first()
    return OtherReading(
        letter=letter,
        verdict=_verdict(reading, report),
        quality=said(str(each.get_quality_display())),
        quality_note=each.quality_note,
        impression=words.text if words else "",
        is_picked=reading.picked_id == each.pk,
        is_shown=bool(letter) and shown.letter == letter,
    )


def _signature(reading: Reading) -> ReadingSignature | None:
    if reading.signed_at is None:
        return None
    found = Signature.objects.filter(report=reading.report, signer=reading.reader_id).first()
    if found is None:
        return None
    return ReadingSignature(
        printed_name=found.printed_name,
        meaning=said(str(found.get_meaning_display())),
        signed_at=found.signed_at,
        signature_sha256=found.signature_sha256,
        is_intact=is_intact(found),
    )


def _may_sign(reading: Reading, own: Impression | None) -> bool:
    is_ready = reading.is_open and own is not None and bool(reading.quality)
    return is_ready and (not reading.is_adjudication or bool(reading.decision))
