from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from analysis.anatomy import SEGMENT_BY_LABEL
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.reports import rois
from portal.reports.documents import liver_report, study_images
from portal.reports.models import Report, Roi
from portal.reports.roi_page import build_rois
from portal.reports.rois import RoiRefused, circle, freehand, keep, measure, nine, remove
from portal.reports.signing import SigningRefused, amend, is_intact, sign, write_impression
from tests.portal.conftest import Cast
from tests.portal.reports.conftest import SHAPE, TRUE_R2STAR

Browser = Callable[[User | AnonymousUser], Client]
# In the liver, and far from the one voxel that could not be fitted.
PLACE = (25, 12, 9)
PDFF_THERE = 14.0  # 12 % in slice 7, a point more each slice


def test_a_circle_is_the_voxels_whose_centres_lie_in_it(report: Report) -> None:
    images = study_images(report)
    drawn = circle(images, PLACE, 11.0)
    offsets = {(int(i) - PLACE[0], int(j) - PLACE[1]) for i, j, _ in drawn.voxels}
    # Voxels of 5 mm: all within 2.2 voxels of the centre.
    assert offsets == {(i, j) for i in range(-2, 3) for j in range(-2, 3) if i * i + j * j <= 4}
    assert {int(k) for _, _, k in drawn.voxels} == {PLACE[2]}


@pytest.mark.parametrize(
    ("centre", "radius_mm"),
    [((-1, 5, 5), 10.0), ((5, 5, SHAPE[2]), 10.0), (PLACE, 0.0), (PLACE, 400.0), (PLACE, np.nan)],
)
def test_a_circle_outside_the_images_is_refused(
    report: Report, centre: tuple[int, int, int], radius_mm: float
) -> None:
    with pytest.raises(RoiRefused, match="does not lie in the images"):
        circle(study_images(report), centre, radius_mm)


def test_the_values_are_those_of_the_voxels(report: Report) -> None:
    images = study_images(report)
    measured = measure(images, circle(images, PLACE, 11.0).voxels)
    assert measured["PDFF"] == {"mean": pytest.approx(PDFF_THERE), "sd": 0.0, "n": 13}
    assert measured["R2*"]["mean"] == pytest.approx(TRUE_R2STAR)


def test_a_voxel_that_was_not_fitted_does_not_count(report: Report) -> None:
    images = study_images(report)
    hole = (SHAPE[0] - 1 - 20, SHAPE[1] - 1 - 18, 7)
    assert measure(images, np.array([hole])) == {}


def test_a_drawn_region_is_exactly_the_voxels_that_were_sent(report: Report) -> None:
    images = study_images(report)
    voxels = [(25, 12, 9), (26, 12, 9), (25, 13, 9)]
    flat = [i + SHAPE[0] * (j + SHAPE[1] * k) for i, j, k in voxels]
    assert {tuple(v) for v in freehand(images, flat).voxels.tolist()} == set(voxels)


@pytest.mark.parametrize("flat", [[], [-1], [10**9]])
def test_a_drawn_region_outside_the_images_is_refused(report: Report, flat: list[int]) -> None:
    with pytest.raises(RoiRefused):
        freehand(study_images(report), flat)


def test_the_nine_regions_have_the_mean_that_the_report_states(cast: Cast, report: Report) -> None:
    kept = keep(report, nine(report), by=cast.rosa)
    stated = liver_report(report).get("PDFF", "liver", "nine_roi_mean")
    assert stated is not None
    means = [roi.values["PDFF"]["mean"] for roi in kept if "PDFF" in roi.values]
    assert np.mean(means) == pytest.approx(stated.value, abs=1e-5)
    page = build_rois(cast.rosa, report, liver_report(report))
    assert page is not None
    nine_line, liver_line = page.lines[-2:]
    assert nine_line.name == f"Mean of the {len(kept)} discs"
    assert f"{nine_line.cells[0]} %" == stated.text
    assert liver_line.name == "Whole liver"


def test_each_disc_is_named_after_the_segment_that_it_lies_in(report: Report) -> None:
    images = study_images(report)
    named = {drawn.name: drawn.voxels for drawn in nine(report)}
    assert len(named) == len(nine(report))
    for name, voxels in named.items():
        label = int(images.labels[tuple(voxels.T)][0])
        roman = SEGMENT_BY_LABEL[label].name.split(" ")[0]
        assert name.removeprefix("Disc in ").rstrip("ab") == roman
    if {"Disc in IVa", "Disc in IVb"} <= named.keys():
        assert named["Disc in IVa"][:, 2].mean() > named["Disc in IVb"][:, 2].mean()


