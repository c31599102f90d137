"""What a reader does with a reading: own values, words and verdict, outline, decision, signature.

The audit trail says of each act that it happened and the hash of what was written, never the
values: managers and monitors read the trail before the result is locked.
"""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils import timezone

from analysis.wording import Words, plain, words
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import PortalError
from portal.reports import signing
from portal.reports.adjudication import settle
from portal.reports.mask_edit import Labels, Preview, preview, read_changes
from portal.reports.models import Impression, Reading, ReadingCase, Report, Signature
from portal.reports.reading_assignment import rules_of
from portal.reports.reading_models import Quality
from portal.reports.versions import save_correction
from portal.trials.reading_schemes import Blinding

LONGEST = 20_000
PDFF_RANGE = (0.0, 100.0)
R2STAR_RANGE = (0.0, 10_000.0)


class ReadingRefused(PortalError):
    """Something that cannot be done with a reading as it stands."""

    def __init__(self, message: Words, code: str, status: int = HTTPStatus.CONFLICT) -> None:
        super().__init__(message, code=code, status=status)


def is_veiled(reading: Reading) -> bool:
    """Tell whether outline and numbers of the analysis are still hidden from this reader."""
    is_hidden = rules_of(reading.case).hides(Blinding.ANALYSIS) and not reading.is_adjudication
    return is_hidden and reading.unveiled_at is None


@transaction.atomic
def save_own_values(
    reading: Reading, pdff_percent: float, r2star_per_s: float | None, *, by: User
) -> Reading:
    """Keep what the reader measured unaided; only then the analysis's own numbers are shown."""
    reading = _locked(reading)
    if not is_veiled(reading):
        raise ReadingRefused(words("Your own values are saved already."), "reading-unveiled")
    _refuse_outside("PDFF", pdff_percent, PDFF_RANGE)
    if r2star_per_s is not None:
        _refuse_outside("R2*", r2star_per_s, R2STAR_RANGE)
    reading.own_pdff_percent, reading.own_r2star_per_s = pdff_percent, r2star_per_s
    reading.unveiled_at = timezone.now()
    reading.save(update_fields=["own_pdff_percent", "own_r2star_per_s", "unveiled_at"])
    _record(reading, "reading-own-values", by, {"pdff": pdff_percent, "r2star": r2star_per_s})
    return reading


@transaction.atomic
def save_reading(
    reading: Reading, text: str, quality: str, quality_note: str = "", *, by: User
) -> Reading:
    """Keep impression and verdict on quality; free to change until the reading is signed."""
    reading = _locked(reading)
    _refuse_veiled(reading)
    text, note = _words(text), _words(quality_note)
    if quality not in Quality.values:
        raise ReadingRefused(words("Give your verdict on the quality."), "reading-quality", 400)
    if not text:
        raise ReadingRefused(words("Write an impression."), "reading-impression", 400)
    if quality != Quality.GOOD and not note:
        raise ReadingRefused(words("Say what limits the quality."), "reading-quality-note", 400)
    Impression.objects.update_or_create(
        report=reading.report,
        defaults={"text": text, "written_by": by, "written_at": timezone.now()},
    )
    reading.quality, reading.quality_note, reading.saved_at = quality, note, timezone.now()
    reading.save(update_fields=["quality", "quality_note", "saved_at"])
    values = {"text": text, "quality": quality, "quality_note": note}
    _record(reading, "reading-saved", by, values)
    return reading


def correct_outline(reading: Reading, labels: Labels, reason: str, *, by: User) -> Reading:
    """Keep the reader's outline, and the numbers in it, as their own version."""
    refuse_closed(reading)
    _refuse_veiled(reading)
    with transaction.atomic():
        reading = _locked(reading)
        new = save_correction(reading.report, labels, reason, by=by, is_blinded=True)
        if reading.is_adjudication:
            reading.decision, reading.picked = Reading.Decision.OWN, None
        _move_to(reading, new)
    return reading


def preview_outline(reading: Reading, changes: bytes) -> Preview:
    """Return the numbers after some voxels changed, without storing anything."""
    _refuse_veiled(reading)
    refuse_closed(reading)
    return preview(reading.report, read_changes(reading.report, changes))


