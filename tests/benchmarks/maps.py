"""Accuracy and speed of the fat and iron fits beside the physical limit and the peers.

    python -m tests.benchmarks.maps [--seeds N] [--only PART ...] [--snr N ...]

prints one JSON line a row, then a table with the limit, the goal and whether it was reached. Parts:
``noiseless``, ``accuracy``, ``mismatched`` and ``real`` may run on a busy machine (they count
processor seconds); ``timing`` needs a quiet one: every tool alone, after a warm-up, the median of
as many runs as there are seeds. Swaps are voxels more than 20 points off; nothing is left out of
the root mean squares unless their name says so.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from analysis.maps.fat_water import fit
from analysis.maps.mapping import fit_maps
from analysis.maps.t1_correction import without_t1_bias
from tests.analysis.maps.phantoms import simulate, truth_grid
from tests.benchmarks.maps_peers import fit_by_peer, peer_python, quoted_rows
from tests.benchmarks.maps_phantoms import (
    MISMATCHES,
    REPOSITORY,
    T1_FACTOR,
    Phantom,
    limit_of,
    matched,
    mismatched,
)
from tests.benchmarks.maps_real import real_rows
from tests.benchmarks.maps_scores import (
    NOISELESS,
    at_most,
    coverage,
    goals_of_mismatched,
    goals_of_reference,
    score,
    with_goals,
)

FIELDS_T = (3.0, 1.5)
LARGE_SHAPE = (256, 256, 64)
SECONDS = {"magnitude": 0.5, "auto": 2.0}
LARGE_SECONDS = {"magnitude": 5.0, "auto": 20.0}
LARGEST_MEMORY_GB = 2.0
PARTS = ("noiseless", "accuracy", "mismatched", "real", "timing")
COLUMNS = ("cpu s", "seconds", "swaps %", "body swaps %", "PDFF rms", "PDFF rms <= 200",
           "PDFF rms without swaps", "PDFF bias", "R2* median bias > 200",
           "R2* mean bias <= 300 %", "R2* rms <= 200", "R2* rms > 200", "PDFF coverage %",
           "R2* coverage %")  # fmt: skip


def own(phantom: Phantom, method: str, corrected: bool = False) -> dict[str, float]:
    echoes = phantom.echoes
    start = time.process_time()
    result = fit(echoes, phantom.field_t, method=method)
    seconds = time.process_time() - start
    pdff, r2star = fit_maps(result)[:2]
    if corrected:
        pdff = without_t1_bias(pdff, T1_FACTOR)
    return {
        "cpu s": seconds,
        **score(phantom, pdff.volume.array, r2star.volume.array),
        **coverage(phantom, pdff, r2star),
    }


def by_peer(python: Path, phantom: Phantom) -> dict[str, float]:
    out = fit_by_peer(python, phantom.signal, phantom.echo_times_s, phantom.field_t)
    return {"cpu s": float(out["seconds"]), **score(phantom, out["pdff"], out["r2star"])}


def median_of(rows: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(float(np.median([row[name] for row in rows])), 3) for name in rows[0]}


def noiseless_rows() -> Iterable[dict]:
    pdff, r2star = truth_grid(block=6)
    for field_t in FIELDS_T:
        field_hz = np.broadcast_to(np.linspace(-60, 60, pdff.shape[0])[:, None, None], pdff.shape)
        echoes = simulate(pdff, r2star, field_t, off_resonance_hz=field_hz, initial_phase_rad=0.4)
        for method in ("magnitude", "complex"):
            result = fit(echoes, field_t, method=method)
            rate_error = np.abs(result.r2star_per_s - r2star).max()
            row = {
                "phantom": "noiseless, PDFF 0-100 % x R2* 0-1000 1/s",
                "field_t": field_t,
                "tool": f"lobule {method}",
                "PDFF largest error": round(float(np.abs(result.pdff_percent - pdff).max()), 4),
                "R2* largest error": round(float(rate_error), 4),
            }
            yield with_goals(row, NOISELESS)


def accuracy_rows(seeds: int, snrs: tuple[int, ...]) -> Iterable[dict]:
    python = peer_python()
    for field_t in FIELDS_T:
        for snr in snrs:
            phantoms = [matched(field_t, snr, seed) for seed in range(seeds)]
            for method in ("magnitude", "complex", "mixed") if snr == 40 else ("magnitude", "auto"):
                knowledge = "magnitude" if method == "magnitude" else "field and phase known"
                limit = limit_of(phantoms[0], knowledge, snr)
                found = median_of([own(p, method) for p in phantoms])
                rounded = {name: round(value, 2) for name, value in limit.items()}
                row = {"phantom": "reference", "field_t": field_t, "snr": snr,
                       "tool": f"lobule {method}", **found, "limit": rounded}  # fmt: skip
                goals = goals_of_reference(field_t, method, limit) if snr == 40 else ()
                yield with_goals(row, goals) if goals else row
            if python is not None and snr == 40:
                yield {"phantom": "reference", "field_t": field_t, "snr": snr,
                       "tool": "pycsemri VARPRO_LUT",
                       **median_of([by_peer(python, p) for p in phantoms])}  # fmt: skip
        yield from quoted_rows(field_t)


def mismatched_rows(seeds: int) -> Iterable[dict]:
    for field_t in FIELDS_T:
        for kind in MISMATCHES:
            phantoms = [mismatched(kind, field_t, 40, seed) for seed in range(seeds)]
            for method in ("magnitude", "auto"):
                found = [own(p, method, corrected=kind in ("T1", "all")) for p in phantoms]
                row = {"phantom": f"mismatched: {kind}", "field_t": field_t, "snr": 40,
                       "tool": f"lobule {method}", **median_of(found)}  # fmt: skip
                yield with_goals(row, goals_of_mismatched(field_t, kind, method))


def timing_rows(runs: int) -> Iterable[dict]:
    python = peer_python()
    for field_t in FIELDS_T:
        phantom = matched(field_t, 40, 0)
        echoes = phantom.echoes
        for method in ("magnitude", "auto"):
            fit(echoes, field_t, method=method)
            walls, processor = [], []
            for _ in range(runs):
                start, begun = time.process_time(), time.perf_counter()
                fit(echoes, field_t, method=method)
                walls.append(time.perf_counter() - begun)
                processor.append(time.process_time() - start)
            row = {"phantom": "reference", "field_t": field_t, "snr": 40,
                   "tool": f"lobule {method}",
                   "seconds": round(float(np.median(walls)), 2),
                   "cpu s": round(float(np.median(processor)), 2)}  # fmt: skip
            yield with_goals(row, (at_most("seconds", SECONDS[method]),))
        if python is not None:
            out = fit_by_peer(python, phantom.signal, phantom.echo_times_s, field_t)
            yield {"phantom": "reference", "field_t": field_t, "snr": 40,
                   "tool": "pycsemri VARPRO_LUT", "seconds": round(float(out["wall"]), 2),
                   "cpu s": round(float(out["seconds"]), 2)}  # fmt: skip
    for method in ("magnitude", "auto"):  # a process of its own, so that its peak memory is its own
        command = [sys.executable, "-m", "tests.benchmarks.maps", "--large", method]
        out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY)
        row = json.loads(out.stdout.splitlines()[-1])
        goals = (
            at_most("seconds", LARGE_SECONDS[method]),
            at_most("peak above the input GB", LARGEST_MEMORY_GB),
        )
        yield with_goals(row, goals)


def large(method: str) -> dict:
    """Time and peak memory on a large body; the input is what the process holds before the fit."""
    own(matched(3.0, 40, 0, shape=(64, 64, 4)), method)
    echoes = matched(3.0, 40, 0, shape=LARGE_SHAPE).echoes
    held_gb = _resident_gb()
    _forget_peak()
    start, begun = time.process_time(), time.perf_counter()
    result = fit(echoes, 3.0, method=method)
    return {
        "phantom": "x".join(str(n) for n in LARGE_SHAPE) + "x6",
        "field_t": 3.0,
        "snr": 40,
        "tool": f"lobule {method}",
        "body voxels": int(result.body.sum()),
        "seconds": round(time.perf_counter() - begun, 2),
        "cpu s": round(time.process_time() - start, 2),
        "peak above the input GB": round(_peak_gb() - held_gb, 2),
    }


def _status_gb(name: str) -> float:
    with open("/proc/self/status") as status:
        found = next(line for line in status if line.startswith(name))
    return int(found.split()[1]) / 1024**2


def _resident_gb() -> float:
    return _status_gb("VmRSS")


def _forget_peak() -> None:
    """Make the kernel start anew with this process's peak (Linux)."""
    with open("/proc/self/clear_refs", "w") as control:
        control.write("5")


