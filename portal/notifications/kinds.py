"""What people are told about: one row a kind, its words fixed here.

The words are the whole message: no caller can put a name, a code or a number into an e-mail.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class Kind(models.TextChoices):
    REPORT_READY = "report-ready", _("A report is ready")
    REPORT_SIGNED = "report-signed", _("A report was signed")
    READING_ASSIGNED = "reading-assigned", _("A study was given to me to read")
    ADJUDICATION_NEEDED = "adjudication-needed", _("Readers disagree and I am to decide")
    UPLOAD_ATTENTION = "upload-attention", _("An upload of mine needs attention")
    ANALYSIS_FAILED = "analysis-failed", _("An analysis of mine failed")
    RESCAN_REQUESTED = "rescan-requested", _("A scan is asked for again")


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    sentence: str


WORDS: dict[Kind, Words] = {
    Kind.REPORT_READY: Words(
        gettext_noop("A report is ready"),
        gettext_noop("The analysis of a study has finished; its report can be read."),
    ),
    Kind.REPORT_SIGNED: Words(
        gettext_noop("A report was signed"), gettext_noop("A report that concerns you was signed.")
    ),
    Kind.READING_ASSIGNED: Words(
        gettext_noop("A study to read"), gettext_noop("A study was given to you to read.")
    ),
    Kind.ADJUDICATION_NEEDED: Words(
        gettext_noop("Readers disagree"),
        gettext_noop("Two readers of a study disagree; you were asked to decide."),
    ),
    Kind.UPLOAD_ATTENTION: Words(
        gettext_noop("An upload needs attention"),
        gettext_noop(
            "An upload did not go through as it should. The page says what is the matter and what "
            "to do."
        ),
    ),
    Kind.ANALYSIS_FAILED: Words(
        gettext_noop("An analysis failed"),
        gettext_noop("An analysis stopped. The page says why and what to do."),
    ),
    Kind.RESCAN_REQUESTED: Words(
        gettext_noop("A scan is asked for again"),
        gettext_noop(
            "Please look at the page while the patient is still there: a series should be repeated."
        ),
    ),
}
