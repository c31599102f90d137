"""The map stage: selected series in, PDFF, R2*, LIC, water and fat maps with uncertainty out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.errors import UnsupportedAcquisition
from analysis.findings import Finding, Severity
from analysis.iron import DEFAULT_FAMILY, find_calibration, iron_map
from analysis.maps.fat_water import fit
from analysis.maps.field_strength import choose_field_strength
from analysis.maps.fit_result import FatWaterFit
from analysis.maps.scanner_maps import maps_without_echoes, scanner_maps
from analysis.maps.t1_correction import without_t1_bias
from analysis.measurement import MapSet
from analysis.quality import fit_findings, t1_bias_factor
from analysis.quantities import (
    AMBIGUITY,
    FAT,
    FIELD_MAP,
    FIT_RESIDUAL,
    PDFF,
    R2STAR,
    WATER,
    Quantity,
)
from analysis.signal.fat_spectrum import SIX_PEAK, FatSpectrum
from analysis.study import MultiEcho, SelectedSeries
from analysis.volume import QuantityMap, Volume
from analysis.wording import Words, listed, plain, words


@dataclass(frozen=True, slots=True)
class MapOptions:
    """Choices of a physicist; the defaults are what a report uses.

    Parameters
    ----------
    method
        ``"auto"``, ``"magnitude"``, ``"complex"`` or ``"mixed"``.
    spectrum
        Fat peaks.
    iron_calibration
        Family of ``analysis.iron.CALIBRATIONS``.
    field_strength_t
        Overrides the header's field strength, in tesla.
    with_t1_correction
        Whether the PDFF map is freed from T1 weighting.
    """

    method: str = "auto"
    spectrum: FatSpectrum = SIX_PEAK
    iron_calibration: str = DEFAULT_FAMILY
    field_strength_t: float | None = None
    with_t1_correction: bool = False


def compute_maps(
    selected: SelectedSeries,
    options: MapOptions | None = None,
    mask: npt.NDArray[np.bool_] | None = None,
) -> MapSet:
    """Compute the maps of fat fraction, R2* and iron of a study.

    Parameters
    ----------
    selected
        The echoes (and vendor maps) that series selection chose.
    options
        None for the defaults.
    mask
        (i, j, k) bool of the voxels to fit on the grid of the echoes; None fits the whole body.

    Returns
    -------
    PDFF (%), R2* (1/s), LIC (mg/g, where a calibration exists for the field strength), water and
    fat (arbitrary units), branch ambiguity, fit residual and, with phase, the field map (Hz), on
    the grid of the echoes. Without echoes: the scanner's maps, or a fat signal fraction.

    Raises
    ------
    NoSuitableSeries
        If there are neither echoes to fit nor maps whose scale can be proven.
    UnsupportedAcquisition, FitFailed
        If the echoes cannot be fitted.
    """
    options = options or MapOptions()
    if selected.echoes is None:
        return _without_echoes(selected, options)
    field = choose_field_strength(
        selected.echoes, selected.acquisition, options.field_strength_t, options.spectrum
    )
    result = fit(
        selected.echoes,
        field.tesla,
        method=options.method,
        spectrum=options.spectrum,
        mask=mask,
        phase_sign=selected.acquisition.phase_sign,
    )
    maps = fit_maps(result)
    checked = scanner_maps(selected, maps)
    if options.with_t1_correction:
        maps = _t1_corrected(maps, selected)
    known_t = field.tesla if field.is_known else None
    iron, iron_findings, calibration = _iron(maps[1], known_t, options)
    details = (*_details(result, selected.echoes, options), ("field strength", field.said.text))
    findings = field.findings + result.findings + iron_findings + checked.findings
    computed = MapSet(
        maps + iron,
        result.method,
        details + _calibrated(calibration),
        findings,
        (field.said, *calibration),
    )
    noticed = fit_findings(
        computed, result.body, result.sigma, selected.echoes, selected.acquisition
    )
    return replace(computed, findings=findings + noticed)


def _without_echoes(selected: SelectedSeries, options: MapOptions) -> MapSet:
    """Return the scanner's own maps, with iron where R2* and the field strength are there."""
    found = maps_without_echoes(selected)
    r2star = found.get(R2STAR)
    known_t = options.field_strength_t or selected.acquisition.field_strength_t
    method = listed((_method(m, found.words) for m in found.maps), "; ")
    if r2star is None:
        details = (("maps", method.text),)
        return MapSet(found.maps, method.text, details, found.findings, (method,))
    iron, findings, calibration = _iron(r2star, known_t, options)
    return MapSet(
        found.maps + iron,
        method.text,
        (("maps", method.text), *_calibrated(calibration)),
        found.findings + findings,
        (method, *calibration),
    )


