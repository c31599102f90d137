from __future__ import annotations

from django.test import Client


def test_pages_load_scripts_from_this_portal_only(db: None) -> None:
    policy = Client().get("/accounts/login/")["Content-Security-Policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert "'unsafe-inline'" not in directives["script-src"]
    assert "'unsafe-eval'" not in directives["script-src"]
    assert directives["frame-ancestors"] == "'none'"


def test_every_answer_carries_the_headers(db: None) -> None:
    answer = Client().get("/nowhere")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Frame-Options"] == "DENY"
