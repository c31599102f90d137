"""Slices that one echo lacks: the common slices are kept, or the series is refused.

A slice that is missing at an edge costs that slice; one that is missing inside leaves no regular
grid and, worse, may be the sign of an incomplete transfer: the series is refused by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.errors import UnusableInput
from analysis.findings import Finding, Severity
from analysis.ingest.grid import (
    SAME_PLACE_MM,
    distance_mm,
    distinct_distances,
    gaps,
    slice_normal,
)
from analysis.ingest.stack_plans import SeriesPlan, StackPlan
from analysis.wording import Words, listed, words

MOST_LOST = 0.25
LEAST_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class CompletedSeries:
    """Series whose stacks all hold the same slices, and what that cost."""

    plans: tuple[SeriesPlan, ...]
    findings: tuple[Finding, ...] = ()


def share_a_slab(plans: Sequence[SeriesPlan]) -> bool:
    """Tell whether series lie on one lattice of slices, each with at least half of it."""
    stacks = [stack for plan in plans for stack in plan.stacks]
    normal = slice_normal(stacks[0].headers[0])
    held = [[distance_mm(header, normal) for header in stack.headers] for stack in stacks]
    union = distinct_distances([distance for distances in held for distance in distances])
    least = min(len(distances) for distances in held)
    return not gaps(union) and least >= LEAST_SHARED * len(union)


def keep_common_slices(plans: Sequence[SeriesPlan]) -> CompletedSeries:
    """Cut the stacks of series that belong together to the slices that all of them hold.

    Raises
    ------
    UnusableInput
        If a slice is missing inside a stack, or too many are missing at its edge.
    """
    stacks = [stack for plan in plans for stack in plan.stacks]
    normal = slice_normal(stacks[0].headers[0])
    held = [[distance_mm(header, normal) for header in stack.headers] for stack in stacks]
    union = distinct_distances([distance for distances in held for distance in distances])
    present = [[_holds(distances, place) for place in union] for distances in held]
    common = [all(column) for column in zip(*present, strict=True)]
    if all(common):
        return CompletedSeries(tuple(plans))
    missing = _described(stacks, present)
    kept = [index for index, is_common in enumerate(common) if is_common]
    is_inside = not kept or len(kept) != kept[-1] - kept[0] + 1
    if is_inside or len(kept) < (1 - MOST_LOST) * len(union):
        raise UnusableInput(
            words(
                "Series %(number)s (%(description)s) is incomplete: %(missing)s. Send the whole "
                "series again.",
                number=plans[0].series.series_number,
                description=plans[0].series.series_description,
                missing=missing,
            ),
            code="missing-slices",
        )
    low, high = union[kept[0]] - SAME_PLACE_MM, union[kept[-1]] + SAME_PLACE_MM
    cut = tuple(
        replace(plan, stacks=tuple(_cut(stack, low, high) for stack in plan.stacks))
        for plan in plans
    )
    return CompletedSeries(cut, (_finding(missing, len(kept), len(union)),))


def _holds(distances: Sequence[float], place: float) -> bool:
    return any(abs(distance - place) <= SAME_PLACE_MM for distance in distances)


def _cut(stack: StackPlan, low: float, high: float) -> StackPlan:
    normal = slice_normal(stack.headers[0])
    kept = tuple(h for h in stack.headers if low <= distance_mm(h, normal) <= high)
    return replace(stack, headers=kept)


def _described(stacks: Sequence[StackPlan], present: Sequence[Sequence[bool]]) -> Words:
    """Say which stack lacks which slices, counted from one along the normal."""
    parts = []
    for stack, row in zip(stacks, present, strict=True):
        absent = [str(index + 1) for index, is_there in enumerate(row) if not is_there]
        if absent:
            shown = listed(absent[:8])
            more = words("%(shown)s and more", shown=shown) if len(absent) > 8 else shown
            parts.append(
                words(
                    "the %(stack)s lacks slice %(shown)s of %(all)s",
                    stack=stack.words,
                    shown=more,
                    all=len(row),
                )
            )
    return listed(parts, "; ")


def _finding(missing: Words, kept: int, total: int) -> Finding:
    return Finding.of(
        "slices-missing-at-edge",
        Severity.WARNING,
        words(
            "Only %(kept)s of %(total)s slices are there in every echo; the others were left out, "
            "so the liver may be cut at that edge.",
            kept=kept,
            total=total,
        ),
        evidence=missing,
        action=words("Send the missing slices if the liver reaches them."),
        stage="ingest",
    )