def test_the_nine_regions_are_placed_once(cast: Cast, report: Report) -> None:
    first = keep(report, nine(report), by=cast.rosa)
    keep(report, nine(report), by=cast.rosa)
    assert report.rois.count() == len(first)


def test_what_is_drawn_and_removed_stands_in_the_audit_trail(cast: Cast, report: Report) -> None:
    (roi,) = keep(report, (circle(study_images(report), PLACE, 11.0),), by=cast.rosa)
    remove(report, roi.pk, by=cast.rosa)
    drawn, removed = (
        AuditEvent.objects.get(action=a) for a in ("regions-measured", "region-removed")
    )
    assert drawn.new["regions"][0]["values"]["PDFF"]["mean"] == pytest.approx(PDFF_THERE)
    assert removed.old["name"] == "Circle 22 mm"
    assert not Roi.objects.exists()


def test_a_signature_covers_the_regions_and_closes_them(cast: Cast, report: Report) -> None:
    drawn = (circle(study_images(report), PLACE, 11.0),)
    (roi,) = keep(report, drawn, by=cast.rosa)
    write_impression(report, "Mild steatosis.", by=cast.rosa)
    signature = sign(report, "read", by=cast.rosa)
    with pytest.raises(SigningRefused, match="is signed"):
        keep(report, drawn, by=cast.rosa)
    with pytest.raises(SigningRefused, match="is signed"):
        remove(report, roi.pk, by=cast.rosa)
    assert is_intact(signature)
    Roi.objects.filter(pk=roi.pk).update(values={"PDFF": {"mean": 1.0, "sd": 0.0, "n": 13}})
    assert not is_intact(signature)


def test_an_amended_version_takes_the_regions_over(cast: Cast, report: Report) -> None:
    keep(report, (circle(study_images(report), PLACE, 11.0),), by=cast.rosa)
    write_impression(report, "Mild steatosis.", by=cast.rosa)
    sign(report, "read", by=cast.rosa)
    new = amend(report, "typing error", by=cast.rosa)
    assert [roi.name for roi in new.rois.all()] == ["Circle 22 mm"]
    assert report.rois.count() == 1


def test_too_many_regions_are_refused(
    cast: Cast, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rois, "MOST_REGIONS", 1)
    drawn = circle(study_images(report), PLACE, 11.0)
    with pytest.raises(RoiRefused, match="too many"):
        keep(report, (drawn, drawn), by=cast.rosa)


def post(client: Client, url: str, body: object) -> object:
    token = client.get(reverse("reports:upload")).cookies["csrftoken"].value
    return client.post(
        url, json.dumps(body), content_type="application/json", headers={"X-CSRFToken": token}
    )


def test_the_page_answers_a_circle_with_the_table(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    rosa = browser_of(cast.rosa)
    url = reverse("reports:rois", args=[report.pk])
    answer = post(rosa, url, {"kind": "circle", "centre": PLACE, "radius_mm": 11.0})
    text = answer.content.decode()
    assert "14.0 (SD 0.0)" in text
    assert "Whole liver" in text
    assert "14.0 (SD 0.0)" in rosa.get(reverse("reports:detail", args=[report.pk])).content.decode()
    roi = report.rois.get()
    answer = post(rosa, reverse("reports:roi-remove", args=[report.pk, roi.pk]), {})
    assert "14.0 (SD 0.0)" not in answer.content.decode()
    assert (
        post(rosa, reverse("reports:roi-remove", args=[report.pk, roi.pk]), {}).status_code == 404
    )


@pytest.mark.parametrize(
    "body", [{}, {"kind": "star"}, {"kind": "circle", "centre": [1]}, [], {"kind": "freehand"}]
)
def test_a_damaged_region_is_refused_in_words(
    cast: Cast, browser_of: Browser, report: Report, body: object
) -> None:
    answer = post(browser_of(cast.rosa), reverse("reports:rois", args=[report.pk]), body)
    assert answer.status_code == 400
    assert answer.json()["message"] == "The region did not arrive as it was drawn; try again."


def test_only_readers_draw(cast: Cast, browser_of: Browser, report: Report) -> None:
    url = reverse("reports:rois", args=[report.pk])
    for person, status in ((cast.uma, 403), (cast.ada, 403), (cast.sam, 404)):
        assert post(browser_of(person), url, {"kind": "nine"}).status_code == status, person.name
    assert (
        "roi-tools"
        not in browser_of(cast.uma)
        .get(reverse("reports:detail", args=[report.pk]))
        .content.decode()
    )
