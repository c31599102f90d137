"""The peers: pycsemri run in an environment of its own, others quoted from where they were run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.maps_phantoms import REPOSITORY

PEER_ENVIRONMENT = REPOSITORY / ".local" / "peers"
ELSEWHERE = "measured elsewhere: seed 0, two cores, swaps left out of the rms"
# tool, field, seconds, swaps %, PDFF bias, PDFF rms without swaps, R2* rms <= 200, > 200
QUOTED = (
    ("mri-fatwater 1.2.2, R2max 1000", 3.0, 30.6, 0.15, 0.04, 3.32, 14.6, 63.4),
    ("hmrGC 3.1.1", 3.0, 18.3, 3.19, 0.09, 4.81, 14.3, 87.7),
    ("mri-fatwater 1.2.2, R2max 1000", 1.5, 31.5, 4.63, 0.16, 4.47, 11.0, 97.0),
    ("hmrGC 3.1.1", 1.5, 14.1, 17.7, 0.33, 6.57, 11.7, 184.0),
)


def quoted_rows(field_t: float) -> list[dict]:
    figures = ("seconds", "swaps %", "PDFF bias", "PDFF rms without swaps", "R2* rms <= 200",
               "R2* rms > 200")  # fmt: skip
    return [
        {"phantom": "reference", "field_t": field_t, "snr": 40, "tool": f"{tool} (quoted)",
         **dict(zip(figures, values, strict=True)), "note": ELSEWHERE}
        for tool, at, *values in QUOTED if at == field_t
    ]  # fmt: skip


def peer_python() -> Path | None:
    """The interpreter that can import pycsemri, installed there if need be; None if impossible."""
    python = PEER_ENVIRONMENT / "bin" / "python"
    if not python.exists():
        PEER_ENVIRONMENT.parent.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", PEER_ENVIRONMENT], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "numpy", "scipy", "pycsemri"])
    probe = subprocess.run([python, "-c", "import pycsemri"], capture_output=True)
    return python if probe.returncode == 0 else None


def fit_by_peer(
    python: Path, signal: np.ndarray, times_s: np.ndarray, field_t: float
) -> dict[str, np.ndarray]:
    """PDFF (%), R2* (1/s) and processor seconds of pycsemri's VARPRO_LUT, warm."""
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(given, signal=signal, echo_times_s=times_s, field_t=field_t)
        script = Path(__file__).with_name("maps_peer.py")
        subprocess.run([python, script, given, found], check=True, stdout=subprocess.DEVNULL)
        with np.load(found) as result:
            return {name: result[name] for name in result.files}
