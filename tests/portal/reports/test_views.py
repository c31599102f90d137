from __future__ import annotations

import gzip
import html
import io
import json
from collections.abc import Callable
from html.parser import HTMLParser

import nibabel as nib
import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from PIL import Image

from analysis.anatomy import REGIONS
from portal.accounts.models import User
from portal.accounts.services import create_user
from portal.reports.models import Report
from portal.runs import storage
from portal.runs.models import AnalysisRun
from portal.trials.models import Role, Site
from portal.trials.services import add_member, create_trial
from tests.portal.conftest import Cast
from tests.portal.reports.conftest import CRITICAL, Analysed, analysed

Browser = Callable[[User | AnonymousUser], Client]


def address(name: str, report: Report, *more: object) -> str:
    return reverse(f"reports:{name}", args=[report.pk, *more])


def status_of(client: Client, url: str, **headers: str) -> int:
    response = client.get(url, headers=headers)
    response.close()
    return response.status_code


class Ids(HTMLParser):
    """Order of sections, and whether ids are used once."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.inline_scripts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "script" and "src" not in values and values.get("type") != "application/json":
            self.inline_scripts += 1
        assert not any(name.startswith("on") for name in values), "inline handler"


def test_the_numbers_are_in_the_page_without_script(
    cast: Cast, browser_of: Browser, report: Report, results: Analysed
) -> None:
    text = browser_of(cast.rosa).get(address("detail", report)).content.decode()
    for quantity in ("PDFF", "R2*", "LIC"):
        mean = results.report.get(quantity, "liver")
        assert mean is not None
        assert mean.text.removesuffix(mean.unit).strip() in text
        assert mean.error_text.removesuffix(mean.unit).strip() in text
    parsed = Ids(text)
    assert len(parsed.ids) == len(set(parsed.ids))
    assert parsed.inline_scripts == 0
    assert "Research use only" in text


def test_a_critical_finding_comes_before_the_numbers(
    cast: Cast, browser_of: Browser, report_of: Callable[..., Report]
) -> None:
    report = report_of(analysed(findings=(CRITICAL,)))
    text = browser_of(cast.rosa).get(address("detail", report)).content.decode()
    assert text.index(CRITICAL.message) < text.index('class="verdict"')
    assert CRITICAL.action in text
    assert CRITICAL.evidence in text


def test_without_field_strength_lic_says_why_it_is_missing(
    cast: Cast, browser_of: Browser, report_of: Callable[..., Report]
) -> None:
    report = report_of(analysed(field_strength_t=None))
    text = browser_of(cast.rosa).get(address("detail", report)).content.decode()
    assert "Not given: the field strength is not known" in text


def test_the_numbers_stand_when_the_images_are_gone(
    cast: Cast, browser_of: Browser, report: Report, run: AnalysisRun
) -> None:
    for row in run.stages.filter(stage="map"):
        row.delete()
    text = browser_of(cast.rosa).get(address("detail", report)).content.decode()
    assert "No images" in text
    assert 'id="segments"' in text


def test_the_run_leads_to_its_newest_report(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    response = browser_of(cast.rosa).get(reverse("reports:of-run", args=[report.run_id]))
    assert response.headers["Location"] == address("detail", report)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("detail", ()),
        ("segments", ()),
        ("file", ("report.json",)),
        ("image", ("PDFF",)),
        ("picture", ("PDFF", 2)),
    ],
)
def test_strangers_find_nothing(
    cast: Cast, browser_of: Browser, report: Report, name: str, more: tuple[object, ...]
) -> None:
    url = address(name, report, *more)
    assert status_of(browser_of(cast.rosa), url) == 200
    assert status_of(browser_of(cast.sam), url) == 404
    assert status_of(browser_of(cast.uwe), url) == 404
    assert status_of(browser_of(AnonymousUser()), url) == 302


def test_a_map_holds_the_values_in_the_liver_only(
    cast: Cast, browser_of: Browser, report: Report, results: Analysed
) -> None:
    response = browser_of(cast.rosa).get(address("image", report, "PDFF"))
    assert response.headers["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in response.headers
    content = gzip.decompress(b"".join(response.streaming_content))
    image = nib.Nifti1Image.from_bytes(content)
    values = np.asanyarray(image.dataobj)
    segments = results.segmentation.labels
    assert np.isfinite(values).sum() == segments.liver.sum() - 1
    assert nib.aff2axcodes(image.affine) == ("R", "A", "S")
    mean = results.report.get("PDFF", "liver")
    assert mean is not None
    assert np.nanmean(values) == pytest.approx(mean.value, abs=1e-4)


def test_a_picture_has_the_right_side_of_the_patient_on_the_left(
    cast: Cast, browser_of: Browser, report: Report, results: Analysed
) -> None:
    response = browser_of(cast.rosa).get(address("picture", report, "PDFF", 2))
    picture = np.asarray(Image.open(io.BytesIO(b"".join(response.streaming_content))))
    coloured = np.ptp(picture.astype(int), axis=2) > 20
    liver = results.segmentation.labels.array[:, :, 7] > 0
    # The grid's first axis runs to the left: its order is that of the screen already.
    assert np.array_equal(coloured.any(axis=0)[: liver.shape[0]], liver.any(axis=1))


def test_an_unknown_map_or_slice_is_not_found(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    rosa = browser_of(cast.rosa)
    assert rosa.get(address("image", report, "B0")).status_code == 404
    assert rosa.get(address("picture", report, "PDFF", 99)).status_code == 404


def test_a_file_answers_etag_and_range(cast: Cast, browser_of: Browser, report: Report) -> None:
    rosa = browser_of(cast.rosa)
    url = address("file", report, "pdff.nii.gz")
    whole = rosa.get(url)
    content = b"".join(whole.streaming_content)
    etag = whole.headers["ETag"]
    assert rosa.get(url, headers={"If-None-Match": etag}).status_code == 304
    part = rosa.get(url, headers={"Range": "bytes=10-19", "If-Range": etag})
    assert part.status_code == 206
    assert b"".join(part.streaming_content) == content[10:20]
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(content)}"
    tail = rosa.get(url, headers={"Range": "bytes=-5"})
    assert b"".join(tail.streaming_content) == content[-5:]
    assert rosa.get(url, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    assert status_of(rosa, url, **{"Range": "bytes=0-1", "If-Range": '"old"'}) == 200


def test_the_table_as_csv_has_every_region(cast: Cast, browser_of: Browser, report: Report) -> None:
    text = browser_of(cast.rosa).get(address("segments", report)).content.decode()
    rows = text.strip().splitlines()
    assert rows[0].startswith("region,volume-total (ml)")
    assert [row.split(",")[0] for row in rows[1:]] == [region.key for region in REGIONS]


def test_nothing_of_the_storage_leaks_through_a_file_name(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    response = browser_of(cast.rosa).get(address("file", report, "../../secret"))
    assert response.status_code == 404
    assert storage.root().exists()


def test_the_page_hands_figures_and_scripts_the_words_of_its_language(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    client = browser_of(cast.rosa)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "pt"
    page = html.unescape(client.get(reverse("reports:detail", args=[report.pk])).content.decode())
    for words in ("± é um erro-padrão", "Notificações", 'data-auto="Tema: automático"'):
        assert words in page
    start = page.index('<script id="words" type="application/json">')
    given = page[page.index("{", start) : page.index("</script>", start)]
    assert json.loads(given)["whole liver"] == "fígado inteiro"
    query = {"quantity": "PDFF", "region": "liver", "shape": "curve"}
    figure = client.get(reverse("api-report-histogram", args=[report.pk]), query)
    assert figure.json()["data"][0]["name"] == "tal como medido"
    assert "Cookie" in figure.headers["Vary"]  # kept for a year, in one language


def test_who_may_add_a_site_is_told_to_where_there_is_none(cast: Cast, browser_of: Browser) -> None:
    manager = create_user("new-manager@example.org")
    add_member(create_trial("Without sites"), manager, Role.MANAGER)
    page = browser_of(manager).get(reverse("reports:upload")).content.decode()
    assert "Add a site on the page of its trial" in page
    assert f'href="{reverse("trial-list")}">Trials' in page
    reader = browser_of(cast.rosa).get(reverse("reports:upload")).content.decode()
    assert "Ask the manager of your trial" in reader
    Site.objects.all().delete()
    page = browser_of(cast.ada).get(reverse("reports:upload")).content.decode()
    assert "Add a site on the page of its trial" in page
