from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from portal.reports.frontend_assets import entry_files, is_built

MANIFEST = {
    "src/report_page.ts": {
        "file": "assets/report-1.js",
        "css": ["assets/report-1.css"],
        "imports": ["_page.js"],
        "dynamicImports": ["src/viewer.ts"],
    },
    "_page.js": {"file": "assets/page-1.js", "imports": ["_deep.js"], "css": ["assets/page-1.css"]},
    "_deep.js": {"file": "assets/deep-1.js"},
    "src/viewer.ts": {"file": "assets/viewer-1.js"},
}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    return tmp_path


def test_what_is_imported_at_once_is_preloaded_and_nothing_else(built: Path) -> None:
    files = entry_files("report_page", built)
    assert files is not None
    assert files.script == "assets/report-1.js"
    assert files.preloads == ("assets/page-1.js", "assets/deep-1.js")
    assert files.styles == ("assets/page-1.css", "assets/report-1.css")


def test_a_new_build_is_seen(built: Path) -> None:
    entry_files("report_page", built)
    changed = {**MANIFEST, "src/report_page.ts": {"file": "assets/report-2.js"}}
    path = built / "manifest.json"
    path.write_text(json.dumps(changed))
    files = entry_files("report_page", built)
    assert files is not None
    assert files.script == "assets/report-2.js"


def test_without_a_build_there_is_nothing_to_link(tmp_path: Path) -> None:
    assert entry_files("report_page", tmp_path) is None
    assert not is_built(tmp_path)


@pytest.mark.parametrize(
    ("cookie", "written"), [("dark", ' data-theme="dark"'), ("auto", ""), ('"><script>', "")]
)
def test_the_theme_is_written_into_the_page_only_when_known(cookie: str, written: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    page = Template("{% load assets %}<html{% theme_attribute %}>")
    assert page.render(Context({"request": request})) == f"<html{written}>"


def test_a_page_that_is_not_there_has_no_link() -> None:
    page = Template('{% load assets %}{% nav_link "Moon" "no-such-page" %}')
    assert page.render(Context({"request": RequestFactory().get("/")})) == ""
