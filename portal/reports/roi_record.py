"""Regions of interest as a signature covers them, and as a later version takes them over."""

from __future__ import annotations

from typing import Any

from portal.reports.models import Report, Roi


def rois_record(report: Report) -> list[dict[str, Any]]:
    """Return the regions of a version as plain data that anyone can hash again."""
    return [
        {
            "number": roi.number,
            "kind": roi.kind,
            "name": roi.name,
            "voxels": roi.voxels,
            "values": roi.values,
            "made_by": str(roi.made_by_id),
        }
        for roi in Roi.objects.filter(report=report)
    ]


def copy_rois(old: Report, new: Report) -> None:
    """Give a new version the regions of the old one, with who made them and when."""
    kept = ("number", "kind", "name", "voxels", "centre", "values", "made_by_id", "made_at")
    Roi.objects.bulk_create(
        Roi(report=new, **{name: getattr(roi, name) for name in kept})
        for roi in Roi.objects.filter(report=old)
    )
