"""The volumes of a report's viewer: kept as files, so that showing them opens no stored image.

Reading the stored images and checking their hashes takes a second; whoever opens a report first
need not wait for it, because the worker makes what the first picture shows when the run ends.
"""

from __future__ import annotations

from pathlib import Path

from django.http import Http404

from portal.reports.documents import stored_maps, study_images
from portal.reports.images import StudyImages
from portal.reports.models import Report
from portal.reports.viewer_files import (
    ERROR_SUFFIX,
    anatomy_file,
    cached,
    map_file,
    segments_file,
)

ANATOMY = "anatomy"
SEGMENTS = "segments"


def volume_path(report: Report, name: str) -> Path:
    """Return the file of a volume, making it if needed; raise ``Http404`` for one that is not."""
    return cached(f"{report.pk}/{name}.nii.gz", lambda: _volume(study_images(report), name))


def prepare_first_volumes(report: Report) -> None:
    """Make the volumes that the viewer opens with, where the images of the run are stored."""
    maps = stored_maps(report.run_id)
    if maps is None:
        return
    for name in (ANATOMY, SEGMENTS, *(entry.key for entry in maps[:1])):
        volume_path(report, name)


def _volume(images: StudyImages, name: str) -> bytes:
    if name == ANATOMY:
        return anatomy_file(images)
    if name == SEGMENTS:
        return segments_file(images)
    turned = images.get(name.removesuffix(ERROR_SUFFIX))
    of_error = name.endswith(ERROR_SUFFIX)
    if turned is None or (of_error and turned.standard_error is None):
        raise Http404
    return map_file(images, turned, of_error=of_error)
