"""How far the comparison of a pair's images is, and what it gave: the context of its part."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from analysis.anatomy import STRUCTURES
from analysis.change.images import ImageComparison
from analysis.quantities import Quantity
from portal.reports.change_jobs import has_images
from portal.reports.change_models import Comparison
from portal.reports.models import Report
from portal.reports.pages import MapChoice, Region, ViewerData
from portal.wording import said, said_as_stored

DELTA_SCALE = "delta"


@dataclass(frozen=True, slots=True)
class DeltaPicture:
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class ImageState:
    """How far the comparison of images is; ``state`` is empty when nobody asked for it."""

    state: str
    label: str
    percent: int
    text: str
    error: str
    url: str
    quality: str
    real: tuple[tuple[str, str], ...] = ()
    pictures: tuple[DeltaPicture, ...] = ()
    viewer: ViewerData | None = None


def image_state(
    baseline: Report,
    follow_up: Report,
    comparison: Comparison | None,
    images: ImageComparison | None,
) -> ImageState | None:
    """Return how far the comparison of images is; None when there are no images to compare."""
    if images is None and not (has_images(baseline) and has_images(follow_up)):
        return None
    ids = [follow_up.pk, baseline.pk]
    is_lost = comparison is not None and comparison.state == "succeeded" and images is None
    state = "" if comparison is None or is_lost else comparison.state
    return ImageState(
        state=state,
        label=said(str(comparison.get_state_display())) if comparison and state else "",
        percent=round(100 * comparison.progress) if comparison else 0,
        text=said(comparison.progress_text) if comparison else "",
        error=said_as_stored(comparison.error_message, comparison.error_words)
        if comparison
        else "",
        url=reverse("reports:change-images", args=ids),
        quality=_quality(images) if images else "",
        real=_real(images) if images else (),
        pictures=_pictures(images, comparison.pk) if images and comparison else (),
        viewer=_viewer(images, comparison.pk) if images and comparison and images.maps else None,
    )


def _quality(images: ImageComparison) -> str:
    quality = images.quality
    return _(
        "Livers overlap with Dice %(dice)s after registration (%(rigid)s after the rigid motion "
        "alone); folded %(folded)s, covered %(covered)s."
    ) % {
        "dice": f"{quality.dice:.2f}",
        "rigid": f"{quality.rigid_dice:.2f}",
        "folded": f"{quality.folded_percent:.1f} %",
        "covered": f"{quality.covered_percent:.0f} %",
    }


def _real(images: ImageComparison) -> tuple[tuple[str, str], ...]:
    return tuple((m.quantity.key, f"{m.real_percent:.0f} %") for m in images.maps)


def file_url(comparison_id: UUID, name: str) -> str:
    return reverse("reports:change-volume", args=[comparison_id, name])


def stem_of(key: str) -> str:
    """Return the name of a quantity in addresses: ``r2`` for R2*."""
    return slugify(key)


def reach_of(quantity: Quantity) -> float:
    """Return the change at either end of the scale of differences, in the quantity's unit."""
    low, high = quantity.display
    return round((high - low) / 4, 3)


def _pictures(images: ImageComparison, comparison_id: UUID) -> tuple[DeltaPicture, ...]:
    return tuple(
        DeltaPicture(
            reverse("reports:change-picture", args=[comparison_id, stem_of(m.quantity.key)]),
            _("%(quantity)s: earlier visit laid on this one, this visit, change, real change")
            % {"quantity": m.quantity.key},
        )
        for m in images.maps
    )


def _viewer(images: ImageComparison, comparison_id: UUID) -> ViewerData:
    maps = []
    for found in images.maps:
        key, unit = found.quantity.key, found.quantity.unit
        low, high = found.quantity.display
        reach = reach_of(found.quantity)
        stem = stem_of(key)
        rows = (
            (f"Δ {key}", "shown-change", 0.0, 2 * reach, DELTA_SCALE),
            (_("%(map)s earlier") % {"map": key}, "baseline", low, high, "viridis"),
            (_("%(map)s now") % {"map": key}, "follow-up", low, high, "viridis"),
        )
        for name, part, bottom, top, scale in rows:
            url = file_url(comparison_id, f"{stem}-{part}")
            maps.append(_map_choice(f"{stem}-{part}", name, unit, url, (bottom, top), scale))
    return ViewerData(
        anatomy_url=file_url(comparison_id, "anatomy"),
        segments_url=file_url(comparison_id, "segments"),
        maps=tuple(maps),
        regions=tuple(
            Region(s.key, said(s.name), s.label, "#{:02x}{:02x}{:02x}".format(*s.colour))
            for s in STRUCTURES
        ),
        voxel_url="",
        histogram_url="",
        density_url="",
    )


def _map_choice(
    key: str, name: str, unit: str, url: str, shown: tuple[float, float], scale: str
) -> MapChoice:
    return MapChoice(
        key=key,
        name=name,
        words=name,
        unit=unit,
        url=url,
        low=shown[0],
        high=shown[1],
        scale=scale,
        histogram=False,
    )
