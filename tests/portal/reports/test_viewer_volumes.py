from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest
from django.http import Http404

from portal.reports import documents
from portal.reports.models import Report
from portal.reports.services import create_report
from portal.reports.viewer_volumes import volume_path
from portal.runs import storage
from portal.runs.codec import ARRAY_FOLDER
from portal.runs.models import AnalysisRun, StageRun, StageState
from tests.portal.reports.conftest import SHAPE

HEADER_BYTES = 352
Capture = Callable[..., AbstractContextManager[list[Callable[[], object]]]]


def lose_images(run: AnalysisRun) -> None:
    """Take the stored images away, on disc and out of this process's memory."""
    row = StageRun.objects.get(run=run, stage="map", state=StageState.SUCCEEDED)
    folder = storage.claim_folder(run.pk, "map", row.fencing_token) / ARRAY_FOLDER
    folder.parent.chmod(0o700)
    folder.chmod(0o700)
    for path in folder.iterdir():
        path.unlink()
    documents._machine_images.cache_clear()
    documents.study_maps.cache_clear()


def made(report: Report) -> set[str]:
    return {path.name for path in (storage.root() / "shown").glob(f"*/{report.pk}/*")}


def test_what_the_first_picture_shows_is_made_when_a_run_ends(
    run: AnalysisRun, django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        report = create_report(run)
    assert made(report) == {"anatomy.nii.gz", "segments.nii.gz", "PDFF.nii.gz"}


def test_a_volume_that_was_made_is_shown_without_opening_a_stored_image(report: Report) -> None:
    before = volume_path(report, "PDFF").read_bytes()
    lose_images(report.run)
    assert volume_path(report, "PDFF").read_bytes() == before
    voxels = np.frombuffer(gzip.decompress(before), np.float32, offset=HEADER_BYTES)
    assert voxels.size == np.prod(SHAPE)


def test_a_report_comes_to_be_where_the_images_are_lost_already(
    run: AnalysisRun, django_capture_on_commit_callbacks: Capture
) -> None:
    lose_images(run)
    with django_capture_on_commit_callbacks(execute=True):
        report = create_report(run)
    assert made(report) == set()


def test_a_volume_that_no_study_has_is_not_found_and_leaves_nothing(report: Report) -> None:
    with pytest.raises(Http404):
        volume_path(report, "B0")
    assert made(report) == set()
