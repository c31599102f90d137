"""One line a series: used or not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.series_selection.echo_groups import EchoGroup
from analysis.series_selection.rules import why_excluded, why_lost
from analysis.study import IngestedSeries, Role, SeriesChoice, VendorMap


def explain(
    series: Iterable[IngestedSeries],
    candidates: Sequence[EchoGroup],
    best: EchoGroup | None,
    phase: EchoGroup | None,
    maps: Sequence[VendorMap],
) -> tuple[SeriesChoice, ...]:
    """Return why each series is used or not."""
    map_keys = {(one.series_instance_uid, one.role) for one in maps}
    choices = []
    for one in series:
        is_used, reason = _verdict(one, candidates, best, phase, map_keys)
        choices.append(
            SeriesChoice(
                one.series_instance_uid,
                one.number,
                one.description,
                one.claimed_role,
                is_used,
                reason,
            )
        )
    return tuple(choices)


def _verdict(
    one: IngestedSeries,
    candidates: Sequence[EchoGroup],
    best: EchoGroup | None,
    phase: EchoGroup | None,
    map_keys: set[tuple[str, Role]],
) -> tuple[bool, str]:
    if one.not_read:
        return False, one.not_read
    if best is not None and one in best.members:
        return True, _why_used(best)
    if phase is not None and one in phase.members:
        return True, "phase of the chosen echoes"
    if (one.series_instance_uid, one.claimed_role) in map_keys:
        return True, f"made by the scanner: {one.claimed_role.value}"
    if best is None and any(uid == one.series_instance_uid for uid, _ in map_keys):
        return True, "two echoes, one opposed and one in phase"
    own = next((group for group in candidates if one in group.members), None)
    if own is None:
        return False, "phase, or images without echo time, that match no chosen echoes"
    return False, why_excluded(own) or (why_lost(own, best) if best else "no echoes to fit")


def _why_used(best: EchoGroup) -> str:
    echoes = f"{len(best.stacks)} echoes from {best.echo_times_ms[0]:.2f} ms"
    joined = f", joined from {len(best.members)} series" if len(best.members) > 1 else ""
    return f"the best multi-echo acquisition: {echoes}{joined}"
