"""What a fat-water fit is given and what it returns, whichever method was used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.findings import Finding
from analysis.signal.fat_spectrum import FatSpectrum, fat_phasor
from analysis.volume import Geometry, read_only

FloatMap = npt.NDArray[np.float32]
BoolMap = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class EchoModel:
    """Echo times and the signal of fat at them: all that the equations need.

    Parameters
    ----------
    times_ms
        (echo,) float64.
    phasor
        (echo,) complex128, signal of unit fat.
    field_strength_t
        Main field in tesla.
    spectrum
        The fat peaks used.
    """

    times_ms: npt.NDArray[np.float64]
    phasor: npt.NDArray[np.complex128]
    field_strength_t: float
    spectrum: FatSpectrum

    @classmethod
    def of(
        cls, echo_times_ms: npt.ArrayLike, field_strength_t: float, spectrum: FatSpectrum
    ) -> EchoModel:
        """Return the model of a protocol: echo times in ms, field in tesla, fat peaks."""
        times = np.array(echo_times_ms, dtype=np.float64)
        phasor = fat_phasor(times, field_strength_t, spectrum)
        return cls(times, phasor, field_strength_t, spectrum)

    @property
    def magnitude_terms(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Re c and |c|^2 of the fat phasor, each (echo,) and writable as the kernels want."""
        return np.ascontiguousarray(self.phasor.real), np.square(np.abs(self.phasor))


@dataclass(frozen=True, slots=True, eq=False)
class VoxelFit:
    """Result of one method for the voxels of the body, in their order.

    Parameters
    ----------
    solution
        (3, voxel) water, fat, R2* in 1/ms.
    errors
        (4, voxel) standard errors of water, fat, R2* (1/ms), fat fraction (0-1).
    sum_of_squares
        (voxel,) residual sum of squares.
    data_count, unknown_count
        Real data and unknowns of one voxel.
    ambiguity
        (voxel,) probability 0-0.5 that water and fat are exchanged.
    sigma
        Noise level of one channel.
    frequency_hz, frequency_error_hz
        (voxel,) off-resonance and its standard error, or None for magnitudes.
    rival_rate_per_ms
        (voxel,) R2* of the solution that was not chosen, or None when there is only one.
    """

    solution: npt.NDArray[np.float32]
    errors: npt.NDArray[np.float32]
    sum_of_squares: npt.NDArray[np.float32]
    data_count: int
    unknown_count: int
    ambiguity: npt.NDArray[np.float32]
    sigma: float
    frequency_hz: npt.NDArray[np.float32] | None = None
    frequency_error_hz: npt.NDArray[np.float32] | None = None
    rival_rate_per_ms: npt.NDArray[np.float32] | None = None

    @property
    def both_rates(self) -> npt.NDArray[np.float32]:
        """R2* of the chosen and of the rival solution, (2, voxel), 1/ms."""
        chosen = self.solution[2]
        rival = chosen if self.rival_rate_per_ms is None else self.rival_rate_per_ms
        return np.stack([chosen, rival])

    @property
    def degrees_of_freedom(self) -> int:
        """Data minus unknowns of one voxel."""
        return self.data_count - self.unknown_count


@dataclass(frozen=True, slots=True, eq=False)
class FatWaterFit:
    """Result of a fat-water-R2* fit on the grid of the echoes.

    All maps are (i, j, k) float32; outside ``body`` they are 0 and mean nothing.

    Parameters
    ----------
    water, fat
        Signals at echo time zero, in the unit of the input.
    pdff_percent, r2star_per_s
        Fat fraction (unclipped: noise may take it below 0 or above 100) and R2*.
    water_error, fat_error, pdff_error_percent, r2star_error_per_s
        Standard errors from the Fisher information at the solution.
    ambiguity
        Probability, 0 to 0.5, that water and fat are exchanged.
    residual
        Root mean square residual of a voxel divided by its signal at the first echo.
    field_hz, field_error_hz
        Off-resonance and its standard error, or None for a fit that does not use phase.
    valid
        The voxel was fitted and its numbers may be used.
    body
        The voxels that were fitted.
    sigma
        Noise level of one channel, in the unit of the input (median over the body).
    geometry
        The grid.
    method
        Name of the fit, shown to readers.
    findings
        What the fit noticed.
    """

    water: FloatMap
    fat: FloatMap
    pdff_percent: FloatMap
    r2star_per_s: FloatMap
    water_error: FloatMap
    fat_error: FloatMap
    pdff_error_percent: FloatMap
    r2star_error_per_s: FloatMap
    ambiguity: FloatMap
    residual: FloatMap
    field_hz: FloatMap | None
    field_error_hz: FloatMap | None
    valid: BoolMap
    body: BoolMap
    sigma: float
    geometry: Geometry
    method: str
    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        for name in ("valid", "body"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.bool_))
        for name in (
            "water", "fat", "pdff_percent", "r2star_per_s", "water_error", "fat_error",
            "pdff_error_percent", "r2star_error_per_s", "ambiguity", "residual",
        ):  # fmt: skip
            object.__setattr__(self, name, read_only(getattr(self, name), np.float32))
        for name in ("field_hz", "field_error_hz"):
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, read_only(values, np.float32))


def onto_grid(values: npt.NDArray[np.float32], body: BoolMap) -> FloatMap:
    """Return the values of body voxels, in the order of ``body``, as an (i, j, k) map."""
    grid = np.zeros(body.shape, dtype=np.float32)
    grid[body] = values
    return grid
