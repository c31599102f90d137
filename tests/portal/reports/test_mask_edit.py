from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.quantification import quantify
from analysis.report import build_report
from analysis.study import SourceSeries
from analysis.volume_norm import EXPECTED, RATIO_TO_EXPECTED
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.reports.documents import liver_report, study_images
from portal.reports.images import turn_back
from portal.reports.mask_edit import (
    EditRefused,
    changed_labels,
    corrected_report,
    dice,
    preview,
    read_changes,
)
from portal.reports.mask_sums import Changes, moved, sums_of
from portal.reports.models import Report
from portal.reports.signing import amend, sign, write_impression
from portal.reports.verdict import build_verdict
from portal.reports.versions import save_correction
from portal.runs import storage
from tests.portal.conftest import Cast
from tests.portal.reports.conftest import Analysed

Browser = Callable[[User | AnonymousUser], Client]


def packed(indices: object, labels: object) -> bytes:
    parts = np.asarray(indices, dtype="<u4").tobytes(), np.asarray(labels, np.uint8).tobytes()
    return gzip.compress(b"".join(parts))


def sent(report: Report, labels: np.ndarray) -> bytes:
    """Return the request that turns the labels of a version into these."""
    before, after = (each.ravel(order="F") for each in (study_images(report).labels, labels))
    indices = np.flatnonzero(before != after)
    return packed(indices, after[indices])


def changes(report: Report, labels: np.ndarray) -> Changes:
    return read_changes(report, sent(report, labels))


def without_segment(report: Report, label: int) -> np.ndarray:
    labels = np.array(study_images(report).labels)
    labels[labels == label] = 0
    return labels


def test_labels_return_to_the_grid_they_came_from(report: Report, results: Analysed) -> None:
    images = study_images(report)
    back = turn_back(np.array(images.labels), images.original)
    assert np.array_equal(back.array, results.segmentation.labels.array)


def test_labels_travel_unchanged(report: Report) -> None:
    labels = without_segment(report, 3)
    assert np.array_equal(changed_labels(report, changes(report, labels)), labels)


@pytest.mark.parametrize(
    "body",
    [
        b"not gzip",
        gzip.compress(b"\0" * 7),
        packed([5], [9]),
        packed([40 * 36 * 14], [1]),
        packed([5, 5], [1, 2]),
    ],
    ids=["damaged", "cut short", "no such segment", "outside", "a voxel twice"],
)
def test_changes_that_do_not_fit_are_refused(report: Report, body: bytes) -> None:
    with pytest.raises(EditRefused):
        read_changes(report, body)


def test_a_bomb_is_not_unpacked(report: Report) -> None:
    bomb = gzip.compress(b"\0" * 200_000_000)
    with pytest.raises(EditRefused, match="does not fit"):
        read_changes(report, bomb)


def test_the_preview_has_the_means_and_volumes_of_the_full_measurement(report: Report) -> None:
    labels = without_segment(report, 6)
    quick = preview(report, changes(report, labels)).numbers
    full, _ = corrected_report(report, labels)
    for measurement in quick.measurements:
        whole = full.get(measurement.quantity, measurement.region, measurement.statistic)
        assert whole is not None
        assert measurement.text == whole.text
    assert quick.get("PDFF", "segment_6") is None


