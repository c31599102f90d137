"""How many 256 x 256 uint16 images a second are read: one JSON line.

    python -m tests.benchmarks.ingest [FOLDER]

Without a folder, 480 classic images (6 echoes, magnitude and phase, 40 slices) are written first.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.ingest.study_reader import read_study
from analysis.series_selection import select_series
from tests.analysis.ingest.dicom_files import Place, SeriesSpec, write_series

ECHOES_MS = (1.2, 2.2, 3.2, 4.2, 5.2, 6.2)
REPEATS = 3


def noise(place: Place) -> npt.NDArray[np.uint16]:
    rng = np.random.default_rng(place.slice_index * 100 + place.echo)
    return rng.integers(0, 4096, (256, 256), dtype=np.uint16)


def measure(folder: Path) -> dict[str, float]:
    """Return the best of three runs; choosing the series is timed beside reading."""
    images, reading, choosing = 0, [], []
    for _ in range(REPEATS):
        start = time.perf_counter()
        study = read_study(folder)
        read = time.perf_counter()
        select_series(study)
        reading.append(read - start)
        choosing.append(time.perf_counter() - read)
        images = sum(series.instance_count for series in study.series)
    return {
        "images": images,
        "read_s": round(min(reading), 3),
        "select_s": round(min(choosing), 3),
        "images_per_s": round(images / min(reading), 1),
    }


def main() -> None:
    if len(sys.argv) > 1:
        figures = measure(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            spec = SeriesSpec(
                echoes_ms=ECHOES_MS, components=("M", "P"), slices=tuple(range(40)), values=noise
            )
            write_series(Path(scratch), spec)
            figures = measure(Path(scratch))
    print(json.dumps({"benchmark": "ingest", **figures}))


if __name__ == "__main__":
    main()
