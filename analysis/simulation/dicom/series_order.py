"""The orders in which scanners number the images of a multi-echo series."""

from __future__ import annotations

from analysis.simulation.dicom.vendor import Image, SeriesPlan
from analysis.study import Component, Role


def echo_by_echo(
    echo_count: int, slice_count: int, components: tuple[Component, ...]
) -> tuple[Image, ...]:
    """Return all slices of the first echo, then of the second; components follow one another."""
    return tuple(
        Image(component, Role.MULTI_ECHO, echo, index)
        for component in components
        for echo in range(echo_count)
        for index in range(slice_count)
    )


def slice_by_slice(
    echo_count: int, slice_count: int, components: tuple[Component, ...]
) -> tuple[Image, ...]:
    """Return all echoes and components of the first slice, then of the second."""
    return tuple(
        Image(component, Role.MULTI_ECHO, echo, index)
        for index in range(slice_count)
        for echo in range(echo_count)
        for component in components
    )


def numbered(number: int, description: str, images: tuple[Image, ...]) -> SeriesPlan:
    """Return a series whose instances are numbered 1, 2, 3 in the order of the images."""
    return SeriesPlan(number, description, images, tuple(range(1, len(images) + 1)))


def map_series(number: int, description: str, role: Role, slice_count: int) -> SeriesPlan:
    """Return the series of a map computed on the scanner, one image a slice."""
    images = tuple(Image(Component.MAGNITUDE, role, 0, index) for index in range(slice_count))
    return numbered(number, description, images)
