"""Phase that the signal equation does not know: bipolar readout, eddy currents, slice offsets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.maps.cells import Cells
from analysis.maps.fit_result import EchoModel

Float32 = npt.NDArray[np.float32]
Complex64 = npt.NDArray[np.complex64]
BoolMap = npt.NDArray[np.bool_]

ERROR_CELL = (8, 8, 1)
ERROR_WINDOW = (2.0, 2.0, 1.0)
# Phase errors below this (rad) are not worth two more unknowns.
NEGLIGIBLE_RAD = 0.04


@dataclass(frozen=True, slots=True, eq=False)
class PhaseErrors:
    """Phase that the signal equation does not know, by echo and voxel.

    Parameters
    ----------
    names
        Of ``"bipolar"`` (odd against even echoes) and ``"eddy"`` (first echo).
    angles
        One (voxel,) map of radians a name.
    """

    names: tuple[str, ...]
    angles: tuple[Float32, ...]

    def removed_from(self, signals: Complex64) -> Complex64:
        """Return (voxel, echo) signals without these phases."""
        if not self.names:
            return signals
        echoes = signals.shape[1]
        rows = {"bipolar": (-1.0) ** np.arange(echoes), "eddy": np.arange(echoes) == 0}
        result = signals
        for name, angle in zip(self.names, self.angles, strict=True):
            turn = np.exp(-1j * angle[:, None] * rows[name].astype(np.float32)[None])
            result = result * turn.astype(np.complex64)
        return np.ascontiguousarray(result)


NO_PHASE_ERRORS = PhaseErrors((), ())


def first_phase_errors(
    signals: Complex64, body: BoolMap, model: EchoModel, solution: Float32
) -> PhaseErrors:
    """Estimate bipolar and eddy-current phase from second differences of phase over the echoes.

    With the phase of the magnitude fit's water and fat removed, the second difference at echo n is
    -4 b (-1)^n for a bipolar readout, and the first one holds the first echo's extra phase too.
    Needs four equally spaced echoes; else nothing is estimated.

    Parameters
    ----------
    signals
        (voxel, echo) complex.
    body
        (i, j, k) bool.
    model
        Echo times and fat phasor.
    solution
        (3, voxel) water, fat and rate of the magnitude fit.

    Returns
    -------
    Those of the two that are not negligible, smooth over about 3 cm.
    """
    echoes = model.times_ms.size
    steps = np.diff(model.times_ms)
    if echoes < 4 or np.ptp(steps) > 0.03 * steps.mean():
        return NO_PHASE_ERRORS
    expected = solution[0][:, None] + solution[1][:, None] * model.phasor[None]
    own = signals * np.exp(-1j * np.angle(expected)).astype(np.complex64)
    own /= np.sqrt(np.maximum(np.abs(own), 1e-20))
    second = own[:, 2:] * own[:, :-2] * np.conj(own[:, 1:-1]) ** 2
    fourfold = np.zeros(signals.shape[0], np.complex64)
    for place in range(1, echoes - 2):
        fourfold += np.conj(second[:, place]) if place % 2 else second[:, place]
    cells = Cells.over(body, ERROR_CELL)
    bipolar: Float32 = _angle(fourfold, cells) / np.float32(4)
    eddy = _angle((second[:, 0] * np.exp(-4j * bipolar)).astype(np.complex64), cells)
    found = [
        (name, angle)
        for name, angle in (("bipolar", bipolar), ("eddy", eddy))
        if np.percentile(np.abs(angle), 80) > NEGLIGIBLE_RAD
    ]
    return PhaseErrors(tuple(name for name, _ in found), tuple(angle for _, angle in found))


def _angle(turns: Complex64, cells: Cells) -> Float32:
    real = cells.at_voxels(cells.smoothed(turns.real, ERROR_WINDOW))
    imaginary = cells.at_voxels(cells.smoothed(turns.imag, ERROR_WINDOW))
    result: Float32 = np.arctan2(imaginary, real)
    return result


def aligned_slices(signals: Complex64, turns: Float32, body: BoolMap) -> tuple[Complex64, Float32]:
    """Remove constant phase steps between slices (alternating signs, separate excitations).

    Parameters
    ----------
    signals
        (voxel, echo) complex.
    turns
        (2, voxel) real and imaginary part of each voxel's phasor.
    body
        (i, j, k) bool.

    Returns
    -------
    Both with one phase a slice removed, so that neighbouring slices agree on average.
    """
    phasor = np.zeros(body.shape, np.complex64)
    phasor[body] = turns[0] + 1j * turns[1]
    phasor /= np.sqrt(np.maximum(np.abs(phasor), 1e-20))
    between = np.angle((phasor[:, :, 1:] * np.conj(phasor[:, :, :-1])).sum(axis=(0, 1)))
    offset = np.concatenate([[0.0], np.cumsum(between)])
    turn = np.exp(-1j * offset).astype(np.complex64)[np.nonzero(body)[2]]
    rotated = (turns[0] + 1j * turns[1]) * turn
    return signals * turn[:, None], np.stack([rotated.real, rotated.imag])