def test_the_preview_divides_segment_four_anew(report: Report) -> None:
    labels = np.array(study_images(report).labels)
    upper = np.arange(labels.shape[2]) > 8
    labels[(labels == 3) & upper] = 2  # the border of II and III, and the plane with it, moves
    quick = preview(report, changes(report, labels)).numbers
    full, _ = corrected_report(report, labels)
    assert quick.methods == full.methods
    for part in ("segment_4a", "segment_4b"):
        for quantity, statistic in (("volume", "total"), ("PDFF", "mean")):
            before = liver_report(report).get(quantity, part, statistic)
            now = quick.get(quantity, part, statistic)
            whole = full.get(quantity, part, statistic)
            assert before is not None
            assert now is not None
            assert whole is not None
            assert now.text == whole.text != before.text


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 400))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_moved_sums_are_those_of_the_whole_mask(report: Report, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    images = study_images(report)
    labels = np.array(images.labels, order="F")
    indices = rng.choice(labels.size, size=n, replace=False)
    labels.reshape(-1, order="F")[indices] = rng.integers(0, 9, size=n)
    machine = study_images(report).labels
    quick = moved(sums_of(report), images, machine, changes(report, labels))
    assert np.array_equal(quick.counts, np.bincount(labels.ravel(), minlength=9))
    assert quick.changed == np.count_nonzero(labels != machine)
    assert quick.dice == pytest.approx(dice(labels, machine))
    for each in images.maps:
        n_valid, totals = quick.maps[each.quantity.key]
        for label in range(1, 9):
            values = each.values[each.valid & (labels == label)].astype(np.float64)
            assert n_valid[label] == values.size
            assert totals[label] == pytest.approx(values.sum(), abs=1e-6)


def test_the_preview_renews_the_ratio_to_the_expected_volume(
    results: Analysed, report_of: Callable[..., Report]
) -> None:
    adult = replace(results.report.description, height_m=1.8, weight_kg=80.0, age_years=50.0)
    selected = replace(results.selected, description=adult)
    stored = replace(
        results,
        selected=selected,
        report=build_report(
            selected,
            results.segmentation,
            results.maps,
            quantify(results.maps, results.segmentation.labels),
        ),
    )
    report = report_of(stored)
    before = liver_report(report).get("volume", "liver", RATIO_TO_EXPECTED)
    after = preview(report, changes(report, without_segment(report, 4))).numbers
    ratio = after.get("volume", "liver", RATIO_TO_EXPECTED)
    volume = after.get("volume", "liver", "total")
    expected = after.get("volume", "liver", EXPECTED)
    assert before is not None
    assert ratio is not None
    assert volume is not None
    assert expected is not None
    assert ratio.value == pytest.approx(volume.value / expected.value)
    assert ratio.value < before.value
    shown = build_verdict(after)[-1]
    assert any(ratio.text in short for short, _ in shown.explained)


def test_a_preview_without_liver_is_refused_in_words(report: Report) -> None:
    nothing = np.zeros_like(study_images(report).labels)
    with pytest.raises(EditRefused, match="No liver is left"):
        preview(report, changes(report, nothing))


def test_the_unchanged_mask_gives_the_machine_s_numbers(report: Report) -> None:
    full, _ = corrected_report(report, np.array(study_images(report).labels))
    for measurement in liver_report(report).measurements:
        same = full.get(measurement.quantity, measurement.region, measurement.statistic)
        assert same is not None
        assert same.text == measurement.text


def test_a_saved_correction_is_a_version_beside_the_machine_s(cast: Cast, report: Report) -> None:
    labels = without_segment(report, 6)
    new = save_correction(report, labels, "segment VI is bowel", by=cast.rosa)
    assert (new.version, new.amends_id, new.reason) == (2, report.pk, "segment VI is bowel")
    assert np.array_equal(study_images(new).labels, labels)
    assert (study_images(report).labels == 6).any()
    assert liver_report(new).get("PDFF", "segment_6") is None
    assert liver_report(report).get("PDFF", "segment_6") is not None
    assert new.dice_with_machine == pytest.approx(dice(labels, study_images(report).labels))
    assert new.dice_with_machine < 1
    finding = next(f for f in liver_report(new).findings if f.code == "mask-corrected")
    assert "Dice with the model's liver" in finding.evidence
    event = AuditEvent.objects.get(action="mask-corrected")
    assert event.new["reason"] == "segment VI is bowel"


def test_a_correction_has_files_of_its_own(cast: Cast, browser_of: Browser, report: Report) -> None:
    new = save_correction(report, without_segment(report, 6), "bowel", by=cast.rosa)
    names = {file.name for file in new.files.all()}
    # Without DICOM images behind the study there are no DICOM objects; see the test below.
    assert names == {
        "report.json",
        "report.html",
        "report.pdf",
        "measurements.csv",
        "segments.nii.gz",
    }
    rosa = browser_of(cast.rosa)
    text = rosa.get(reverse("reports:detail", args=[new.pk])).content.decode()
    assert "Mask corrected by Rosa: bowel" in text
    answer = rosa.get(reverse("reports:file", args=[new.pk, "pdff.nii.gz"]))
    assert answer.status_code == 404
    csv = rosa.get(reverse("reports:file", args=[new.pk, "measurements.csv"]))
    assert b"segment_6" not in b"".join(csv.streaming_content)


def test_a_correction_has_dicom_objects_of_its_own(
    cast: Cast, results: Analysed, report_of: Callable[..., Report]
) -> None:
    slices = tuple(f"1.2.3.4.{n}" for n in range(14))
    source = SourceSeries("1.2.3.4", "1.2.3.5", "1.2.840.10008.5.1.4.1.1.4", slices)
    dicom = replace(results, selected=replace(results.selected, source=source))
    report = report_of(dicom)
    new = save_correction(report, without_segment(report, 6), "bowel", by=cast.rosa)
    files = {file.name: storage.absolute(file.path) for file in new.files.all()}
    assert {"segments.dcm", "measurements.dcm", "report.dcm", "report.html"} <= files.keys()
    drawn = pydicom.dcmread(files["segments.dcm"])
    first = pydicom.dcmread(storage.absolute(report.run.artefacts.get(name="segments.dcm").path))
    # Segments are numbered anew in each object: what they are is told by their names.
    before, after = ({str(s.SegmentLabel) for s in d.SegmentSequence} for d in (first, drawn))
    assert len(before - after) == 1
    assert "VI" in (before - after).pop()
    assert after < before
    assert drawn.SOPInstanceUID != first.SOPInstanceUID
    assert drawn.StudyInstanceUID == first.StudyInstanceUID


def test_an_amendment_keeps_the_corrected_mask(cast: Cast, report: Report) -> None:
    new = save_correction(report, without_segment(report, 6), "bowel", by=cast.rosa)
    write_impression(new, "Mild steatosis.", by=cast.rosa)
    sign(new, "read", by=cast.rosa)
    third = amend(new, "typing error", by=cast.rosa)
    assert third.version == 3
    assert not (study_images(third).labels == 6).any()
    assert third.files.count() == new.files.count()


def test_an_empty_mask_is_refused_in_words(cast: Cast, report: Report) -> None:
    nothing = np.zeros_like(study_images(report).labels)
    with pytest.raises(EditRefused, match="No liver is left"):
        save_correction(report, nothing, "all wrong", by=cast.rosa)
    assert Report.objects.count() == 1


def test_a_correction_needs_a_reason(cast: Cast, report: Report) -> None:
    with pytest.raises(EditRefused, match="Say why"):
        save_correction(report, without_segment(report, 6), " ", by=cast.rosa)


def test_damaged_labels_are_not_shown(cast: Cast, report: Report) -> None:
    new = save_correction(report, without_segment(report, 6), "bowel", by=cast.rosa)
    path = storage.absolute(new.labels_path)
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(Exception, match="was changed"):
        study_images(new)


def test_only_readers_correct_masks(cast: Cast, browser_of: Browser, report: Report) -> None:
    body = sent(report, without_segment(report, 6))
    for person, status in ((cast.rosa, 200), (cast.uma, 403), (cast.ada, 403), (cast.sam, 404)):
        client = browser_of(person)
        token = client.get(reverse("reports:upload")).cookies["csrftoken"].value
        answer = client.post(
            reverse("reports:mask-preview", args=[report.pk]),
            body,
            content_type="application/octet-stream",
            headers={"X-CSRFToken": token},
        )
        assert answer.status_code == status, person.name
    assert Report.objects.count() == 1


def test_the_page_answers_a_stroke_with_new_numbers(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    client = browser_of(cast.rosa)
    token = client.get(reverse("reports:upload")).cookies["csrftoken"].value
    labels = without_segment(report, 6)
    headers = {"X-CSRFToken": token}
    url = reverse("reports:mask-preview", args=[report.pk])
    kind = "application/octet-stream"
    text = client.post(
        url, sent(report, labels), content_type=kind, headers=headers
    ).content.decode()
    assert 'id="verdict"' in text
    assert 'data-region="segment_5"' in text
    assert 'data-region="segment_6"' not in text
    url = reverse("reports:mask", args=[report.pk]) + "?reason=bowel"
    made = client.post(url, sent(report, labels), content_type=kind, headers=headers)
    assert made.status_code == 201
    assert client.get(made.json()["url"]).status_code == 200
