"""Decide which series are read: the multi-echo images, scanner maps and Dixon images."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from analysis.errors import AnalysisError, UnsupportedAcquisition
from analysis.findings import Finding
from analysis.ingest.complete_slices import keep_common_slices, share_a_slab
from analysis.ingest.grid import grid_key
from analysis.ingest.reading_rules import (
    hides_echoes,
    is_multi_echo,
    is_wanted_by_name,
    split_echo_key,
)
from analysis.ingest.stack_plans import SeriesPlan, with_echo_times
from analysis.ingest.vendors import rules_for
from analysis.study import Component, Role
from analysis.wording import words

SINGLE_ECHO = "single-echo images, not needed for fat and iron"
COMBINED_MAPS = (
    "all maps of the scanner in one series without saying which is which; export them as "
    "separate series"
)
Plans = list[SeriesPlan]


def decide(plans: Plans, echo_times_ms: tuple[float, ...]) -> tuple[Plans, tuple[Finding, ...]]:
    """Return the plans with a role or a reason not to be read, and what the choice cost.

    Raises
    ------
    UnsupportedAcquisition
        If echo times were given that fit no series.
    """
    plans = _renamed(plans, echo_times_ms) if echo_times_ms else plans
    families = _split_echo_families(plans)
    in_family = {id(plan) for family in families for plan in family}
    decided: Plans = []
    findings: list[Finding] = []
    for plan in plans:
        if plan.not_read or id(plan) in in_family:
            continue
        chosen, found = _completed([_role_given(plan)])
        decided += chosen
        findings += found
    for family in families:
        chosen, found = _completed([_in_family(plan) for plan in family])
        decided += chosen
        findings += found
    decided = _with_lone_phase(decided)
    return [*decided, *(plan for plan in plans if plan.not_read)], tuple(findings)


def _with_lone_phase(plans: Plans) -> Plans:
    """Read also phase of a single echo (Siemens field maps) where its grid has echoes."""
    grids = {grid_key(plan.first) for plan in plans if plan.role is Role.MULTI_ECHO}
    return [
        replace(plan, role=Role.MULTI_ECHO, not_read="")
        if plan.not_read == SINGLE_ECHO and _is_phase(plan) and grid_key(plan.first) in grids
        else plan
        for plan in plans
    ]


def _is_phase(plan: SeriesPlan) -> bool:
    return all(stack.component is not Component.MAGNITUDE for stack in plan.stacks)


def _in_family(plan: SeriesPlan) -> SeriesPlan:
    return replace(plan, role=Role.MULTI_ECHO) if plan.role is Role.OTHER else plan


def _role_given(plan: SeriesPlan) -> SeriesPlan:
    """Return the plan as multi-echo, as the map it claims to be, or as not needed."""
    if is_wanted_by_name(plan):
        return plan
    if hides_echoes(plan):
        return plan.refused(_equal_echo_times(plan))
    if is_multi_echo(plan):
        return replace(plan, role=Role.MULTI_ECHO)
    vendor = rules_for(plan.series.manufacturer)
    if len(plan.stacks) > 1 and vendor.is_combined_maps(plan.first):
        return replace(plan, not_read=COMBINED_MAPS)
    return replace(plan, not_read=SINGLE_ECHO)


def _equal_echo_times(plan: SeriesPlan) -> AnalysisError:
    return UnsupportedAcquisition(
        words(
            "All images of series %(number)s (%(description)s) carry the same echo time, "
            "or none; give the true echo times with --echo-times.",
            number=plan.series.series_number,
            description=plan.series.series_description,
        ),
        code="echo-times-equal",
    )


def _completed(plans: Plans) -> tuple[Plans, tuple[Finding, ...]]:
    """Return the plans cut to their common slices, or refused."""
    if any(plan.not_read for plan in plans):
        return plans, ()
    try:
        completed = keep_common_slices(plans)
    except AnalysisError as error:
        return [plan.refused(error) for plan in plans], ()
    return list(completed.plans), completed.findings


def _split_echo_families(plans: Plans) -> list[Plans]:
    """Return the groups of single-echo series that together are one multi-echo acquisition.

    A group counts only if each echo time occurs once a component: repeated acquisitions stay apart.
    """
    groups: dict[object, Plans] = defaultdict(list)
    for plan in plans:
        key = None if plan.not_read else split_echo_key(plan)
        if key is not None and not _is_map(plan):
            groups[key].append(plan)
    families = []
    for group in groups.values():
        echoes = [(s.component, s.echo_time_ms) for plan in group for s in plan.stacks]
        is_once_each = len(set(echoes)) == len(echoes)
        if is_once_each and len({echo for _, echo in echoes}) > 1 and share_a_slab(group):
            families.append(group)
    return families


def _is_map(plan: SeriesPlan) -> bool:
    return plan.role in (Role.PDFF_MAP, Role.R2STAR_MAP, Role.T2STAR_MAP, Role.WATER, Role.FAT)


def _renamed(plans: Plans, echo_times_ms: tuple[float, ...]) -> Plans:
    """Give the true echo times to the series that hide them, else to those with as many echoes."""
    candidates = [plan for plan in plans if not plan.not_read and not _is_map(plan)]
    hidden = [plan for plan in candidates if hides_echoes(plan)]
    renamed = {}
    for plan in hidden or candidates:
        fitted = with_echo_times(plan, echo_times_ms)
        if fitted is not None:
            renamed[id(plan)] = fitted
    if not renamed:
        raise UnsupportedAcquisition(
            words(
                "--echo-times names %(count)s echo times, but no series holds that many images "
                "of each slice; check the list.",
                count=len(echo_times_ms),
            ),
            code="echo-times-do-not-fit",
        )
    return [renamed.get(id(plan), plan) for plan in plans]
