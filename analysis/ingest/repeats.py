"""Images at the same place: copies are dropped, repeats are told apart, conflicts are refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.errors import UnusableInput
from analysis.ingest.grid import SAME_PLACE_MM, distance_mm, slice_normal
from analysis.ingest.header import ImageHeader
from analysis.ingest.pixels import PixelSource
from analysis.study import SkippedFile
from analysis.wording import words

Key = Callable[[ImageHeader], Any]

# What tells repeated images of one place apart, in the order in which it is tried.
DISCRIMINATORS: tuple[Key, ...] = (
    lambda header: header.image_type,
    lambda header: header.temporal_position,
    lambda header: header.acquisition_number,
    lambda header: header.echo_number,
)


@dataclass(frozen=True, slots=True)
class WithoutCopies:
    """Images of which each is there once, and the files that were copies."""

    headers: tuple[ImageHeader, ...]
    copies: tuple[SkippedFile, ...]


def drop_copies(headers: Sequence[ImageHeader], source: PixelSource) -> WithoutCopies:
    """Drop images that came twice under one identifier.

    Raises
    ------
    UnusableInput
        If two images carry the same identifier but show something else.
    """
    kept: dict[tuple[str, int], ImageHeader] = {}
    unnamed: list[ImageHeader] = []
    copies: list[SkippedFile] = []
    for header in headers:
        key = (header.sop_instance_uid, header.frame)
        if not header.sop_instance_uid:
            unnamed.append(header)
        elif key not in kept:
            kept[key] = header
        elif _is_same_image(kept[key], header, source):
            copies.append(_copy(kept[key], header, source))
        else:
            raise _conflict(kept[key], header, source)
    return WithoutCopies((*kept.values(), *unnamed), tuple(copies))


def split_repeats(
    headers: Sequence[ImageHeader], source: PixelSource
) -> tuple[list[list[ImageHeader]], tuple[SkippedFile, ...]]:
    """Return groups in which each place occurs once, sorted along the normal, and the copies.

    Raises
    ------
    UnusableInput
        If different images claim the same place and nothing tells them apart.
    """
    groups = _told_apart(headers)
    if groups is not None:
        return groups, ()
    unique, copies = _without_equal_pixels(headers, source)
    groups = _told_apart(unique) or _ranked(unique)
    if groups is None:
        crowded = max(_by_place(unique), key=len)
        raise _conflict(crowded[0], crowded[1], source)
    return groups, copies


def _by_place(headers: Iterable[ImageHeader]) -> list[list[ImageHeader]]:
    """Return the images of each place, places sorted along the normal."""
    headers = list(headers)
    normal = slice_normal(headers[0])
    ordered = sorted(headers, key=lambda header: distance_mm(header, normal))
    places: list[list[ImageHeader]] = []
    previous = -np.inf
    for header in ordered:
        distance = distance_mm(header, normal)
        if distance - previous > SAME_PLACE_MM:
            places.append([])
            previous = distance
        places[-1].append(header)
    return places


def _told_apart(headers: Sequence[ImageHeader]) -> list[list[ImageHeader]] | None:
    """Return the groups that the first sufficient discriminator makes, or None."""
    for discriminator in (lambda _: 0, *DISCRIMINATORS):
        groups: dict[Any, list[ImageHeader]] = defaultdict(list)
        for header in headers:
            groups[discriminator(header)].append(header)
        places = [_by_place(group) for group in groups.values()]
        if all(len(place) == 1 for group in places for place in group):
            return [[place[0] for place in group] for group in places]
    return None


def _ranked(headers: Sequence[ImageHeader]) -> list[list[ImageHeader]] | None:
    """Return one group for each rank by instance number, if every place has as many images."""
    places = _by_place(headers)
    if len({len(place) for place in places}) != 1:
        return None
    ranked = [
        sorted(place, key=lambda h: (h.instance_number or 0, h.file_index, h.frame))
        for place in places
    ]
    return [list(group) for group in zip(*ranked, strict=True)]


def _without_equal_pixels(
    headers: Sequence[ImageHeader], source: PixelSource
) -> tuple[list[ImageHeader], tuple[SkippedFile, ...]]:
    """Drop images that repeat another of the same place pixel by pixel."""
    unique: list[ImageHeader] = []
    copies: list[SkippedFile] = []
    for place in _by_place(headers):
        kept: list[ImageHeader] = []
        for header in place:
            twin = next((other for other in kept if _is_copy(other, header, source)), None)
            if twin is None:
                kept.append(header)
            else:
                copies.append(_copy(twin, header, source))
        unique += kept
    return unique, tuple(copies)


def _is_copy(one: ImageHeader, other: ImageHeader, source: PixelSource) -> bool:
    same_labels = all(key(one) == key(other) for key in DISCRIMINATORS)
    return same_labels and _is_same_image(one, other, source)


def _is_same_image(one: ImageHeader, other: ImageHeader, source: PixelSource) -> bool:
    source.decode((one, other))
    if source.problems((one, other)):
        return one.pixels == other.pixels
    return np.array_equal(source.stored_values(one), source.stored_values(other))


def _copy(kept: ImageHeader, copy: ImageHeader, source: PixelSource) -> SkippedFile:
    return SkippedFile(source.name(copy), f"the same image as {source.name(kept)}")


def _conflict(one: ImageHeader, other: ImageHeader, source: PixelSource) -> UnusableInput:
    return UnusableInput(
        words(
            "Two different images claim the same place in series %(number)s: %(one)s and "
            "%(other)s. Export the study again, once.",
            number=one.series.series_number,
            one=source.name(one),
            other=source.name(other),
        ),
        code="conflicting-instances",
    )
