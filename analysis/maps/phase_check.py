"""Whether the stored phase can be used at all: present, in radians, not constant."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.findings import Finding, Severity
from analysis.wording import Words, words

LARGEST_PHASE_RAD = 2 * np.pi * 1.02
SMALLEST_SPREAD_RAD = 0.5
SMALLEST_TURN_RAD = 1e-4
SAMPLE = 100_000
NO_PHASE = words("no phase images were sent")


def phase_problem(
    phase_rad: npt.NDArray[np.float32] | None, body: npt.NDArray[np.bool_]
) -> Words | None:
    """Return why the phase of the body cannot be used, or None when it can.

    Parameters
    ----------
    phase_rad
        (echo, i, j, k) as received, or None.
    body
        (i, j, k) bool.
    """
    if phase_rad is None:
        return NO_PHASE
    values = phase_rad[:, body]
    values = values[:, :: max(1, values.shape[1] * values.shape[0] // SAMPLE)]
    finite = values[np.isfinite(values)]
    if finite.size < 0.9 * values.size:
        return words("many phase values are not numbers")
    if np.abs(finite).max() > LARGEST_PHASE_RAD:
        return words(
            "phase values reach %(largest)s, which cannot be radians",
            largest=f"{np.abs(finite).max():.3g}",
        )
    turned = np.abs(np.exp(1j * np.diff(values, axis=0)) - 1)
    if np.nanmax(turned, initial=0.0) < SMALLEST_TURN_RAD:
        return words("all echoes have the same phase")
    if np.ptp(finite) < SMALLEST_SPREAD_RAD and body.sum() > 100:
        return words("phase values span only %(span)s rad", span=f"{np.ptp(finite):.2g}")
    return None


def phase_unusable(problem: Words, *, was_sent: bool) -> Finding:
    """Return the finding that says that only magnitudes were fitted, and why."""
    if not was_sent:
        return Finding.of(
            "phase-missing",
            Severity.INFO,
            words("Fat and iron were fitted from magnitude images alone."),
            problem,
            words("Export the phase images too: at 1.5 T they make fat fraction far more precise."),
            "map",
        )
    return Finding.of(
        "phase-unusable",
        Severity.WARNING,
        words(
            "The phase images could not be used; fat and iron were fitted from magnitudes alone."
        ),
        problem,
        words(
            "Export phase with its original scaling, from the same reconstruction as the magnitude."
        ),
        "map",
    )