def _peak_gb() -> float:
    return min(_status_gb("VmHWM"), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)


def table(rows: list[dict]) -> None:
    head = ("phantom", "field_t", "snr", "tool")
    columns = [c for c in COLUMNS if any(c in row for row in rows)]
    print("\n" + " | ".join((*head, *columns, "limit PDFF (<= 200), R2*", "goal", "reached")))
    for row in rows:
        limit = row.get("limit")
        bounds = (
            "{PDFF} ({PDFF <= 200}), {R2* <= 200} / {R2* > 200}".format_map(limit) if limit else ""
        )
        reached = {True: "yes", False: f"no: {row.get('missed')}", None: ""}[row.get("reached")]
        cells = (*(row.get(c, "") for c in (*head, *columns)), bounds, row.get("goal", ""), reached)
        print(" | ".join(str(cell) for cell in cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--snr", type=int, nargs="+", default=(40, 20, 80), help="of accuracy")
    parser.add_argument("--large", choices=("magnitude", "auto"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.large:
        print(json.dumps(large(chosen.large)))
        return
    load = round(os.getloadavg()[0], 2)
    print(json.dumps({"cores": os.cpu_count(), "load at the start": load}), flush=True)
    parts = {
        "noiseless": noiseless_rows,
        "accuracy": lambda: accuracy_rows(chosen.seeds, tuple(chosen.snr)),
        "mismatched": lambda: mismatched_rows(chosen.seeds),
        "real": lambda: real_rows(peer_python()),
        "timing": lambda: timing_rows(chosen.seeds),
    }
    rows = []
    for name in (part for part in PARTS if part in chosen.only):
        for row in parts[name]():
            rows.append(row)
            print(json.dumps(row), flush=True)
    table(rows)


if __name__ == "__main__":
    main()
