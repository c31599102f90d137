"""``{% open_rescans %}``: what the sites of the signed-in person still have to answer."""

from __future__ import annotations

from typing import Any

from django import template

from portal.accounts.models import User
from portal.trials.subject_pages import rescan_lines

register = template.Library()


@register.inclusion_tag("trials/_rescan_requests.html", takes_context=True)
def open_rescans(context: dict[str, Any]) -> dict[str, Any]:
    user = context["request"].user
    return {"lines": rescan_lines(user, only_open=True) if isinstance(user, User) else ()}
