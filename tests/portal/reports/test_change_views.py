from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.reports.change_jobs import ask_for, run_comparison
from portal.reports.models import Comparison, Report
from portal.trials.schemes import set_scheme
from tests.portal.conftest import Cast
from tests.portal.reports.change_visits import Visits, calls, pair, visits

__all__ = ["calls", "pair", "visits"]  # the fixtures
pytestmark = pytest.mark.usefixtures("calls")
Browsers = Callable[[User], Client]
Apis = Callable[[User], APIClient]


def address(report: Report) -> str:
    return reverse("reports:change", args=[report.pk])


def compared(cast: Cast, pair: tuple[Report, Report]) -> Comparison:
    comparison = ask_for(cast.rosa, *pair)
    run_comparison(comparison.pk)
    comparison.refresh_from_db()
    return comparison


def test_the_page_shows_both_visits_change_limit_and_verdict(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    html = browser_of(cast.rosa).get(address(pair[1])).content.decode()
    for text in ("Month 1", "-5.0 points", "± 1.8 points", "real fall", "Responder.", "PMC4819976"):
        assert text in html
    assert "Lay the images on one another" in html


def test_the_first_visit_says_that_there_is_none_before(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    html = browser_of(cast.rosa).get(address(pair[0])).content.decode()
    assert "first visit" in html
    assert "change-liver" not in html


def test_the_report_page_has_a_place_for_the_section_and_asks_for_the_part(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    browser = browser_of(cast.rosa)
    page = browser.get(reverse("reports:detail", args=[pair[1].pk])).content.decode()
    assert f'id="change-place" class="panel" data-url="{address(pair[1])}"' in page
    part = browser.get(f"{address(pair[1])}?part").content.decode()
    assert "<html" not in part
    assert 'id="change"' in part


def test_images_are_asked_for_followed_and_shown(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers, calls: list[str]
) -> None:
    browser = browser_of(cast.rosa)
    browser.get(address(pair[1]))
    url = reverse("reports:change-images", args=[pair[1].pk, pair[0].pk])
    token = {"HTTP_X_CSRFTOKEN": browser.cookies["csrftoken"].value}
    answer = browser.post(f"{url}?part", **token)
    assert 'data-state="queued"' in answer.content.decode()
    assert calls
    run_comparison(Comparison.objects.get().pk)
    assert 'data-state="succeeded"' in browser.get(url).content.decode()
    html = browser.get(address(pair[1])).content.decode()
    assert "Dice" in html
    assert "The same tissue at both visits" in html
    assert "change-viewer" in html


def test_without_script_the_button_leads_back_to_the_page(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    browser = browser_of(cast.rosa)
    browser.get(address(pair[1]))
    url = reverse("reports:change-images", args=[pair[1].pk, pair[0].pk])
    token = browser.cookies["csrftoken"].value
    answer = browser.post(url, {"csrfmiddlewaretoken": token})
    assert answer.status_code == 302
    assert answer["Location"] == f"{address(pair[1])}?baseline={pair[0].pk}"


def test_asking_for_images_needs_the_csrf_token(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    url = reverse("reports:change-images", args=[pair[1].pk, pair[0].pk])
    assert browser_of(cast.rosa).post(url).status_code == 403
    assert not Comparison.objects.exists()


def test_volumes_and_pictures_of_a_comparison_are_served(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    comparison, browser = compared(cast, pair), browser_of(cast.rosa)
    for name in (
        "anatomy",
        "segments",
        "pdff-change",
        "pdff-baseline",
        "r2-follow-up",
        "pdff-shown-change",
    ):
        answer = browser.get(reverse("reports:change-volume", args=[comparison.pk, name]))
        content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a file
        assert gzip.decompress(content)[:4] == (348).to_bytes(4, "little")
    answer = browser.get(reverse("reports:change-picture", args=[comparison.pk, "pdff"]))
    picture = Image.open(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]  # a file
    assert picture.width > picture.height / 2
    for name in ("pdff-other", "t1-change", "pdff"):
        url = reverse("reports:change-volume", args=[comparison.pk, name])
        assert browser.get(url).status_code == 404


def test_the_table_has_own_regions_and_once_compared_the_same_tissue(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    browser = browser_of(cast.rosa)
    url = reverse("reports:change-csv", args=[pair[1].pk, pair[0].pk])
    before = list(csv.DictReader(io.StringIO(browser.get(url).content.decode())))
    compared(cast, pair)
    after = list(csv.DictReader(io.StringIO(browser.get(url).content.decode())))
    assert {row["regions"] for row in before} == {"each visit's own regions"}
    assert len(after) > len(before)
    fat = next(row for row in before if (row["quantity"], row["region"]) == ("PDFF", "liver"))
    assert float(fat["difference"]) == pytest.approx(-5.0, abs=0.1)
    assert fat["verdict"] == "fell"


def test_the_api_gives_the_same_digits_as_the_page(
    cast: Cast, pair: tuple[Report, Report], api_of: Apis, browser_of: Browsers
) -> None:
    answer = api_of(cast.rosa).get(reverse("api-report-change", args=[pair[1].pk])).json()
    html = browser_of(cast.rosa).get(address(pair[1])).content.decode()
    for change in answer["changes"]:
        assert change["text"]["difference"] in html
    assert {"segment_4", "segment_4a", "segment_4b"} <= {c["region"] for c in answer["changes"]}
    assert "IVa (geometric)" in html
    assert answer["response"]["is_responder"] is True
    assert answer["baseline"] == str(pair[0].pk)
    assert answer["registration"] is None


def test_without_an_earlier_visit_the_api_finds_nothing(
    cast: Cast, pair: tuple[Report, Report], api_of: Apis
) -> None:
    url = reverse("api-report-change", args=[pair[0].pk])
    assert api_of(cast.rosa).get(url).status_code == 404
    later = f"{url}?baseline={pair[1].pk}"
    assert api_of(cast.rosa).get(later).status_code == 404


def test_a_trend_over_twenty_visits_has_its_band_and_marks_this_one(
    cast: Cast, visits: Visits, api_of: Apis
) -> None:
    made = [visits.add(n % 12 + 1, 12.0 - 0.3 * n, subject="S-20") for n in range(20)]
    url = reverse("api-report-trend", args=[made[-1].pk])
    figure = api_of(cast.rosa).get(url, {"quantity": "PDFF", "region": "segment_5"}).json()
    trace, band = figure["data"][0], figure["layout"]["shapes"][0]
    assert len(trace["x"]) == len(set(trace["x"])) == 20
    assert band["y1"] - band["y0"] == pytest.approx(3.6)
    assert sorted(set(trace["marker"]["size"])) == [7, 12]
    assert "PMC4819976" in figure["layout"]["meta"]["source"]


def test_r2star_of_another_field_is_drawn_apart_from_the_trend(
    cast: Cast, visits: Visits, api_of: Apis
) -> None:
    visits.add(1)
    later = visits.add(2, field_strength_t=1.5)
    url = reverse("api-report-trend", args=[later.pk])
    figure = api_of(cast.rosa).get(url, {"quantity": "R2*", "region": "liver"}).json()
    assert [trace["mode"] for trace in figure["data"]] == ["lines+markers", "markers"]
    assert "not comparable" in figure["data"][1]["text"][0]
    assert api_of(cast.rosa).get(url, {"quantity": "T2*", "region": "liver"}).status_code == 404


def test_different_fields_are_said_on_the_page(
    cast: Cast, visits: Visits, browser_of: Browsers
) -> None:
    visits.add(1)
    html = browser_of(cast.rosa).get(address(visits.add(2, field_strength_t=1.5))).content.decode()
    assert "different field strengths" in html
    assert "not compared" in html


def test_a_study_that_came_twice_is_told_and_not_compared(
    cast: Cast, visits: Visits, browser_of: Browsers
) -> None:
    visits.add(2)
    html = browser_of(cast.rosa).get(address(visits.add(2))).content.decode()
    assert "same study" in html


def test_readers_blinded_to_time_find_no_change(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers, api_of: Apis
) -> None:
    comparison = compared(cast, pair)
    set_scheme(cast.trial, {"blinded_to": ["time"], "sites_see_results": True}, by=cast.tom)
    urls = [
        address(pair[1]),
        reverse("reports:change-images", args=[pair[1].pk, pair[0].pk]),
        reverse("reports:change-csv", args=[pair[1].pk, pair[0].pk]),
        reverse("reports:change-volume", args=[comparison.pk, "anatomy"]),
        reverse("reports:change-picture", args=[comparison.pk, "pdff"]),
    ]
    for url in urls:
        assert browser_of(cast.rosa).get(url).status_code == 404
    for name in ("api-report-change", "api-report-trend"):
        url = reverse(name, args=[pair[1].pk])
        answer = api_of(cast.rosa).get(url, {"quantity": "PDFF", "region": "liver"})
        assert answer.status_code == 404


def test_a_comparison_is_closed_to_those_who_may_not_see_one_of_its_visits(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    comparison = compared(cast, pair)
    url = reverse("reports:change-volume", args=[comparison.pk, "anatomy"])
    assert browser_of(cast.sam).get(url).status_code == 404
    assert browser_of(cast.uwe).get(url).status_code == 404
