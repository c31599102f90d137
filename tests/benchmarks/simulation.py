"""Time and memory of a full simulation and of each vendor's export: one JSON line.

python -m tests.benchmarks.simulation
"""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path

from analysis.simulation.dicom.writer import VENDORS, write_dicom
from analysis.simulation.phantom import simulate
from analysis.simulation.spec import PhantomSpec


def main() -> None:
    start = time.perf_counter()
    study = simulate(PhantomSpec(seed=1))
    row = {"simulate_s": round(time.perf_counter() - start, 2)}
    for vendor in VENDORS:
        for enhanced in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                write_dicom(study, Path(folder), vendor=vendor.key, enhanced=enhanced)
                name = vendor.key + ("_enhanced_s" if enhanced else "_s")
                row[name] = round(time.perf_counter() - start, 2)
    row["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(row))


if __name__ == "__main__":
    main()
