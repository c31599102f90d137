"""The PDFF, R2* and T2* maps that a scanner would compute itself: the truth with its noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.simulation.simulated_study import SimulatedStudy
from analysis.study import Role

_PDFF_SD_PERCENT = 1.5
_R2STAR_SD_FRACTION = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class ScannerMaps:
    """Maps as a scanner reconstructs them.

    Parameters
    ----------
    pdff_percent, r2star_per_s
        (i, j, k) float32; zero in air.
    """

    pdff_percent: npt.NDArray[np.float32]
    r2star_per_s: npt.NDArray[np.float32]

    def of(self, role: Role) -> npt.NDArray[np.float32]:
        """Return the map of a role: PDFF in %, R2* in 1/s or T2* in ms (0 where undefined)."""
        if role is Role.PDFF_MAP:
            return self.pdff_percent
        if role is Role.R2STAR_MAP:
            return self.r2star_per_s
        if role is Role.T2STAR_MAP:
            t2star_ms = np.zeros_like(self.r2star_per_s)
            np.divide(1000.0, self.r2star_per_s, out=t2star_ms, where=self.r2star_per_s > 0)
            return t2star_ms
        raise ValueError(f"a scanner map cannot show {role}")


def scanner_maps(study: SimulatedStudy) -> ScannerMaps:
    """Return the maps that the scanner of a simulated study would deliver.

    They are the truth with independent Gaussian noise (1.5 points of PDFF, 8 % of R2*), limited to
    0-100 % and to positive rates, and zero where the truth has no protons.

    Parameters
    ----------
    study
        The simulated study; its seed decides the noise.
    """
    rng = np.random.default_rng([study.spec.seed, 77])
    pdff, r2star = study.truth.pdff, study.truth.r2star
    shape = pdff.geometry.shape
    noisy = pdff.volume.array + _PDFF_SD_PERCENT * rng.standard_normal(shape, dtype=np.float32)
    rate = r2star.volume.array * (
        1 + _R2STAR_SD_FRACTION * rng.standard_normal(shape, dtype=np.float32)
    )
    return ScannerMaps(
        np.where(pdff.valid, np.clip(noisy, 0, 100), 0).astype(np.float32),
        np.where(r2star.valid, np.maximum(rate, 1.0), 0).astype(np.float32),
    )
