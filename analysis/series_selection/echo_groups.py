"""Echoes that belong to one acquisition, whether they come in one series or in one series each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.study import Acquisition, Component, ImageStack, IngestedSeries, Role
from analysis.volume import Geometry, Volume

SAME_ECHO_MS = 0.011
MAP_ROLES = (Role.PDFF_MAP, Role.R2STAR_MAP, Role.T2STAR_MAP, Role.WATER, Role.FAT)


@dataclass(frozen=True, slots=True, eq=False)
class EchoGroup:
    """The echoes of one component of one acquisition.

    Parameters
    ----------
    members
        The series they come from.
    stacks
        One stack an echo, echo times increasing.
    has_repeats
        Whether an echo came more than once in a series; the first is used.
    """

    members: tuple[IngestedSeries, ...]
    stacks: tuple[ImageStack, ...]
    has_repeats: bool = False

    @property
    def echo_times_ms(self) -> tuple[float, ...]:
        """The echo times in ms."""
        return tuple(stack.echo_time_ms or 0.0 for stack in self.stacks)

    @property
    def geometry(self) -> Geometry:
        """The grid of the first echo."""
        return self.stacks[0].volume.geometry

    @property
    def acquisition(self) -> Acquisition:
        """How the first echo was acquired."""
        return self.members[0].acquisition

    @property
    def number(self) -> int:
        """The highest series number, which tells how recent the acquisition is."""
        return max(member.number for member in self.members)

    @property
    def has_one_grid(self) -> bool:
        """Whether all echoes lie on the same grid."""
        return all(self.geometry.matches(stack.volume.geometry) for stack in self.stacks)

    def goes_with(self, other: EchoGroup) -> bool:
        """Tell whether another component has the same grid and the same echo times."""
        if len(self.stacks) != len(other.stacks) or not self.geometry.matches(other.geometry):
            return False
        difference = np.subtract(self.echo_times_ms, other.echo_times_ms)
        return bool(np.abs(difference).max() <= SAME_ECHO_MS) and other.has_one_grid


def echo_groups(series: Iterable[IngestedSeries], component: Component) -> list[EchoGroup]:
    """Return the echoes of one component, grouped by acquisition."""
    groups: list[EchoGroup] = []
    single: list[EchoGroup] = []
    for one in series:
        stacks = [stack for stack in _usable(one) if stack.component is component]
        if stacks:
            group = _own_group(one, stacks)
            (groups if len(group.stacks) > 1 else single).append(group)
    return groups + _joined(single)


def _usable(series: IngestedSeries) -> Iterator[ImageStack]:
    if series.claimed_role not in MAP_ROLES:
        yield from (stack for stack in series.stacks if stack.echo_time_ms is not None)


def _own_group(series: IngestedSeries, stacks: Sequence[ImageStack]) -> EchoGroup:
    first: dict[float, ImageStack] = {}
    for stack in sorted(stacks, key=lambda one: one.echo_time_ms or 0.0):
        first.setdefault(stack.echo_time_ms or 0.0, stack)
    return EchoGroup((series,), tuple(first.values()), has_repeats=len(first) < len(stacks))


def _joined(single: Sequence[EchoGroup]) -> list[EchoGroup]:
    """Join series of one echo each: same grid, repetition time and flip angle, other echo time.

    A repeated echo time begins another acquisition, in the order of the series numbers.
    """
    shelves: dict[object, list[list[EchoGroup]]] = defaultdict(list)
    for group in sorted(single, key=lambda one: one.number):
        shelf = shelves[_settings(group)]
        place = next((joined for joined in shelf if _fits(group, joined)), None)
        if place is None:
            shelf.append([group])
        else:
            place.append(group)
    return [_join(joined) for shelf in shelves.values() for joined in shelf]


def _settings(group: EchoGroup) -> object:
    acquisition = group.acquisition
    return (
        acquisition.manufacturer,
        acquisition.repetition_time_ms,
        acquisition.flip_angle_deg,
        group.geometry.shape,
    )


def _fits(group: EchoGroup, joined: Sequence[EchoGroup]) -> bool:
    echo = group.echo_times_ms[0]
    is_new = all(abs(echo - other.echo_times_ms[0]) > SAME_ECHO_MS for other in joined)
    return is_new and joined[0].geometry.matches(group.geometry)


def _join(joined: Sequence[EchoGroup]) -> EchoGroup:
    ordered = sorted(joined, key=lambda one: one.echo_times_ms)
    return EchoGroup(
        members=tuple(group.members[0] for group in ordered),
        stacks=tuple(group.stacks[0] for group in ordered),
        has_repeats=any(group.has_repeats for group in ordered),
    )


def complex_groups(
    series: Sequence[IngestedSeries],
) -> tuple[list[EchoGroup], list[EchoGroup]]:
    """Return magnitude and phase of acquisitions that come as real and imaginary images.

    magnitude = |re + i im|, phase = arg(re + i im) in radians.
    """
    magnitudes, phases = [], []
    imaginary = echo_groups(series, Component.IMAGINARY)
    for real in echo_groups(series, Component.REAL):
        partner = next((one for one in imaginary if real.goes_with(one)), None)
        if partner is not None:
            pairs = list(zip(real.stacks, partner.stacks, strict=True))
            members = tuple(dict.fromkeys((*real.members, *partner.members)))
            magnitudes.append(EchoGroup(members, tuple(_magnitude(*pair) for pair in pairs)))
            phases.append(EchoGroup(members, tuple(_phase(*pair) for pair in pairs)))
    return magnitudes, phases


def _magnitude(real: ImageStack, imaginary: ImageStack) -> ImageStack:
    values = np.hypot(real.volume.array, imaginary.volume.array)
    volume = Volume(values, real.volume.geometry, real.volume.quantity)
    return replace(real, volume=volume, component=Component.MAGNITUDE)


def _phase(real: ImageStack, imaginary: ImageStack) -> ImageStack:
    values = np.arctan2(imaginary.volume.array, real.volume.array)
    volume = Volume(values, real.volume.geometry, real.volume.quantity)
    return replace(real, volume=volume, component=Component.PHASE, phase_in_radians=True)
