"""How the stored phase is to be read: which sign it has, and whether it holds phase errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.maps.compiled import in_parallel
from analysis.maps.field_scan import field_bins, unexplained_energy
from analysis.maps.fit_result import EchoModel, VoxelFit
from analysis.maps.phase_errors import NO_PHASE_ERRORS, first_phase_errors

Complex64 = npt.NDArray[np.complex64]
BoolMap = npt.NDArray[np.bool_]

SAMPLE = 6000
SLICES = 3
# The other sign must leave this much more energy unexplained to overrule what the header says.
DECISIVE_RATIO = 1.05
# Removing phase errors must leave this much less energy unexplained to be worth it.
WORTHWHILE_RATIO = 0.85


@dataclass(frozen=True, slots=True)
class PhaseConvention:
    """Reading of the phase that explains the echoes best.

    Parameters
    ----------
    sign
        +1 when phase follows exp(+i 2 pi f t), -1 when it must be conjugated.
    has_errors
        Whether bipolar or eddy-current phase should be removed.
    """

    sign: int
    has_errors: bool


def choose_convention(
    signals: Complex64,
    body: BoolMap,
    model: EchoModel,
    plain: VoxelFit,
    header_sign: int | None,
    errors_allowed: tuple[bool, ...] = (False, True),
) -> PhaseConvention:
    """Try both signs, with and without phase errors, on the voxels of a few slices.

    Fat's many peaks leave more energy unexplained under the wrong sign. Where the data do not
    decide (no fat in view), the header does, else +1.

    Parameters
    ----------
    signals
        (voxel, echo) complex.
    body
        (i, j, k) bool.
    model
        Echo times and fat phasor.
    plain
        Magnitude fit of the same voxels.
    header_sign
        What the header says, or None.
    errors_allowed
        ``(False,)`` never removes phase errors, ``(True,)`` always does.
    """
    part = np.zeros(body.shape, dtype=bool)
    fullest = np.argsort(body.sum(axis=(0, 1)))[-SLICES:]
    part[:, :, fullest] = body[:, :, fullest]
    inside = part[body]
    sample, rates = signals[inside], plain.both_rates[:, inside]
    solution = plain.solution[:, inside]
    left_over = {}
    for sign, data in ((1, sample), (-1, np.conj(sample))):
        for has_errors in errors_allowed:
            errors = first_phase_errors(data, part, model, solution)
            cleaned = (errors if has_errors else NO_PHASE_ERRORS).removed_from(data)
            cost = _left_over(cleaned, model, rates)
            worth = WORTHWHILE_RATIO if has_errors and len(errors_allowed) > 1 else 1.0
            left_over[PhaseConvention(sign, has_errors)] = cost / worth
    return _best(left_over, header_sign)


def _best(left_over: dict[PhaseConvention, float], header_sign: int | None) -> PhaseConvention:
    best = min(left_over, key=lambda convention: left_over[convention])
    mirrored = PhaseConvention(-best.sign, best.has_errors)
    if left_over[mirrored] > DECISIVE_RATIO * left_over[best]:
        return best
    return PhaseConvention(header_sign or 1, best.has_errors)


def _left_over(signals: Complex64, model: EchoModel, rates: npt.NDArray[np.float32]) -> float:
    """Return the energy that water and fat leave unexplained in a sample of voxels."""
    step = max(1, signals.shape[0] // SAMPLE)
    sample = np.ascontiguousarray(signals[::step])
    residual = np.empty(sample.shape[0], np.float32)
    in_parallel(
        unexplained_energy, sample.shape[0], sample, np.ascontiguousarray(rates[:, ::step]),
        model.times_ms.copy(), model.phasor.copy(), field_bins(model).rotation(model.times_ms),
        residual,
    )  # fmt: skip
    return float(np.maximum(residual, 0).sum())
