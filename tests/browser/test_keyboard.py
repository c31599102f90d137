"""Every filter of the audit trail is reached and left by Tab, date fields of several stops too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Portal

CONTROLS = ["trial", "act", "actor", "about", "since", "until", "Apply"]
# A date field takes a stop for day, month, year and its calendar.
MOST_STOPS = 20
WHERE = "document.activeElement.name || document.activeElement.textContent.trim()"


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_date_fields_of_the_audit_trail_hold_nobody_back(
    portal: Portal, context_for: Callable[..., Any], key: str
) -> None:
    page = context_for("admin").new_page()
    page.goto(portal.url("/trials/audit/"))
    expected = CONTROLS if key == "Tab" else CONTROLS[::-1]
    form = page.locator("form.audit-filters")
    start = form.locator("select[name=trial]" if key == "Tab" else "button")
    start.focus()
    seen = [page.evaluate(WHERE)]
    for _ in range(MOST_STOPS):
        page.keyboard.press(key)
        where = page.evaluate(WHERE)
        if where != seen[-1]:
            seen.append(where)
    assert seen[: len(expected)] == expected
    assert len(seen) > len(expected)  # and the form is left
