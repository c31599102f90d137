"""Which field strength the fit uses: the user's, the header's, or the one that fits the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.findings import Finding, Severity
from analysis.maps.fit_result import EchoModel
from analysis.maps.magnitude import best_sum_of_squares
from analysis.signal.fat_spectrum import FatSpectrum
from analysis.study import Acquisition, MultiEcho
from analysis.wording import Words, words

CANDIDATES_T = (1.5, 3.0)
SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class FieldStrength:
    """Field strength used by the fit.

    Parameters
    ----------
    tesla
        Main field.
    is_known
        False when it was inferred from the data; then no iron concentration is given.
    said
        For the methods section.
    findings
        What the reader must know about it.
    """

    tesla: float
    is_known: bool
    said: Words
    findings: tuple[Finding, ...] = ()


def choose_field_strength(
    echoes: MultiEcho,
    acquisition: Acquisition,
    override_t: float | None,
    spectrum: FatSpectrum,
) -> FieldStrength:
    """Return the field strength for the fat spectrum.

    When neither the user nor the header gives it, 1.5 and 3 T are both tried on a sample of voxels
    and the one that leaves the smaller residual is used, with a warning.

    Parameters
    ----------
    echoes
        The images.
    acquisition
        Of those images.
    override_t
        Given by the user, in tesla, or None.
    spectrum
        Fat peaks.
    """
    if override_t is not None:
        said = words("%(field)s T (given by the user)", field=f"{override_t:.3g}")
        return FieldStrength(override_t, True, said)
    if acquisition.field_strength_t is not None:
        field = acquisition.field_strength_t
        said = words("%(field)s T (from the header)", field=f"{field:.3f}")
        return FieldStrength(field, True, said)
    residuals = [_residual(echoes, field, spectrum) for field in CANDIDATES_T]
    best = CANDIDATES_T[int(np.argmin(residuals))]
    ratio = max(residuals) / max(min(residuals), 1e-30)
    said = words("%(field)s T (inferred)", field=f"{best:.1f}")
    return FieldStrength(best, False, said, (_unknown_field(best, ratio),))


def _residual(echoes: MultiEcho, field_strength_t: float, spectrum: FatSpectrum) -> float:
    first = np.nan_to_num(echoes.magnitude[0], nan=0.0, posinf=0.0, neginf=0.0)
    bright = np.flatnonzero(first > 0.3 * np.percentile(first, 99))
    sample = bright[:: max(1, bright.size // SAMPLE)]
    flat = echoes.magnitude.reshape(echoes.echo_times_ms.size, -1)
    signals = np.nan_to_num(np.ascontiguousarray(flat[:, sample].T))
    model = EchoModel.of(echoes.echo_times_ms, field_strength_t, spectrum)
    return float(best_sum_of_squares(signals, model).mean()) if sample.size else 0.0


def _unknown_field(field_strength_t: float, ratio: float) -> Finding:
    return Finding.of(
        "field-strength-inferred",
        Severity.WARNING,
        words(
            "The field strength is missing from the header; %(field)s T was assumed because it "
            "explains the echoes best. Iron concentration is not given.",
            field=f"{field_strength_t:g}",
        ),
        words(
            "the other field strength leaves a residual %(ratio)s times as large",
            ratio=f"{ratio:.2g}",
        ),
        words("Send the study with its field strength, or give it with --field-strength."),
        "map",
    )
