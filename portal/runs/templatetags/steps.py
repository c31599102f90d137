"""``{{ stage.stage|step_title }}``: what people call a step of an analysis."""

from __future__ import annotations

from django import template

from portal.runs.pipeline import STAGES

register = template.Library()
_TITLES = {stage.name: stage.title for stage in STAGES}


@register.filter
def step_title(name: str) -> str:
    return _TITLES.get(name, name)
