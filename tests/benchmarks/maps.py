"""Accuracy and speed of the fat and iron fits beside the physical limit and the peers.

``python -m tests.benchmarks.maps [--seeds N] [--quick]`` prints one JSON line a row, then a table.
Every tool is timed alone, after a warm-up, in this run. Swaps are voxels more than 20 points off;
nothing is left out of the root mean squares. Peers other than pycsemri are quoted: measured
elsewhere, on another run of the same phantom (two cores, seed 0), with their swaps left out.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.io

from analysis.maps.fat_water import fit
from analysis.maps.mapping import fit_maps
from analysis.maps.t1_correction import without_t1_bias
from analysis.study import MultiEcho
from analysis.volume import Geometry, QuantityMap
from tests.benchmarks.maps_phantoms import (
    MISMATCHES,
    REPOSITORY,
    SHARED,
    T1_FACTOR,
    Phantom,
    limit_of,
    matched,
    mismatched,
)

PEER_ENVIRONMENT = REPOSITORY / ".local" / "peers"
SWAP_POINTS = 20.0
LARGE_SHAPE = (256, 256, 64)
KNOWLEDGE = {"magnitude": "magnitude", "complex": "field and phase known"}
QUOTED = (
    # tool, field, seconds, swaps %, PDFF bias, PDFF rms without swaps, R2* rms <=200, >200
    ("mri-fatwater 1.2.2, R2max 1000 (quoted)", 3.0, 30.6, 0.15, 0.04, 3.32, 14.6, 63.4),
    ("hmrGC 3.1.1 (quoted)", 3.0, 18.3, 3.19, 0.09, 4.81, 14.3, 87.7),
    ("mri-fatwater 1.2.2, R2max 1000 (quoted)", 1.5, 31.5, 4.63, 0.16, 4.47, 11.0, 97.0),
    ("hmrGC 3.1.1 (quoted)", 1.5, 14.1, 17.7, 0.33, 6.57, 11.7, 184.0),
)


def rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def score(phantom: Phantom, pdff: np.ndarray, r2star: np.ndarray) -> dict[str, float]:
    error, rate_error = pdff - phantom.pdff, r2star - phantom.r2star
    liver, body = phantom.liver, phantom.body
    low, high = liver & (phantom.r2star <= 200), liver & (phantom.r2star > 200)
    up_to_300 = liver & (phantom.r2star <= 300)
    swapped = np.abs(error) > SWAP_POINTS
    return {
        "swaps %": 100 * float(swapped[liver].mean()),
        "body swaps %": 100 * float(swapped[body].mean()),
        "PDFF rms": rms(error[liver]),
        "PDFF rms <= 200": rms(error[low]),
        "PDFF rms without swaps": rms(error[liver & ~swapped]),
        "PDFF bias": float(error[liver].mean()),
        "R2* median bias <= 200": float(np.median(rate_error[low])),
        "R2* median bias > 200": float(np.median(rate_error[high])),
        "R2* mean bias <= 300 %": 100 * float(rate_error[up_to_300].mean())
        / float(phantom.r2star[up_to_300].mean()),
        "R2* rms <= 200": rms(rate_error[low]),
        "R2* rms > 200": rms(rate_error[high]),
    }  # fmt: skip


def coverage(phantom: Phantom, pdff: QuantityMap, r2star: QuantityMap) -> dict[str, float]:
    inside = phantom.liver & pdff.valid
    fat = np.abs(pdff.volume.array - phantom.pdff) < 1.96 * pdff.standard_error
    iron = np.abs(r2star.volume.array - phantom.r2star) < 1.96 * r2star.standard_error
    return {
        "PDFF coverage %": 100 * float(fat[inside].mean()),
        "R2* coverage %": 100 * float(iron[inside].mean()),
        "valid %": 100 * float(pdff.valid[phantom.liver].mean()),
    }


def own(phantom: Phantom, method: str, corrected: bool = False) -> dict[str, float]:
    echoes = phantom.echoes
    start = time.perf_counter()
    result = fit(echoes, phantom.field_t, method=method)
    seconds = time.perf_counter() - start
    pdff, r2star = fit_maps(result)[:2]
    if corrected:
        pdff = without_t1_bias(pdff, T1_FACTOR)
    return {
        "seconds": seconds,
        **score(phantom, pdff.volume.array, r2star.volume.array),
        **coverage(phantom, pdff, r2star),
    }


def median_of(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(float(np.median([row[name] for row in rows])), 3) for name in rows[0]}


def peer_python() -> Path | None:
    python = PEER_ENVIRONMENT / "bin" / "python"
    if not python.exists():
        PEER_ENVIRONMENT.parent.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", PEER_ENVIRONMENT], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "numpy", "scipy", "pycsemri"])
    probe = subprocess.run([python, "-c", "import pycsemri"], capture_output=True)
    return python if probe.returncode == 0 else None


def peer(python: Path, signal: np.ndarray, times_s: np.ndarray, field_t: float) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(given, signal=signal, echo_times_s=times_s, field_t=field_t)
        script = Path(__file__).with_name("maps_peer.py")
        subprocess.run([python, script, given, found], check=True, stdout=subprocess.DEVNULL)
        with np.load(found) as result:
            return {name: result[name] for name in result.files}


def say(rows: list[dict], **row: object) -> None:
    rows.append(row)
    print(json.dumps(row), flush=True)


def phantom_rows(rows: list[dict], seeds: int, snrs: tuple[float, ...]) -> None:
    python = peer_python()
    for field_t in (3.0, 1.5):
        for snr in snrs:
            phantoms = [matched(field_t, snr, seed) for seed in range(seeds)]
            for method in ("magnitude", "complex", "auto"):
                limit = limit_of(phantoms[0], KNOWLEDGE.get(method, KNOWLEDGE["complex"]), snr)
                own(phantoms[0], method)
                found = median_of([own(phantom, method) for phantom in phantoms])
                rounded = {name: round(value, 2) for name, value in limit.items()}
                say(rows, phantom="reference", field_t=field_t, snr=snr, tool=f"lobule {method}",
                    **found, limit=rounded)  # fmt: skip
            if python is not None and snr == 40:
                found = []
                for p in phantoms:
                    out = peer(python, p.signal, p.echo_times_s, field_t)
                    found.append(
                        {"seconds": float(out["seconds"]), **score(p, out["pdff"], out["r2star"])}
                    )
                say(rows, phantom="reference", field_t=field_t, snr=snr,
                    tool="pycsemri VARPRO_LUT", **median_of(found))  # fmt: skip
        for tool, at, seconds, swaps, bias, spread, low, high in QUOTED:
            if at == field_t:
                say(rows, phantom="reference", field_t=field_t, snr=40, tool=tool, seconds=seconds,
                    **{"swaps %": swaps, "PDFF bias": bias, "PDFF rms without swaps": spread,
                       "R2* rms <= 200": low, "R2* rms > 200": high})  # fmt: skip


def mismatched_rows(rows: list[dict], seeds: int) -> None:
    for field_t in (3.0, 1.5):
        for kind in MISMATCHES:
            phantoms = [mismatched(kind, field_t, 40, seed) for seed in range(seeds)]
            for method in ("magnitude", "auto"):
                found = [own(p, method, corrected=kind in ("T1", "all")) for p in phantoms]
                say(rows, phantom=f"mismatched: {kind}", field_t=field_t, snr=40,
                    tool=f"lobule {method}", **median_of(found))  # fmt: skip


def large_rows(rows: list[dict]) -> None:
    """Each method in a process of its own, so that its peak memory is its own."""
    for method in ("magnitude", "auto"):
        command = [sys.executable, "-m", "tests.benchmarks.maps", "--large", method]
        out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY)
        say(rows, **json.loads(out.stdout.splitlines()[-1]))


def large(method: str) -> None:
    own(matched(3.0, 40, 0, shape=(64, 64, 4)), method)
    phantom = matched(3.0, 40, 0, shape=LARGE_SHAPE)
    echoes = phantom.echoes
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    result = fit(echoes, 3.0, method=method)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    row = {
        "phantom": "x".join(str(n) for n in LARGE_SHAPE) + "x6",
        "field_t": 3.0,
        "tool": f"lobule {method}",
        "body voxels": int(result.body.sum()),
        "seconds": round(seconds, 2),
        "peak above the simulation GB": round(max(after - before, 0) / 1024**2, 2),
        "peak of the process GB": round(after / 1024**2, 2),
    }
    print(json.dumps(row))


def real_rows(rows: list[dict]) -> None:
    python = peer_python()
    for case in (12, 13, 17):
        path = SHARED / "data" / "multiecho" / f"ismrm2012_case{case}.mat"
        if not path.is_file():
            continue
        data = scipy.io.loadmat(path, squeeze_me=True, struct_as_record=False)["imDataParams"]
        signal, times_s, field_t = (
            np.asarray(data.images),
            np.asarray(data.TE),
            float(data.FieldStrength),
        )
        moved = np.moveaxis(signal, -1, 0)
        geometry = Geometry(moved.shape[1:], np.diag([1.5, 1.5, 5.0, 1.0]))
        echoes = MultiEcho(np.abs(moved), np.angle(moved), 1000 * times_s, geometry)
        fit(echoes, field_t)
        start = time.perf_counter()
        result = fit(echoes, field_t)
        row = {"seconds": round(time.perf_counter() - start, 2), "method": result.method}
        if python is not None:
            other = peer(python, signal, times_s, field_t)
            away = np.abs(other["pdff"] - result.pdff_percent)[result.valid]
            row["peer seconds"] = round(float(other["seconds"]), 2)
            row["within 5 points of VARPRO_LUT %"] = round(100 * float((away < 5).mean()), 1)
            row["swapped against VARPRO_LUT %"] = round(100 * float((away > 40).mean()), 1)
        say(rows, phantom=f"ISMRM 2012 case {case}", field_t=field_t, tool="lobule auto", **row)


def table(rows: list[dict]) -> None:
    columns = ("seconds", "swaps %", "body swaps %", "PDFF rms", "PDFF rms <= 200",
               "PDFF rms without swaps",
               "PDFF bias", "R2* median bias > 200", "R2* rms <= 200", "R2* rms > 200",
               "PDFF coverage %", "R2* coverage %")  # fmt: skip
    print("\n" + " | ".join(("phantom", "T", "SNR", "tool", *columns, "limit PDFF (<= 200), R2*")))
    for row in rows:
        limit = row.get("limit")
        bounds = (
            "{PDFF} ({PDFF <= 200}), {R2* <= 200} / {R2* > 200}".format_map(limit) if limit else ""
        )
        head = (row["phantom"], row["field_t"], row.get("snr", ""), row["tool"])
        print(
            " | ".join(str(value) for value in (*head, *(row.get(c, "") for c in columns), bounds))
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="SNR 40 only, no large volume")
    parser.add_argument("--large", choices=("magnitude", "auto"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.large:
        large(chosen.large)
        return
    rows: list[dict] = []
    load = round(os.getloadavg()[0], 2)
    say(
        rows,
        phantom="machine",
        field_t="",
        tool=f"{os.cpu_count()} cores, load {load} at the start",
    )
    phantom_rows(rows, chosen.seeds, (40,) if chosen.quick else (20, 40, 80))
    mismatched_rows(rows, chosen.seeds)
    real_rows(rows)
    if not chosen.quick:
        large_rows(rows)
    table(rows)


if __name__ == "__main__":
    main()
