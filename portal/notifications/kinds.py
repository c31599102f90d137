"""What people are told about: one row a kind, its words fixed here.

The words are the whole message: no caller can put a name, a code or a number into an e-mail.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


class Kind(models.TextChoices):
    REPORT_READY = "report-ready", "A report is ready"
    REPORT_SIGNED = "report-signed", "A report was signed"
    READING_ASSIGNED = "reading-assigned", "A study was given to me to read"
    ADJUDICATION_NEEDED = "adjudication-needed", "Readers disagree and I am to decide"
    UPLOAD_ATTENTION = "upload-attention", "An upload of mine needs attention"
    ANALYSIS_FAILED = "analysis-failed", "An analysis of mine failed"
    RESCAN_REQUESTED = "rescan-requested", "A scan is asked for again"


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    sentence: str


WORDS: dict[Kind, Words] = {
    Kind.REPORT_READY: Words(
        "A report is ready", "The analysis of a study has finished; its report can be read."
    ),
    Kind.REPORT_SIGNED: Words("A report was signed", "A report that concerns you was signed."),
    Kind.READING_ASSIGNED: Words("A study to read", "A study was given to you to read."),
    Kind.ADJUDICATION_NEEDED: Words(
        "Readers disagree", "Two readers of a study disagree; you were asked to decide."
    ),
    Kind.UPLOAD_ATTENTION: Words(
        "An upload needs attention",
        "An upload did not go through as it should. The page says what is the matter and what "
        "to do.",
    ),
    Kind.ANALYSIS_FAILED: Words(
        "An analysis failed", "An analysis stopped. The page says why and what to do."
    ),
    Kind.RESCAN_REQUESTED: Words(
        "A scan is asked for again",
        "Please look at the page while the patient is still there: a series should be repeated.",
    ),
}
