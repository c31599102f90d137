"""Runs one peer fitter in its own environment: ``python maps_peer.py IN.npz OUT.npz``.

Needs only numpy and pycsemri (MPL-2.0). IN holds signal (x, y, z, echo), echo_times_s and field_t;
OUT gets pdff (%), r2star (1/s), processor seconds and wall seconds of the second, warm run.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from pycsemri.computeFF import computeFF
from pycsemri.VARPRO_LUT import VARPRO_LUT

FAT = {
    "relAmps": [0.087, 0.693, 0.128, 0.004, 0.039, 0.048],
    "frequency": [-3.80, -3.40, -2.60, -1.94, -0.39, 0.60],
}


def fit(signal: np.ndarray, echo_times_s: np.ndarray, field_t: float) -> tuple:
    pdff, r2star = np.zeros(signal.shape[:3]), np.zeros(signal.shape[:3])
    settings = {
        "SUBSAMPLE": 2,
        "range_fm": [-400, 400],
        "NUM_FMS": 201,
        "range_r2star": [0, 800],
        "NUM_R2STARS": 41,
        "species": [{"relAmps": [1.0], "frequency": [0.0]}, FAT],
    }
    for k in range(signal.shape[2]):
        data = {
            "images": signal[:, :, k],
            "TE": echo_times_s,
            "FieldStrength": field_t,
            "PrecessionIsClockwise": 1,
        }
        found = VARPRO_LUT(data, settings)
        pdff[:, :, k], r2star[:, :, k] = computeFF(found), found["r2s_init"]
    return pdff, r2star


def main() -> None:
    with np.load(sys.argv[1]) as given:
        arguments = (
            given["signal"].astype(complex),
            given["echo_times_s"],
            float(given["field_t"]),
        )
    fit(*arguments)
    start, begun = time.process_time(), time.perf_counter()
    pdff, r2star = fit(*arguments)
    seconds, wall = time.process_time() - start, time.perf_counter() - begun
    np.savez(sys.argv[2], pdff=pdff, r2star=r2star, seconds=seconds, wall=wall)


if __name__ == "__main__":
    main()
