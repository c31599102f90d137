from __future__ import annotations

from portal.reports.impression import draft_impression
from tests.portal.reports.conftest import CRITICAL, Analysed, analysed


def test_the_draft_repeats_the_report_s_own_words(results: Analysed) -> None:
    draft = draft_impression(results.report)
    pdff = results.report.get("PDFF", "liver")
    lic = results.report.get("LIC", "liver")
    assert pdff is not None
    assert lic is not None
    assert f"PDFF {pdff.text} ± {pdff.error_text}" in draft
    assert f"LIC {lic.text}" in draft
    assert "estimated from MRI, not histology" in draft


def test_the_draft_says_what_limits_trust() -> None:
    assert f"Limit: {CRITICAL.message}" in draft_impression(analysed(findings=(CRITICAL,)).report)


def test_without_field_strength_no_iron_is_claimed() -> None:
    draft = draft_impression(analysed(field_strength_t=None).report)
    assert "iron concentration is not given" in draft
