"""Images of a reading as the reader may see them: with whose outline, or with none at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext as _

from analysis.anatomy import STRUCTURES
from analysis.export.colour_range import ERROR_SCALE, scale_of
from analysis.quantities import BY_KEY as QUANTITY
from analysis.wording import words
from portal.reports.documents import MapEntry, stored_maps, study_images
from portal.reports.images import StudyImages
from portal.reports.models import Reading, Report
from portal.reports.reading_services import ReadingRefused, compared, is_veiled
from portal.reports.viewer_files import ERROR_SUFFIX
from portal.wording import said

LETTERS = ("A", "B")
OWN = "own"
_ERROR_PART = 0.125  # of the range of the values


@dataclass(frozen=True, slots=True)
class Shown:
    """Whose version a page shows: the reader's own, or reading A or B for the adjudicator."""

    report: Report
    letter: str
    is_veiled: bool

    @property
    def token(self) -> str:
        """Return what makes the address of an image another one when the image changes."""
        return f"{str(self.report.pk)[:8]}{'-plain' if self.is_veiled else ''}"


def shown_version(reading: Reading, letter: str = "") -> Shown | None:
    """Return the version asked for; None for a letter that this reader has no right to."""
    if letter == "":
        return Shown(reading.report, "", is_veiled(reading))
    if not reading.is_adjudication or letter not in LETTERS:
        return None
    both = dict(zip(LETTERS, compared(reading.case), strict=False))
    return Shown(both[letter].report, letter, is_veiled=False) if letter in both else None


def picked_by(reading: Reading, letter: str) -> Reading | None:
    """Return the reading that an adjudicator picks by its letter; None for an own one."""
    both = dict(zip(LETTERS, compared(reading.case), strict=False))
    if letter not in {*both, OWN}:
        raise ReadingRefused(
            words("Pick one of the two readings, or read on your own."), "reading-pick", 400
        )
    return both.get(letter)


def images_of(shown: Shown) -> StudyImages:
    """Return the images; before own values are saved, maps are whole and there is no outline."""
    images = study_images(shown.report)
    if not shown.is_veiled:
        return images
    return replace(images, labels=np.ones_like(images.labels))


def outline_of(shown: Shown) -> StudyImages:
    images = study_images(shown.report)
    return replace(images, labels=np.zeros_like(images.labels)) if shown.is_veiled else images


@dataclass(frozen=True, slots=True)
class ReadingMap:
    """A map for ``viewer.ts``; the colours span the usual range, the same for every study."""

    key: str
    name: str
    words: str
    unit: str
    url: str
    low: float
    high: float
    scale: str
    histogram: bool = False


@dataclass(frozen=True, slots=True)
class ReadingRegion:
    key: str
    name: str
    label: int
    colour: str


@dataclass(frozen=True, slots=True)
class ReadingViewer:
    """What ``reading_page.ts`` needs; written into the page as JSON."""

    anatomy_url: str
    segments_url: str
    maps: tuple[ReadingMap, ...]
    regions: tuple[ReadingRegion, ...]
    voxel_url: str
    histogram_url: str = ""
    density_url: str = ""


def viewer_of(reading: Reading, shown: Shown) -> ReadingViewer | None:
    """Return what the viewer shows; None when the images are not stored any more."""
    stored = stored_maps(shown.report.run_id)
    if stored is None:
        return None
    maps = [each for entry in stored for each in _maps(reading, shown, entry)]
    maps.sort(key=lambda each: each.key.endswith(ERROR_SUFFIX))
    regions = (
        ReadingRegion(s.key, said(s.name), s.label, "#{:02x}{:02x}{:02x}".format(*s.colour))
        for s in STRUCTURES
    )
    return ReadingViewer(
        anatomy_url=image_url(reading, shown, "anatomy"),
        segments_url=image_url(reading, shown, "segments"),
        maps=tuple(maps),
        regions=tuple(regions),
        voxel_url=f"{reverse('api-reading-voxel', args=[reading.pk])}?of={shown.letter}",
    )


def image_url(reading: Reading, shown: Shown, name: str) -> str:
    url = reverse("reports:reading-image", args=[reading.pk, name])
    return f"{url}?of={shown.letter}&v={shown.token}"


def _maps(reading: Reading, shown: Shown, entry: MapEntry) -> list[ReadingMap]:
    quantity = QUANTITY[entry.key]
    low, high = quantity.display
    found = [
        ReadingMap(
            key=quantity.key,
            name=quantity.key,
            words=said(quantity.name),
            unit=quantity.unit,
            url=image_url(reading, shown, quantity.key),
            low=low,
            high=high,
            scale=scale_of(quantity),
        )
    ]
    if entry.has_error:
        key = f"{quantity.key}{ERROR_SUFFIX}"
        found.append(
            replace(
                found[0],
                key=key,
                name=f"{quantity.key} ±",
                words=_("Standard error of %(quantity)s in each voxel")
                % {"quantity": quantity.key},
                url=image_url(reading, shown, key),
                low=0.0,
                high=(high - low) * _ERROR_PART,
                scale=ERROR_SCALE,
            )
        )
    return found
