"""How the multi-echo acquisition is chosen, as data: what it must have, and what is preferred.

Requirements exclude with a reason. Preferences are compared in order; the first in which two
acquisitions differ decides, and is the reason told for the one that lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.series_selection.echo_groups import EchoGroup
from analysis.volume import Geometry

MIN_ECHOES = 3
ENOUGH_ECHOES = 6
LIVER_EXTENT_MM = (220.0, 170.0, 150.0)  # right-left, front-back, head-feet: a usual adult liver
AXIAL_COSINE = 0.7


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an acquisition must have, and why it is excluded otherwise."""

    holds: Callable[[EchoGroup], bool]
    reason: Callable[[EchoGroup], str]


@dataclass(frozen=True, slots=True)
class Preference:
    """What makes one acquisition better than another (larger is better), and how to say so."""

    score: Callable[[EchoGroup], float]
    reason: str


REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        lambda group: len(group.stacks) >= MIN_ECHOES,
        lambda group: f"only {len(group.stacks)} echo(es); at least {MIN_ECHOES} are needed",
    ),
    Requirement(
        lambda group: group.has_one_grid,
        lambda _: "its echoes do not lie on one grid",
    ),
)


def liver_coverage(geometry: Geometry) -> float:
    """Return the part of a usual adult liver's box that a grid can hold, 0-1.

    >>> liver_coverage(Geometry((256, 256, 40), np.diag([1.5, 1.5, 5, 1])))
    1.0
    """
    extent = np.abs(geometry.affine[:3, :3]) @ np.array(geometry.shape, dtype=np.float64)
    return float(np.minimum(extent / LIVER_EXTENT_MM, 1.0).prod())


def is_axial(geometry: Geometry) -> bool:
    """Tell whether the slices lie closer to axial than to any other plane."""
    step = geometry.affine[:3, 2]
    return bool(abs(step[2]) > AXIAL_COSINE * np.linalg.norm(step))


PREFERENCES: tuple[Preference, ...] = (
    Preference(
        lambda group: math.floor(10 * liver_coverage(group.geometry)), "covers less of the liver"
    ),
    Preference(lambda group: is_axial(group.geometry), "is not axial"),
    Preference(lambda group: min(len(group.stacks), ENOUGH_ECHOES), "has fewer echoes"),
    Preference(lambda group: -round(group.echo_times_ms[0]), "has a later first echo"),
    Preference(lambda group: group.number, "was acquired earlier and repeated"),
)


def why_excluded(group: EchoGroup) -> str:
    """Return the reason of the first requirement that does not hold, else empty."""
    return next((rule.reason(group) for rule in REQUIREMENTS if not rule.holds(group)), "")


def rank(group: EchoGroup) -> tuple[float, ...]:
    """Return the scores of an acquisition in the order of the preferences."""
    return tuple(preference.score(group) for preference in PREFERENCES)


def why_lost(group: EchoGroup, winner: EchoGroup) -> str:
    """Return the first preference in which ``group`` is worse than the chosen one."""
    pairs = zip(PREFERENCES, rank(group), rank(winner), strict=True)
    reason = next((p.reason for p, own, best in pairs if own < best), "is a copy")
    return f"{reason} (series {winner.number} is used)"
