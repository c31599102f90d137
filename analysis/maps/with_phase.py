"""From stored phase to a fit that uses it: checks, sign, phase errors, name of the method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.errors import UnsupportedAcquisition
from analysis.findings import Finding
from analysis.maps.fit_result import EchoModel, VoxelFit
from analysis.maps.mixed import fit_with_phase
from analysis.maps.phase_check import NO_PHASE, phase_problem, phase_unusable
from analysis.maps.phase_convention import choose_convention
from analysis.maps.phase_errors import NO_PHASE_ERRORS, first_phase_errors
from analysis.wording import words

BoolMap = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]

MAGNITUDE_METHOD = "magnitude fit, both branches, choice pooled over neighbours"
COMPLEX_METHOD = "complex fit, smooth field and phase"
MIXED_METHOD = "mixed fit, smooth field and phase, readout phase removed"
# Above this share of distrusted voxels the phase as a whole is called unusable.
UNUSABLE_SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A fit, its name, and what was noticed on the way."""

    fit: VoxelFit
    method: str
    findings: tuple[Finding, ...]


def fit_phase(
    phase_rad: Float32 | None,
    magnitudes: Float32,
    body: BoolMap,
    model: EchoModel,
    plain: VoxelFit,
    method: str,
    phase_sign: int | None,
) -> Outcome:
    """Fit with phase if it is usable, else return the magnitude fit with the reason.

    Parameters
    ----------
    phase_rad
        (echo, i, j, k) as received, or None.
    magnitudes
        (voxel, echo), of the voxels of ``body``.
    body
        (i, j, k) bool.
    model
        Echo times and fat phasor.
    plain
        Fit of the magnitudes.
    method
        ``"auto"``, ``"complex"`` (no phase errors removed) or ``"mixed"``.
    phase_sign
        From the header, or None.

    Raises
    ------
    UnsupportedAcquisition
        If ``method`` demands phase and it cannot be used.
    """
    problem = phase_problem(phase_rad, body)
    if phase_rad is None or problem is not None:
        if method != "auto":
            raise UnsupportedAcquisition(
                words(
                    "The %(method)s fit needs phase images: %(problem)s. Send them, or use the "
                    "magnitude fit.",
                    method=method,
                    problem=problem or NO_PHASE,
                ),
                code="phase-needed",
            )
        finding = phase_unusable(problem or NO_PHASE, was_sent=phase_rad is not None)
        return Outcome(plain, MAGNITUDE_METHOD, (finding,))
    signals = magnitudes * np.exp(1j * phase_rad[:, body].T).astype(np.complex64)
    allowed = {"complex": (False,), "mixed": (True,)}.get(method, (False, True))
    convention = choose_convention(signals, body, model, plain, phase_sign, allowed)
    if convention.sign < 0:
        signals = np.conj(signals)
    errors = NO_PHASE_ERRORS
    if convention.has_errors:
        errors = first_phase_errors(signals, body, model, plain.solution)
    joined, distrusted = fit_with_phase(signals, body, model, plain, errors)
    share = float(distrusted.mean())
    if share > UNUSABLE_SHARE and method == "auto":
        reason = words(
            "in %(share)s % of the body phase does not follow the signal equation",
            share=f"{100 * share:.0f}",
        )
        return Outcome(plain, MAGNITUDE_METHOD, (phase_unusable(reason, was_sent=True),))
    name = MIXED_METHOD if errors.names or method == "mixed" else COMPLEX_METHOD
    return Outcome(joined, name, ())
