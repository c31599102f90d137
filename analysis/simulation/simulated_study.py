"""The result of a simulation: the images a scanner would give, and the truth behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.simulation.spec import PhantomSpec
from analysis.study import MultiEcho
from analysis.volume import LabelMap, QuantityMap, read_only


@dataclass(frozen=True, slots=True, eq=False)
class SignalModel:
    """What makes the signal of each voxel before blur and noise, all (i, j, k) float32.

    Parameters
    ----------
    water, fat
        Signal at echo time zero, with T1 weighting and coil shading, arbitrary units.
    r2star_per_s
        Effective transverse relaxation rate, 1/s.
    off_resonance_hz
        Deviation from the imaging frequency.
    initial_phase_rad
        Phase at echo time zero.
    """

    water: npt.NDArray[np.float32]
    fat: npt.NDArray[np.float32]
    r2star_per_s: npt.NDArray[np.float32]
    off_resonance_hz: npt.NDArray[np.float32]
    initial_phase_rad: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        for name in ("water", "fat", "r2star_per_s", "off_resonance_hz", "initial_phase_rad"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What the tissue holds, known by construction.

    Parameters
    ----------
    pdff, r2star
        Proton density fat fraction in % and R2* in 1/s; valid where there are protons to measure.
    segments
        Couinaud segments; vessels inside the liver count as liver.
    vessels
        (i, j, k) bool: hepatic vessels.
    """

    pdff: QuantityMap
    r2star: QuantityMap
    segments: LabelMap
    vessels: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        object.__setattr__(self, "vessels", read_only(self.vessels, np.bool_))
        self.pdff.geometry.require_match(self.segments.geometry)
        self.r2star.geometry.require_match(self.segments.geometry)


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedStudy:
    """A simulated liver study.

    Parameters
    ----------
    spec
        What was asked for.
    echoes
        Noisy magnitude and phase, as the scanner reconstructs them.
    truth
        What they were made from.
    model
        The noise-free signal model of each voxel.
    """

    spec: PhantomSpec
    echoes: MultiEcho
    truth: Truth
    model: SignalModel
