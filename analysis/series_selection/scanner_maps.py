"""Maps and Dixon images made by the scanner; also two echoes that are in and opposed phase.

References
----------
Fat-water shift 3.4 ppm: opposed phase at odd, in phase at even multiples of 1 / (2 * 3.4 ppm * f0).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.series_selection.echo_groups import EchoGroup
from analysis.signal.fat_spectrum import GYROMAGNETIC_RATIO_MHZ_PER_T
from analysis.study import Component, IngestedSeries, Role, VendorMap
from analysis.volume import Volume

MAP_ROLES = (
    Role.PDFF_MAP,
    Role.R2STAR_MAP,
    Role.T2STAR_MAP,
    Role.WATER,
    Role.FAT,
    Role.IN_PHASE,
    Role.OPPOSED_PHASE,
)
DIXON_ROLES = (Role.IN_PHASE, Role.OPPOSED_PHASE)
ANATOMY_ORDER = (
    Role.WATER,
    Role.IN_PHASE,
    Role.OPPOSED_PHASE,
    Role.FAT,
    Role.PDFF_MAP,
    Role.R2STAR_MAP,
    Role.T2STAR_MAP,
)
FAT_WATER_SHIFT_PPM = 3.4
PHASE_TOLERANCE = 0.2  # in half cycles of fat against water


def scanner_maps(
    series: Iterable[IngestedSeries], used: Sequence[IngestedSeries]
) -> tuple[VendorMap, ...]:
    """Return the maps among the series, the most recent of each role first.

    Series that are fitted as echoes (``used``) are not maps.
    """
    found = []
    for one in sorted(series, key=lambda one: -one.number):
        stacks = [stack for stack in one.stacks if stack.component is Component.MAGNITUDE]
        if one.claimed_role in MAP_ROLES and stacks and one not in used:
            stack = stacks[0]
            echo = stack.echo_time_ms if one.claimed_role in DIXON_ROLES else None
            found.append(VendorMap(stack.volume, one.claimed_role, echo, one.series_instance_uid))
    return tuple(sorted(found, key=lambda one: MAP_ROLES.index(one.role)))


def dixon_pair(group: EchoGroup) -> tuple[VendorMap, ...]:
    """Return two echoes as opposed-phase and in-phase images, empty where they are not that."""
    field = group.acquisition.field_strength_t
    if len(group.stacks) != 2 or field is None or not group.has_one_grid:
        return ()
    half_cycle_ms = 1e3 / (2 * FAT_WATER_SHIFT_PPM * GYROMAGNETIC_RATIO_MHZ_PER_T * field)
    cycles = [echo / half_cycle_ms for echo in group.echo_times_ms]
    if any(abs(cycle - round(cycle)) > PHASE_TOLERANCE for cycle in cycles):
        return ()
    roles = [Role.OPPOSED_PHASE if round(cycle) % 2 else Role.IN_PHASE for cycle in cycles]
    if set(roles) != set(DIXON_ROLES):
        return ()
    uid = group.members[0].series_instance_uid
    return tuple(
        VendorMap(stack.volume, role, stack.echo_time_ms, uid)
        for stack, role in zip(group.stacks, roles, strict=True)
    )


def best_anatomy(maps: Sequence[VendorMap]) -> Volume:
    """Return the map that shows anatomy best."""
    return min(maps, key=lambda one: ANATOMY_ORDER.index(one.role)).volume


def is_measurable(maps: Sequence[VendorMap]) -> bool:
    """Tell whether the maps give at least one fat or iron quantity."""
    roles = {one.role for one in maps}
    quantitative = {Role.PDFF_MAP, Role.R2STAR_MAP, Role.T2STAR_MAP}
    return (
        bool(roles & quantitative) or roles >= {Role.WATER, Role.FAT} or roles >= set(DIXON_ROLES)
    )
