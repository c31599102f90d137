"""Choose what is analysed out of everything that was received, with a reason for each series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.findings import Finding, Severity
from analysis.series_selection.choices import explain
from analysis.series_selection.echo_groups import EchoGroup, complex_groups, echo_groups
from analysis.series_selection.refusals import refusal
from analysis.series_selection.rules import rank, why_excluded
from analysis.series_selection.scanner_maps import (
    best_anatomy,
    dixon_pair,
    is_measurable,
    scanner_maps,
)
from analysis.study import (
    Component,
    IngestedStudy,
    MultiEcho,
    Role,
    SelectedSeries,
    VendorMap,
)
from analysis.wording import words

STAGE = "select"


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The acquisitions of a study that may be fitted."""

    magnitudes: tuple[EchoGroup, ...]
    phases: tuple[EchoGroup, ...]

    @property
    def best(self) -> EchoGroup | None:
        """The acquisition that meets all requirements and ranks first."""
        fitting = [group for group in self.magnitudes if not why_excluded(group)]
        return max(fitting, key=rank, default=None)


def select_series(study: IngestedStudy) -> SelectedSeries:
    """Choose the multi-echo images to fit and the scanner's maps to compare them with.

    Echoes that came in one series each are joined, magnitude and phase are paired by grid and echo
    times, real and imaginary images become magnitude and phase. Without three echoes the scanner's
    own maps are used; two echoes in and opposed phase give only a fat signal fraction.

    Parameters
    ----------
    study
        What ``read_study`` returned.

    Returns
    -------
    SelectedSeries
        Echoes or maps, the anatomical image, and for each series why it is used or not.

    Raises
    ------
    NoSuitableSeries
        If there are neither echoes nor maps.
    UnsupportedAcquisition
        If there are only two echoes that are not in and opposed phase.
    """
    candidates = _candidates(study)
    best = candidates.best
    if best is None:
        return _select_maps(study, candidates)
    phase = next((group for group in candidates.phases if _is_phase_of(group, best)), None)
    used = (*best.members, *(phase.members if phase else ()))
    maps = scanner_maps(study.series, used)
    return SelectedSeries(
        description=study.description,
        acquisition=best.acquisition,
        echoes=_multi_echo(best, phase),
        vendor_maps=maps,
        anatomical_image=best.stacks[0].volume,
        choices=explain(study.series, candidates.magnitudes, best, phase, maps),
        findings=(*study.findings, *_echo_findings(best, phase, candidates)),
        source=best.stacks[0].source,
    )


def _candidates(study: IngestedStudy) -> Candidates:
    magnitudes = echo_groups(study.series, Component.MAGNITUDE)
    phases = echo_groups(study.series, Component.PHASE)
    from_complex, phase_from_complex = complex_groups(study.series)
    shown = [group for group in from_complex if not any(m.goes_with(group) for m in magnitudes)]
    return Candidates((*magnitudes, *shown), (*phases, *phase_from_complex))


def _is_phase_of(phase: EchoGroup, magnitude: EchoGroup) -> bool:
    in_radians = all(stack.phase_in_radians for stack in phase.stacks)
    return in_radians and magnitude.goes_with(phase)


def _multi_echo(best: EchoGroup, phase: EchoGroup | None) -> MultiEcho:
    magnitude = np.stack([stack.volume.array for stack in best.stacks])
    np.maximum(magnitude, 0.0, out=magnitude)
    magnitude.setflags(write=False)
    phase_rad = None
    if phase is not None:
        phase_rad = np.stack([stack.volume.array for stack in phase.stacks])
        phase_rad.setflags(write=False)
    return MultiEcho(magnitude, phase_rad, np.array(best.echo_times_ms), best.geometry)


def _echo_findings(
    best: EchoGroup, phase: EchoGroup | None, candidates: Candidates
) -> list[Finding]:
    findings = []
    if best.has_repeats:
        findings.append(
            Finding.of(
                "repeats-first-used",
                Severity.INFO,
                words("The acquisition was repeated within its series; the first one was used."),
                evidence=words("series %(number)s", number=best.number),
                stage=STAGE,
            )
        )
    near = [group for group in candidates.phases if group.geometry.matches(best.geometry)]
    if phase is None and near:
        findings.append(
            Finding.of(
                "phase-not-used",
                Severity.WARNING,
                words(
                    "Phase images are there but do not match the magnitude images echo by echo, or "
                    "their scale is not known; only magnitude was used."
                ),
                evidence=words(
                    "phase echoes at %(phase)s ms, magnitude at %(magnitude)s ms",
                    phase=_times(near[0]),
                    magnitude=_times(best),
                ),
                action=words("Send the phase images of all echoes as the scanner made them."),
                stage=STAGE,
            )
        )
    return findings


def _times(group: EchoGroup) -> str:
    return ", ".join(f"{echo:.2f}" for echo in group.echo_times_ms)


def _select_maps(study: IngestedStudy, candidates: Candidates) -> SelectedSeries:
    """Return the scanner's maps, or two Dixon echoes, where there are no echoes to fit."""
    maps = scanner_maps(study.series, ())
    pair: tuple[VendorMap, ...] = ()
    if not is_measurable(maps):
        pairs = [dixon_pair(g) for g in sorted(candidates.magnitudes, key=rank, reverse=True)]
        pair = next((found for found in pairs if found), ())
        maps = (*maps, *pair)
    if not is_measurable(maps):
        raise refusal(study, candidates.magnitudes)
    source = next(
        one for one in study.series if one.series_instance_uid == maps[0].series_instance_uid
    )
    return SelectedSeries(
        description=study.description,
        acquisition=source.acquisition,
        echoes=None,
        vendor_maps=maps,
        anatomical_image=best_anatomy(maps),
        choices=explain(study.series, candidates.magnitudes, None, None, maps),
        findings=(*study.findings, _maps_only(maps)),
    )


def _maps_only(maps: Sequence[VendorMap]) -> Finding:
    roles = {one.role for one in maps}
    if roles <= {Role.IN_PHASE, Role.OPPOSED_PHASE, Role.WATER, Role.FAT}:
        return Finding.of(
            "dixon-only",
            Severity.WARNING,
            words(
                "Only a Dixon pair is there: it gives a fat signal fraction, which is not a proton "
                "density fat fraction, and no iron."
            ),
            action=words("Send the multi-echo series if it was acquired."),
            stage=STAGE,
        )
    return Finding.of(
        "scanner-maps-only",
        Severity.WARNING,
        words("The echoes are not there; the numbers come from the scanner's own maps."),
        action=words("Send the multi-echo series so that the maps can be checked."),
        stage=STAGE,
    )
