"""One function in front of the fits: it chooses the method the data allow, and names it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.errors import FitFailed, GeometryMismatch, UnsupportedAcquisition
from analysis.findings import Finding, Severity
from analysis.maps.body_mask import find_body
from analysis.maps.fit_result import EchoModel, FatWaterFit, onto_grid
from analysis.maps.magnitude import fit_magnitude
from analysis.maps.noise_level import background_sigma
from analysis.maps.with_phase import MAGNITUDE_METHOD, Outcome, fit_phase
from analysis.signal.fat_spectrum import SIX_PEAK, FatSpectrum
from analysis.study import MultiEcho
from analysis.volume import Geometry
from analysis.wording import Words, words

METHODS: tuple[str, ...] = ("auto", "magnitude", "complex", "mixed")
SMALLEST_SIGNAL_TO_NOISE = 3.0
LARGEST_R2STAR_PER_S = 2000.0
LARGEST_PDFF_ERROR_PERCENT = 50.0
UNDEFINED = 1e15  # a standard error this large stands for no information


def fit(
    echoes: MultiEcho,
    field_strength_t: float,
    *,
    method: str = "auto",
    spectrum: FatSpectrum = SIX_PEAK,
    mask: npt.NDArray[np.bool_] | None = None,
    phase_sign: int | None = None,
) -> FatWaterFit:
    """Separate water and fat and measure R2* in every voxel of the body.

    Parameters
    ----------
    echoes
        Multi-echo gradient-echo images, at least three echoes.
    field_strength_t
        Main field in tesla.
    method
        One of ``METHODS``; ``"auto"`` uses the phase where it is usable.
    spectrum
        Fat peaks.
    mask
        (i, j, k) bool of the voxels to fit, or None to find the body.
    phase_sign
        +1 or -1 from the header, or None; used only where the data do not decide.

    Raises
    ------
    UnsupportedAcquisition
        If there are fewer than three echoes, the method is unknown, or a method that needs phase
        was asked for and the phase cannot be used.
    GeometryMismatch
        If the mask lies on another grid.
    FitFailed
        If no voxel can be fitted (an echo is all zero, the mask is empty, values are not finite).
    """
    _require_fittable(echoes, method)
    magnitude, findings = _clean(echoes)
    sigma_background = background_sigma(magnitude)
    body = _body(magnitude, sigma_background, mask)
    model = EchoModel.of(echoes.echo_times_ms, field_strength_t, spectrum)
    signals = np.ascontiguousarray(magnitude[:, body].T)
    plain = fit_magnitude(signals, body, model, sigma_background)
    if method == "magnitude":
        outcome = Outcome(plain, MAGNITUDE_METHOD, ())
    else:
        outcome = fit_phase(echoes.phase_rad, signals, body, model, plain, method, phase_sign)
    return _on_grid(outcome, signals, body, echoes.geometry, findings)


def _require_fittable(echoes: MultiEcho, method: str) -> None:
    if method not in METHODS:
        raise UnsupportedAcquisition(
            words(
                "There is no fit method %(method)s; choose one of %(methods)s.",
                method=f"{method!r}",
                methods=", ".join(METHODS),
            ),
            code="unknown-method",
        )
    count = echoes.echo_times_ms.size
    if count < 3:
        raise UnsupportedAcquisition(
            words(
                "Fat fraction and R2* need at least three echoes; this series has %(count)s.",
                count=count,
            ),
            code="too-few-echoes",
        )


def _clean(echoes: MultiEcho) -> tuple[npt.NDArray[np.float32], tuple[Finding, ...]]:
    """Set unusable voxels to zero in all echoes, and refuse an echo without any signal.

    A magnitude below zero comes of numbers that overflowed or were read with the wrong sign.
    """
    magnitude = echoes.magnitude
    finite = np.isfinite(magnitude)
    if echoes.phase_rad is not None:
        finite &= np.isfinite(echoes.phase_rad)
    usable = finite & (magnitude >= 0)
    findings: list[Finding] = []
    if not usable.all():
        findings = [
            _left_out(code, kind, 100.0 * np.count_nonzero(bad) / bad.size)
            for code, kind, bad in (
                ("values-not-finite", words("NaN or infinite"), ~finite),
                (
                    "values-negative",
                    words("negative, as after an integer overflow"),
                    finite & ~usable,
                ),
            )
            if bad.any()
        ]
        magnitude = np.where(usable.all(axis=0), magnitude, np.float32(0))
    empty = [n + 1 for n, echo in enumerate(magnitude) if not echo.any()]
    if empty:
        raise FitFailed(
            words(
                "Echo %(echo)s holds no signal at all; export the series again.", echo=int(empty[0])
            ),
            code="empty-echo",
        )
    return magnitude, tuple(findings)


def _left_out(code: str, kind: Words, share_percent: float) -> Finding:
    return Finding.of(
        code,
        Severity.WARNING if share_percent > 1 else Severity.INFO,
        words("Some voxels hold no usable number and were left out of the fit."),
        words("%(share)s % of the values are %(kind)s", share=f"{share_percent:.2g}", kind=kind),
        words("Export the series again."),
        "map",
    )


def _body(
    magnitude: npt.NDArray[np.float32],
    sigma_background: float | None,
    mask: npt.NDArray[np.bool_] | None,
) -> npt.NDArray[np.bool_]:
    """Return the voxels to fit: those of the mask, or of the body, that hold a signal."""
    if mask is not None and mask.shape != magnitude.shape[1:]:
        raise GeometryMismatch(
            words(
                "The mask has %(mask)s voxels but the echoes have %(echoes)s.",
                mask=str(mask.shape),
                echoes=str(magnitude.shape[1:]),
            ),
            code="geometry-mismatch",
        )
    wanted = find_body(magnitude, sigma_background) if mask is None else mask
    region: npt.NDArray[np.bool_] = wanted & (magnitude[0] > 0)
    if not region.any():
        raise FitFailed(
            words("There is no voxel to fit: the mask is empty or lies outside the body."),
            code="nothing-to-fit",
        )
    return region


def _on_grid(
    outcome: Outcome,
    signals: npt.NDArray[np.float32],
    body: npt.NDArray[np.bool_],
    geometry: Geometry,
    findings: tuple[Finding, ...],
) -> FatWaterFit:
    result = outcome.fit
    water, fat, rate = result.solution
    errors = np.where(result.errors < UNDEFINED, result.errors, np.float32(np.inf))
    total = np.where(water + fat > 0, water + fat, np.float32(1e-30))
    pdff, pdff_error = 100 * fat / total, 100 * errors[3]
    first = np.maximum(signals[:, 0], np.float32(1e-30))
    residual = (np.sqrt(result.sum_of_squares / result.data_count) / first).astype(np.float32)
    is_valid = (
        (water + fat > 0)
        & (signals[:, 0] > SMALLEST_SIGNAL_TO_NOISE * result.sigma)
        & (1000 * rate < LARGEST_R2STAR_PER_S)
        & (pdff_error < LARGEST_PDFF_ERROR_PERCENT)
        & (1000 * errors[2] < LARGEST_R2STAR_PER_S)
    )
    valid = np.zeros(body.shape, dtype=bool)
    valid[body] = is_valid
    return FatWaterFit(
        water=onto_grid(water, body),
        fat=onto_grid(fat, body),
        pdff_percent=onto_grid(pdff, body),
        r2star_per_s=onto_grid(1000 * rate, body),
        water_error=onto_grid(errors[0], body),
        fat_error=onto_grid(errors[1], body),
        pdff_error_percent=onto_grid(pdff_error, body),
        r2star_error_per_s=onto_grid(1000 * errors[2], body),
        ambiguity=onto_grid(result.ambiguity, body),
        residual=onto_grid(residual, body),
        field_hz=None if result.frequency_hz is None else onto_grid(result.frequency_hz, body),
        field_error_hz=None
        if result.frequency_error_hz is None
        else onto_grid(result.frequency_error_hz, body),
        valid=valid,
        body=body,
        sigma=result.sigma,
        geometry=geometry,
        method=f"{outcome.method} ({signals.shape[1]} echoes)",
        findings=findings + outcome.findings,
    )
