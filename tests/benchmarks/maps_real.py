"""Real multi-echo data (ISMRM 2012 challenge): our fit against the peer, voxel by voxel."""

from __future__ import annotations

import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
import scipy.io

from analysis.maps.fat_water import fit
from analysis.maps.fit_result import FatWaterFit
from analysis.study import MultiEcho
from analysis.volume import Geometry
from tests.benchmarks.maps_peers import fit_by_peer
from tests.benchmarks.maps_phantoms import REPOSITORY, SHARED

mpl.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402 - the backend must be chosen first

CASES = (12, 13, 17)
PICTURES = REPOSITORY / ".local" / "maps_pictures"


def real_rows(python: Path | None) -> list[dict]:
    rows = []
    for case in CASES:
        path = SHARED / "data" / "multiecho" / f"ismrm2012_case{case}.mat"
        if path.is_file():
            rows.append(_row(case, path, python))
    return rows


def _row(case: int, path: Path, python: Path | None) -> dict:
    data = scipy.io.loadmat(path, squeeze_me=True, struct_as_record=False)["imDataParams"]
    signal, times_s = np.asarray(data.images), np.asarray(data.TE)
    field_t = float(data.FieldStrength)
    moved = np.moveaxis(signal, -1, 0)
    geometry = Geometry(moved.shape[1:], np.diag([1.5, 1.5, 5.0, 1.0]))
    echoes = MultiEcho(np.abs(moved), np.angle(moved), 1000 * times_s, geometry)
    start = time.process_time()
    result = fit(echoes, field_t)
    row = {
        "phantom": f"ISMRM 2012 case {case} (real, no truth)",
        "field_t": field_t,
        "tool": "lobule auto",
        "cpu s": round(time.process_time() - start, 2),
        "method": result.method,
        "valid voxels": int(result.valid.sum()),
        "median ambiguity": round(float(np.median(result.ambiguity[result.valid])), 3),
    }
    other = None
    if python is not None:
        other = fit_by_peer(python, signal, times_s, field_t)
        row |= _agreement(result, other)
    row["picture"] = str(_draw(case, result, np.abs(moved[0]), other).relative_to(REPOSITORY))
    return row


def _agreement(result: FatWaterFit, other: dict[str, np.ndarray]) -> dict[str, float | str]:
    ours, theirs = result.pdff_percent[result.valid], other["pdff"][result.valid]
    away = np.abs(theirs - ours)
    same = away < 20
    rate = (other["r2star"] - result.r2star_per_s)[result.valid][same]
    return {
        "peer": "pycsemri VARPRO_LUT",
        "peer cpu s": round(float(other["seconds"]), 2),
        "within 5 points of the peer %": round(100 * float((away < 5).mean()), 1),
        "more than 40 points from the peer %": round(100 * float((away > 40).mean()), 1),
        "median difference where not swapped": round(float(np.median((theirs - ours)[same])), 2),
        "R2* median difference where not swapped": round(float(np.median(rate)), 1),
    }


def _draw(case: int, result: FatWaterFit, first: np.ndarray, other: dict | None) -> Path:
    """First echo, PDFF, R2*, field map, ambiguity and the peer's PDFF, R2* and difference."""
    k = result.pdff_percent.shape[2] // 2
    hidden = ~result.valid
    panels = [("echo 1", first, "gray", None), ("PDFF (%)", result.pdff_percent, "magma", (0, 100)),
              ("R2* (1/s)", result.r2star_per_s, "viridis", (0, 200)),
              ("ambiguity", result.ambiguity, "gray", (0, 0.5))]  # fmt: skip
    if result.field_hz is not None:
        panels.append(("field (Hz)", result.field_hz, "coolwarm", None))
    if other is not None:
        difference = other["pdff"] - result.pdff_percent
        panels += [("PDFF of the peer", other["pdff"], "magma", (0, 100)),
                   ("R2* of the peer", other["r2star"], "viridis", (0, 200)),
                   ("peer minus ours", difference, "coolwarm", (-50, 50))]  # fmt: skip
    figure, axes = plt.subplots(2, 4, figsize=(14, 7))
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (name, image, colours, limits) in zip(axes.flat, panels, strict=False):
        shown = image[:, :, k] if name == "echo 1" else np.ma.array(image, mask=hidden)[:, :, k]
        low, high = limits or (None, None)
        drawn = axis.imshow(shown.T, cmap=colours, vmin=low, vmax=high)
        figure.colorbar(drawn, ax=axis, fraction=0.04)
        axis.set_title(name, fontsize=9)
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"ismrm2012_case{case}.png"
    figure.savefig(path, dpi=80, bbox_inches="tight")
    plt.close(figure)
    return path
