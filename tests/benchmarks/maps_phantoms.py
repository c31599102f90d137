"""The phantoms of the fit benchmark: the reference one, and one that breaks the model."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from analysis.signal.fat_spectrum import HAMILTON_NINE_PEAK, fat_phasor
from analysis.study import MultiEcho
from analysis.volume import Geometry

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / "shared"
VOXEL_MM = (1.8, 1.8, 6.0)
T1_FACTOR = 1.069  # 3 T, TR 8 ms, flip angle 3 degrees
MISMATCHES = ("spectrum", "phase", "T1", "R2* texture", "all")


def reference() -> ModuleType:
    """The module ``../shared/tools/reference_phantom.py``."""
    path = SHARED / "tools" / "reference_phantom.py"
    if not path.is_file():
        sys.exit(f"the reference phantom is not at {path}")
    spec = importlib.util.spec_from_file_location("reference_phantom", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True, eq=False)
class Phantom:
    """Complex echoes with their truth."""

    signal: np.ndarray
    echo_times_s: np.ndarray
    field_t: float
    pdff: np.ndarray
    r2star: np.ndarray
    body: np.ndarray
    liver: np.ndarray

    @property
    def echoes(self) -> MultiEcho:
        signal = np.moveaxis(self.signal, -1, 0)
        geometry = Geometry(signal.shape[1:], np.diag([*VOXEL_MM, 1.0]))
        return MultiEcho(
            np.abs(signal).astype(np.float32),
            np.angle(signal).astype(np.float32),
            1000 * self.echo_times_s,
            geometry,
        )


def _of(made: dict) -> Phantom:
    names = ("signal", "echo_times_s", "field_t", "pdff", "r2star", "body", "liver")
    return Phantom(**{name: made[name] for name in names})


def matched(field_t: float, snr: float, seed: int, shape: tuple = (192, 192, 8)) -> Phantom:
    return _of(reference().make(field_t, shape=shape, snr=snr, seed=seed))


def mismatched(kind: str, field_t: float, snr: float, seed: int) -> Phantom:
    """The same body with what real scans add: spectrum, eddy and bipolar phase, T1, texture."""
    module, rng = reference(), np.random.default_rng(1000 + seed)
    times = module.ECHO_TIMES_S[field_t]
    phasor = None
    if kind in ("spectrum", "all"):
        phasor = fat_phasor(1000 * times, field_t, HAMILTON_NINE_PEAK)
    if kind in ("T1", "all"):
        own = module.fat_phasor(times, field_t) if phasor is None else phasor
        phasor = T1_FACTOR * own
    made = module.make(field_t, snr=1e9, seed=seed, phasor=phasor)
    x, y, _ = np.meshgrid(*(np.linspace(-1, 1, n) for n in made["pdff"].shape), indexing="ij")
    if kind in ("R2* texture", "all"):
        extra = 0.15 * made["r2star"] * np.sin(25 * x) * np.cos(21 * y)
        made["r2star"] = made["r2star"] + extra
        made["signal"] = made["signal"] * np.exp(-extra[..., None] * times)
    if kind in ("phase", "all"):
        readout = (0.25 + 0.3 * x)[..., None] * (-1.0) ** np.arange(times.size)
        made["signal"] = made["signal"] * np.exp(1j * readout)
        made["signal"][..., 0] *= np.exp(1j * (0.35 + 0.2 * y))
    noise = rng.standard_normal(made["signal"].shape) + 1j * rng.standard_normal(
        made["signal"].shape
    )
    made["signal"] = (made["signal"] + noise / snr).astype(np.complex64)
    return _of(made)


def limit_of(phantom: Phantom, knowledge: str, snr: float) -> dict[str, float]:
    """Cramér-Rao limits over the liver: PDFF in points, R2* in 1/s up to and above 200 1/s."""
    inside = phantom.liver
    pairs, counts = np.unique(
        np.stack([phantom.pdff[inside], phantom.r2star[inside]]), axis=1, return_counts=True
    )
    rows = np.array([reference().limits(phantom.field_t, p, r, snr)[knowledge] for p, r in pairs.T])
    low = pairs[1] <= 200

    def rms(column: int, keep: np.ndarray) -> float:
        return float(np.sqrt(np.average(rows[keep, column] ** 2, weights=counts[keep])))

    everything = np.ones(counts.size, dtype=bool)
    return {
        "PDFF": rms(0, everything),
        "PDFF <= 200": rms(0, low),
        "R2* <= 200": rms(1, low),
        "R2* > 200": rms(1, ~low),
    }
