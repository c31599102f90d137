"""Whether the stored phase can be used at all: present, in radians, not constant."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.findings import Finding, Severity

LARGEST_PHASE_RAD = 2 * np.pi * 1.02
SMALLEST_SPREAD_RAD = 0.5
SMALLEST_TURN_RAD = 1e-4
SAMPLE = 100_000


def phase_problem(
    phase_rad: npt.NDArray[np.float32] | None, body: npt.NDArray[np.bool_]
) -> str | None:
    """Return why the phase of the body cannot be used, or None when it can.

    Parameters
    ----------
    phase_rad
        (echo, i, j, k) as received, or None.
    body
        (i, j, k) bool.
    """
    if phase_rad is None:
        return "no phase images were sent"
    values = phase_rad[:, body]
    values = values[:, :: max(1, values.shape[1] * values.shape[0] // SAMPLE)]
    finite = values[np.isfinite(values)]
    if finite.size < 0.9 * values.size:
        return "many phase values are not numbers"
    if np.abs(finite).max() > LARGEST_PHASE_RAD:
        return f"phase values reach {np.abs(finite).max():.3g}, which cannot be radians"
    turned = np.abs(np.exp(1j * np.diff(values, axis=0)) - 1)
    if np.nanmax(turned, initial=0.0) < SMALLEST_TURN_RAD:
        return "all echoes have the same phase"
    if np.ptp(finite) < SMALLEST_SPREAD_RAD and body.sum() > 100:
        return f"phase values span only {np.ptp(finite):.2g} rad"
    return None


def phase_unusable(problem: str, *, was_sent: bool) -> Finding:
    """Return the finding that says that only magnitudes were fitted, and why."""
    if not was_sent:
        return Finding(
            "phase-missing",
            Severity.INFO,
            "Fat and iron were fitted from magnitude images alone.",
            problem,
            "Export the phase images too: at 1.5 T they make fat fraction far more precise.",
            "map",
        )
    return Finding(
        "phase-unusable",
        Severity.WARNING,
        "The phase images could not be used; fat and iron were fitted from magnitudes alone.",
        problem,
        "Export phase with its original scaling, from the same reconstruction as the magnitude.",
        "map",
    )
