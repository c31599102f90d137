"""The report of a study that lacks something: the rest stands, and what is missing is said."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from analysis.measurement import MapSet
from analysis.quantification import quantify
from analysis.quantities import FAT_SIGNAL_FRACTION, PDFF
from analysis.report import build_report
from analysis.segmentation import Segmentation
from analysis.volume import LabelMap
from portal.accounts.models import User
from portal.reports.documents import study_images
from portal.reports.models import Report
from portal.runs import storage
from portal.runs.models import AnalysisRun, RunState, StageRun, StageState
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.reports.conftest import GEOMETRY, SHAPE, Analysed, analysed, labels, quantity_map
from tests.portal.reports.test_rois import post

Browser = Callable[[User | AnonymousUser], Client]
ReportOf = Callable[..., Report]


def measured(base: Analysed, maps: MapSet, segments: np.ndarray | None = None) -> Analysed:
    """Return the results of the same study with other maps or labels."""
    made = base.segmentation
    if segments is not None:
        made = Segmentation(LabelMap(segments, GEOMETRY), 0.5, None, made.models, ())
    found = quantify(maps, made.labels)
    report = build_report(base.selected, made, maps, found)
    return Analysed(base.selected, made, maps, report)


@pytest.fixture
def page_of(cast: Cast, browser_of: Browser) -> Callable[[Report], str]:
    def text(report: Report) -> str:
        answer = browser_of(cast.rosa).get(reverse("reports:detail", args=[report.pk]))
        assert answer.status_code == 200
        return html.unescape(answer.content.decode())

    return text


def test_without_r2star_fat_stands_and_iron_is_said_to_be_missing(
    results: Analysed, report_of: ReportOf, page_of: Callable[[Report], str]
) -> None:
    maps = replace(results.maps, maps=tuple(m for m in results.maps.maps if m.quantity is PDFF))
    text = page_of(report_of(measured(results, maps)))
    assert "R2* could not be measured." in text
    assert "Mean liver PDFF" in text
    assert 'data-map="R2*"' not in text
    assert 'data-histogram="density"' not in text
    assert text.count("Not measured in this study") == 2  # R2* and LIC


def test_without_echoes_a_two_point_fraction_is_not_called_pdff(
    results: Analysed, report_of: ReportOf, page_of: Callable[[Report], str]
) -> None:
    fraction = quantity_map(FAT_SIGNAL_FRACTION, np.full(SHAPE, 9.0), 0.5)
    maps = MapSet((fraction,), "two-point Dixon map of the scanner", (), ())
    text = page_of(report_of(measured(results, maps)))
    assert "Not measured: there is only a two-point fat signal fraction" in text
    assert "PDFF could not be measured." in text
    assert "Fat signal fraction" in text
    assert "equivalent" not in text  # nothing is graded


def test_vendor_maps_without_errors_have_no_plus_minus_map(
    results: Analysed, report_of: ReportOf, page_of: Callable[[Report], str]
) -> None:
    bare = tuple(replace(m, standard_error=None) for m in results.maps.maps)
    text = page_of(report_of(measured(results, replace(results.maps, maps=bare))))
    assert 'data-map="PDFF-error"' not in text
    assert 'data-map="PDFF"' in text
    assert ">SD</button>" in text
    assert "no noise" not in text  # noise cannot be taken out where it is not known


def test_maps_without_any_error_are_said_to_have_none(
    results: Analysed, report_of: ReportOf, page_of: Callable[[Report], str]
) -> None:
    bare = tuple(replace(m, standard_error=None) for m in results.maps.maps if m.quantity is PDFF)
    text = page_of(report_of(measured(results, replace(results.maps, maps=bare))))
    assert "No standard error is given: these maps came without one." in text
    assert "± is one standard error" not in text


def test_volumes_alone_have_no_empty_panels(
    results: Analysed, report_of: ReportOf, page_of: Callable[[Report], str]
) -> None:
    text = page_of(report_of(measured(results, replace(results.maps, maps=()))))
    assert re.search(r'<section class="panel" id="distribution"[^>]* hidden>', text)
    assert "<h2>Heterogeneity</h2>" not in text
    assert "standard error" not in text
    assert "Neither fat nor iron could be measured" in text


def test_a_study_with_maps_shows_its_distribution(
    report: Report, page_of: Callable[[Report], str]
) -> None:
    text = page_of(report)
    assert re.search(r'<section class="panel" id="distribution"[^>]*(?<! hidden)>', text)
    assert "<h2>Heterogeneity</h2>" in text
    assert "± is one standard error" in text


def test_one_segment_alone_has_one_row_beside_the_liver(
    results: Analysed, report_of: ReportOf, page_of: Callable[[Report], str]
) -> None:
    one = np.where(labels() > 0, 4, 0).astype(np.uint8)
    text = page_of(report_of(measured(results, results.maps, one)))
    assert 'data-region="segment_4"' in text
    assert 'data-region="segment_5"' not in text


def test_an_unknown_field_strength_gives_no_iron_concentration(
    report_of: ReportOf, page_of: Callable[[Report], str]
) -> None:
    text = page_of(report_of(analysed(field_strength_t=None)))
    assert "Not given: the field strength is not known" in text
    assert "Field strength not known" in text
    assert "iron concentration is not given" in text


def test_without_stored_images_the_numbers_stand(
    report: Report, page_of: Callable[[Report], str]
) -> None:
    row = StageRun.objects.get(run=report.run_id, stage="map")
    folder = storage.claim_folder(report.run_id, "map", row.fencing_token)
    for array in (folder / "arrays").glob("*.npy"):
        array.unlink()
    text = page_of(report)
    assert "No images: the maps of this study are not stored any more. The numbers stand." in text
    assert 'data-region="segment_5"' in text
    assert 'id="edit-start"' not in text
    assert "report.pdf" in text


def test_a_run_that_failed_has_no_report_and_says_why(
    cast: Cast, browser_of: Browser, study: Study
) -> None:
    words = "The study has one echo only; send the multi-echo series."
    run = AnalysisRun.objects.create(
        study=study, created_by=cast.uma, state=RunState.FAILED, error_message=words
    )
    StageRun.objects.create(run=run, stage="map", position=3, state=StageState.FAILED)
    rosa = browser_of(cast.rosa)
    assert rosa.get(reverse("reports:of-run", args=[run.pk])).status_code == 404
    assert words in rosa.get(reverse("runs:detail", args=[run.pk])).content.decode()


def test_a_mask_without_liver_is_refused_and_nothing_changes(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    from_all = np.flatnonzero(study_images(report).labels.ravel(order="F"))
    body = from_all.astype("<u4").tobytes() + bytes(from_all.size)
    rosa = browser_of(cast.rosa)
    for name, query in (("mask-preview", ""), ("mask", "?reason=wrong")):
        answer = post_gzip(rosa, reverse(f"reports:{name}", args=[report.pk]) + query, body)
        assert answer.status_code == 422, name
        assert answer.json()["message"] == (
            "No liver is left in the mask, so nothing can be measured."
        )
    assert Report.objects.count() == 1


def post_gzip(client: Client, url: str, body: bytes):
    token = client.get(reverse("reports:upload")).cookies["csrftoken"].value
    kind = "application/octet-stream"
    return client.post(url, gzip.compress(body), content_type=kind, headers={"X-CSRFToken": token})


def test_a_region_outside_the_liver_is_measured_where_the_maps_are_valid(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    body = {"kind": "circle", "centre": [2, 2, 2], "radius_mm": 8.0}
    answer = post(browser_of(cast.rosa), reverse("reports:rois", args=[report.pk]), body)
    assert answer.status_code == 200