@transaction.atomic
def decide(reading: Reading, picked: Reading | None, *, by: User) -> Reading:
    """Let the adjudicator take over one of the two readings, or start an own one (None)."""
    reading = _locked(reading)
    if not reading.is_adjudication:
        raise ReadingRefused(words("Only the adjudicator decides."), "reading-not-adjudicator", 403)
    if picked is not None and picked not in compared(reading.case):
        raise ReadingRefused(words("Pick one of the two readings."), "reading-not-comparable", 400)
    source = picked.report if picked else reading.case.report
    new = signing.next_version(source, "Adjudication", by=by)
    new.save(force_insert=True)
    signing.copy_files(source, new)
    reading.picked = picked
    reading.decision = Reading.Decision.PICKED if picked else Reading.Decision.OWN
    if picked:
        reading.quality, reading.quality_note = picked.quality, picked.quality_note
    _move_to(reading, new)
    _record(reading, "reading-decided", by, {"picked": picked.code if picked else ""})
    return reading


@transaction.atomic
def sign_reading(reading: Reading, *, by: User) -> Signature:
    """Sign a reading; the caller has just checked the person's password again.

    1. Lock the study, so that both readers' signatures are settled one after the other.
    2. Sign the reader's own version; the signature covers verdict, own values and decision too.
    3. Settle: lock the result, call the adjudicator, or wait for the other reader.
    """
    ReadingCase.objects.select_for_update(of=("self",)).get(pk=reading.case_id)
    reading = _locked(reading)
    _refuse_veiled(reading)
    if not reading.quality:
        raise ReadingRefused(words("Save impression and verdict first."), "reading-not-saved")
    if reading.is_adjudication and not reading.decision:
        raise ReadingRefused(
            words("Pick one of the two readings, or read on your own."), "reading-not-decided"
        )
    signature = signing.sign(reading.report, signing.first_meaning(reading.report), by=by)
    reading.signed_at = signature.signed_at
    reading.save(update_fields=["signed_at"])
    settle(reading.case)
    return signature


def compared(case: ReadingCase) -> tuple[Reading, ...]:
    """Return the two readings that an adjudicator compares, in an order that says nothing."""
    both = case.readings.exclude(signed_at=None).filter(position__lt=Reading.ADJUDICATION)

    def shuffled(reading: Reading) -> str:
        return hashlib.sha256(f"{case.pk}{reading.pk}".encode()).hexdigest()

    return tuple(sorted(both.select_related("report"), key=shuffled))


def refuse_closed(reading: Reading) -> None:
    if not reading.is_open:
        raise ReadingRefused(words("This reading is signed and cannot change."), "reading-closed")


def _locked(reading: Reading) -> Reading:
    locked = (
        Reading.objects.select_for_update(of=("self",))
        .select_related("case__study", "case__scheme", "case__report", "report", "picked")
        .get(pk=reading.pk)
    )
    refuse_closed(locked)
    return locked


def _refuse_veiled(reading: Reading) -> None:
    if is_veiled(reading):
        raise ReadingRefused(
            words("Save your own values first; the analysis is shown after that."), "reading-veiled"
        )


def _refuse_outside(name: str, value: float, bounds: tuple[float, float]) -> None:
    if not bounds[0] <= value <= bounds[1]:
        message = words(
            "%(name)s must lie between %(low)s and %(high)s.",
            name=plain(name),
            low=f"{bounds[0]:g}",
            high=f"{bounds[1]:g}",
        )
        raise ReadingRefused(message, "reading-value", HTTPStatus.BAD_REQUEST)


def _words(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST:
        raise ReadingRefused(
            words("This text is too long."), "reading-words", HTTPStatus.BAD_REQUEST
        )
    return text


def _move_to(reading: Reading, new: Report) -> None:
    """Let a later version be the reader's own, with the words written so far."""
    if old := Impression.objects.filter(report=reading.report).first():
        Impression.objects.create(report=new, text=old.text, written_by=old.written_by)
    reading.report = new
    reading.save(update_fields=["report", "decision", "picked", "quality", "quality_note"])


def _record(reading: Reading, action: str, by: User, values: dict[str, Any]) -> None:
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    new = {"reading": reading.code, "content_sha256": hashlib.sha256(text.encode()).hexdigest()}
    record(action, reading, actor=by, new=new, trial_id=reading.case.study.trial_id)
