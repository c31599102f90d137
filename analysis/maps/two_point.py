"""Two-point Dixon: a fat signal fraction from in-phase and opposed-phase magnitudes. Never PDFF."""

from __future__ import annotations

import numpy as np

from analysis.findings import Finding, Severity
from analysis.maps.body_mask import find_body
from analysis.quantities import FAT_SIGNAL_FRACTION
from analysis.volume import QuantityMap, Volume
from analysis.wording import words

METHOD = "two-point Dixon, magnitudes"


def fat_signal_fraction(in_phase: Volume, opposed_phase: Volume) -> QuantityMap:
    """Return the fat signal fraction in %, 0-50 by construction.

    FSF = (IP - OP) / (2 IP). Magnitudes cannot tell whether water or fat dominates; T1 and T2* are
    not corrected. It must not be graded with PDFF cut-offs.

    Parameters
    ----------
    in_phase, opposed_phase
        Magnitudes of the two echoes on one grid.

    Raises
    ------
    GeometryMismatch
        If the two images lie on different grids.
    """
    in_phase.geometry.require_match(opposed_phase.geometry)
    both = np.nan_to_num(np.stack([in_phase.array, opposed_phase.array]))
    first, second = np.maximum(both, 0)
    body = find_body(np.maximum(both, 0), None)
    fraction = np.divide(
        100 * (first - second), 2 * first, out=np.zeros_like(first), where=first > 0
    )
    volume = Volume(fraction.astype(np.float32), in_phase.geometry, FAT_SIGNAL_FRACTION)
    return QuantityMap(volume, body & (first > 0), None, METHOD)


def not_pdff_finding() -> Finding:
    """Return the warning that goes with every fat signal fraction."""
    return Finding.of(
        "fat-signal-fraction-only",
        Severity.WARNING,
        words(
            "Only in-phase and opposed-phase images were sent: the fat signal fraction is not "
            "PDFF, is biased by T1 and T2*, cannot exceed 50 % and is not graded."
        ),
        words("two echoes"),
        words("Acquire a multi-echo (at least three, better six echoes) gradient-echo series."),
        "map",
    )
