"""Group the images of a study into stacks: one echo, one component, sorted along the normal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.errors import AnalysisError
from analysis.ingest.components import component_of
from analysis.ingest.grid import grid_key
from analysis.ingest.header import ImageHeader, SeriesHeader
from analysis.ingest.pixels import PixelSource
from analysis.ingest.repeats import split_repeats
from analysis.ingest.roles import role_by_text
from analysis.ingest.vendors import rules_for
from analysis.study import Component, Role, SkippedFile
from analysis.wording import Words, words

SAME_ECHO_MS = 0.01
COMPONENT_ORDER = tuple(Component)
COMPONENT_WORDS = {
    Component.MAGNITUDE: words("magnitude"),
    Component.PHASE: words("phase"),
    Component.REAL: words("real"),
    Component.IMAGINARY: words("imaginary"),
}


@dataclass(frozen=True, slots=True)
class StackPlan:
    """The images of one stack, sorted along their normal, before their pixels are read."""

    headers: tuple[ImageHeader, ...]
    component: Component
    echo_time_ms: float | None

    @property
    def words(self) -> Words:
        """What the stack is, for a person."""
        component = COMPONENT_WORDS[self.component]
        if self.echo_time_ms is None:
            return words("%(component)s images without echo time", component=component)
        echo = f"{self.echo_time_ms:.2f} ms"
        return words("%(component)s echo at %(echo)s", component=component, echo=echo)


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """The stacks of one kind in one series, and why they are not read, if so.

    Parameters
    ----------
    first
        One of its images, which stands for what they share.
    role
        What it claims to be.
    stacks
        Its stacks in order of component and echo time.
    instance_count
        Number of images received.
    not_read
        Why its pixels are not read; empty when they are.
    problem
        The error that stands against reading it, if any.
    """

    first: ImageHeader
    role: Role
    stacks: tuple[StackPlan, ...]
    instance_count: int
    not_read: str = ""
    problem: AnalysisError | None = None

    @property
    def series(self) -> SeriesHeader:
        """What its images share."""
        return self.first.series

    @property
    def headers(self) -> tuple[ImageHeader, ...]:
        """All its images."""
        return tuple(header for stack in self.stacks for header in stack.headers)

    @property
    def echo_times_ms(self) -> tuple[float, ...]:
        """The distinct echo times."""
        return tuple(sorted({s.echo_time_ms for s in self.stacks if s.echo_time_ms is not None}))

    def refused(self, problem: AnalysisError) -> SeriesPlan:
        """Return the plan with the reason why it cannot be read."""
        return replace(self, not_read=problem.message, problem=problem)


def claimed_role(header: ImageHeader) -> Role:
    """Return what an image claims to be, by private tag, Image Type or description."""
    vendor = rules_for(header.series.manufacturer)
    return vendor.role(header) or role_by_text(header.image_type, header.series.series_description)


def plan_series(
    headers: Sequence[ImageHeader], role: Role, source: PixelSource
) -> tuple[SeriesPlan, tuple[SkippedFile, ...]]:
    """Return the stacks of one kind of image in one series, and the copies that were dropped."""
    groups: dict[object, list[ImageHeader]] = defaultdict(list)
    vendor = rules_for(headers[0].series.manufacturer)
    echoes = _representative_echoes(headers)
    for header in headers:
        echo = echoes.get(header.echo_time_ms)
        groups[component_of(header, vendor), echo, grid_key(header)].append(header)
    stacks: list[StackPlan] = []
    copies: list[SkippedFile] = []
    plan = SeriesPlan(headers[0], role, (), len(headers))
    for group in groups.values():
        component, echo = component_of(group[0], vendor), echoes.get(group[0].echo_time_ms)
        try:
            repeats, dropped = split_repeats(group, source)
        except AnalysisError as error:
            return plan.refused(error), ()
        copies += dropped
        stacks += [StackPlan(tuple(repeat), component, echo) for repeat in _in_order(repeats)]
    return replace(plan, stacks=_sorted(stacks)), tuple(copies)


def _in_order(repeats: list[list[ImageHeader]]) -> list[list[ImageHeader]]:
    def when(repeat: list[ImageHeader]) -> tuple[int, int, int]:
        first = repeat[0]
        return first.temporal_position or 0, first.acquisition_number or 0, _number(repeat)

    return sorted(repeats, key=when)


def _number(repeat: Iterable[ImageHeader]) -> int:
    return min(header.instance_number or 0 for header in repeat)


def _representative_echoes(headers: Iterable[ImageHeader]) -> dict[float | None, float]:
    """Map each written echo time to the median of those within 0.01 ms."""
    written = sorted({h.echo_time_ms for h in headers if h.echo_time_ms})
    clusters: list[list[float]] = []
    for echo in written:
        if clusters and echo - clusters[-1][-1] <= SAME_ECHO_MS:
            clusters[-1].append(echo)
        else:
            clusters.append([echo])
    return {echo: float(np.median(cluster)) for cluster in clusters for echo in cluster}


def _sorted(stacks: Iterable[StackPlan]) -> tuple[StackPlan, ...]:
    def order(stack: StackPlan) -> tuple[int, float]:
        return COMPONENT_ORDER.index(stack.component), stack.echo_time_ms or 0.0

    return tuple(sorted(stacks, key=order))


def with_echo_times(plan: SeriesPlan, echo_times_ms: tuple[float, ...]) -> SeriesPlan | None:
    """Return the plan with the true echo times, or None where their number does not fit.

    The stacks of each component are numbered by their written echo time, and where those are equal,
    by the order in which their images were numbered.
    """
    by_component: dict[Component, list[StackPlan]] = defaultdict(list)
    for stack in plan.stacks:
        by_component[stack.component].append(stack)
    if any(len(stacks) != len(echo_times_ms) for stacks in by_component.values()):
        return None
    times = sorted(echo_times_ms)
    renamed = [
        replace(stack, echo_time_ms=time)
        for stacks in by_component.values()
        for stack, time in zip(stacks, times, strict=True)
    ]
    return replace(plan, stacks=_sorted(renamed)) if renamed else None
