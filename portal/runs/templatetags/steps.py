"""What people call a step of an analysis, and why one failed, in the language of the page.

``{{ stage.stage|step_title }}`` and ``{{ run|why_failed }}``.
"""

from __future__ import annotations

from django import template

from portal.runs.models import AnalysisRun
from portal.runs.pipeline import STAGES
from portal.wording import said, said_as_stored

register = template.Library()
_TITLES = {stage.name: stage.title for stage in STAGES}


@register.filter
def step_title(name: str) -> str:
    return said(_TITLES.get(name, name))


@register.filter
def why_failed(run: AnalysisRun) -> str:
    return said_as_stored(run.error_message, run.error_words)