def _method(one: QuantityMap, known: Iterable[Words]) -> Words:
    return next((each for each in known if each.text == one.method), plain(one.method))


def _calibrated(calibration: tuple[Words, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(("iron calibration", each.text) for each in calibration)


def _t1_corrected(
    maps: tuple[QuantityMap, ...], selected: SelectedSeries
) -> tuple[QuantityMap, ...]:
    factor = t1_bias_factor(selected.acquisition)
    if factor is None:
        raise UnsupportedAcquisition(
            words(
                "T1 correction needs field strength, repetition time and flip angle; the "
                "header does not hold all of them."
            ),
            code="t1-correction-impossible",
        )
    return (without_t1_bias(maps[0], factor), *maps[1:])


def fit_maps(result: FatWaterFit) -> tuple[QuantityMap, ...]:
    """Return the maps of a fit: PDFF, R2*, water, fat, ambiguity, residual and, if any, field."""

    def one(
        quantity: Quantity, values: npt.NDArray[np.float32], error: npt.NDArray[np.float32] | None
    ) -> QuantityMap:
        volume = Volume(values, result.geometry, quantity)
        return QuantityMap(volume, result.valid, error, result.method)

    maps = (
        one(PDFF, result.pdff_percent, result.pdff_error_percent),
        one(R2STAR, result.r2star_per_s, result.r2star_error_per_s),
        one(WATER, result.water, result.water_error),
        one(FAT, result.fat, result.fat_error),
        one(AMBIGUITY, result.ambiguity, None),
        one(FIT_RESIDUAL, 100 * result.residual, None),
    )
    if result.field_hz is None:
        return maps
    return (*maps, one(FIELD_MAP, result.field_hz, result.field_error_hz))


def _iron(
    r2star: QuantityMap, field_strength_t: float | None, options: MapOptions
) -> tuple[tuple[QuantityMap, ...], tuple[Finding, ...], tuple[Words, ...]]:
    """Return the LIC map with its calibration, or the finding that says why there is none."""
    if field_strength_t is None:
        return (), (_iron_refused(words("field strength not in the header")),), ()
    try:
        calibration = find_calibration(field_strength_t, options.iron_calibration)
    except UnsupportedAcquisition as refusal:
        return (), (_iron_refused(refusal.words),), ()
    return (iron_map(r2star, calibration),), (), (calibration.said,)


def _iron_refused(evidence: Words) -> Finding:
    return Finding.of(
        "lic-refused",
        Severity.WARNING,
        words(
            "Liver iron concentration is not given, because no calibration applies to this field "
            "strength. R2* is still reported."
        ),
        evidence,
        words("Send the study with its field strength, or give it with --field-strength."),
        "map",
    )


def _details(
    result: FatWaterFit, echoes: MultiEcho, options: MapOptions
) -> tuple[tuple[str, str], ...]:
    times = ", ".join(f"{time:.2f}" for time in echoes.echo_times_ms)
    return (
        ("fit", result.method),
        ("fat spectrum", options.spectrum.name),
        ("echo times", f"{times} ms"),
        ("noise level", f"{result.sigma:.4g} a.u."),
        ("voxels fitted", str(int(np.count_nonzero(result.body)))),
    )
