"""Whole-liver and segmental measurements of every quantity, with uncertainty and findings.

Values are averaged as fitted: nothing is clipped, as clipping single voxels at 0 % would lift the
mean of a lean liver. Only valid voxels enter, and how many were left out is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from analysis.anatomy import LIVER
from analysis.calibration_error import in_micromol_per_g, with_calibration_error
from analysis.errors import EmptySegmentation
from analysis.findings import Finding, Severity
from analysis.grading import DEFAULT_TABLES, GradingTable, grade
from analysis.map_statistics import MapSamples, build_histograms, measure_map, sample_map
from analysis.measurement import Grade, MapSet, Measurement, Quantification, Statistic
from analysis.quantities import (
    AMBIGUITY,
    FAT_SIGNAL_FRACTION,
    LIC,
    PDFF,
    R2STAR,
    T2STAR,
    TOTAL_LIVER_FAT,
    Quantity,
)
from analysis.region_checks import (
    coverage_findings,
    exchange_findings,
    outline_findings,
    value_findings,
)
from analysis.region_vessels import find_vessels
from analysis.regions import LiverBox, liver_box
from analysis.roi_emulation import measure_discs, place_discs
from analysis.segment_four import part_counts
from analysis.volume import LabelMap
from analysis.volumetry import measure_volumes, volume_findings
from analysis.wording import words

MEASURED: tuple[Quantity, ...] = (PDFF, FAT_SIGNAL_FRACTION, R2STAR, T2STAR, LIC)


def quantify(
    maps: MapSet,
    labels: LabelMap,
    *,
    tables: Mapping[str, GradingTable] = DEFAULT_TABLES,
) -> Quantification:
    """Measure fat, iron and volume in the liver, each Couinaud segment, and IVa and IVb.

    Parameters
    ----------
    maps
        Maps on the grid of ``labels``; those of ``MEASURED`` that exist are measured.
    labels
        Couinaud segments; the liver is all of them together.
    tables
        Table of cut-offs by quantity. A fat signal fraction is never graded.

    Returns
    -------
    Measurements, histograms with bins of fixed width, estimated grades, findings.

    Raises
    ------
    EmptySegmentation
        If no voxel is labelled as liver.
    GeometryMismatch
        If a map lies on another grid than the labels.

    References
    ----------
    Statistics: ``analysis.heterogeneity``. Uncertainty: ``analysis.precision``. Grades:
    ``analysis.grading``. Total liver fat index: PMC4293373.
    """
    if not labels.liver.any():
        raise EmptySegmentation(
            words(
                "No liver was found in the images, so nothing can be measured; check that the "
                "series shows the abdomen."
            ),
            code="empty-segmentation",
        )
    wanted = [m for q in MEASURED if (m := maps.get(q.key)) is not None]
    for quantity_map in wanted:
        quantity_map.geometry.require_match(labels.geometry)
    box = liver_box(labels)
    vessels = find_vessels(maps, box)
    sampled = [sample_map(quantity_map, box, vessels) for quantity_map in wanted]
    histograms = {s.quantity.key: build_histograms(s) for s in sampled}
    measurements = [*measure_volumes(labels, part_counts(box.parts))]
    for samples in sampled:
        key = samples.quantity.key
        measured = measure_map(samples, histograms[key], tables.get(key))
        measurements += _complete_iron(measured) if key == LIC.key else measured
    measurements += _total_fat(measurements)
    measurements += _nine_regions(box, sampled)
    return Quantification(
        measurements=tuple(measurements),
        histograms=tuple(chain.from_iterable(histograms.values())),
        grades=_grades(measurements, tables),
        findings=(
            *volume_findings(labels),
            *_map_findings(sampled),
            *exchange_findings(maps.get(AMBIGUITY.key), box),
        ),
        division=box.division,
    )


def _nine_regions(box: LiverBox, sampled: list[MapSamples]) -> list[Measurement]:
    """Measure the same discs in every map, placed where the first of them is most even."""
    if not sampled:
        return []
    discs = place_discs(box, sampled[0].cropped)
    found = (measure_discs(discs, samples.cropped) for samples in sampled)
    return [measurement for measurement in found if measurement is not None]


def _complete_iron(measured: tuple[Measurement, ...]) -> list[Measurement]:
    """Add the calibration's uncertainty, and the means in the other unit system."""
    iron = [with_calibration_error(measurement) for measurement in measured]
    return iron + [in_micromol_per_g(m) for m in iron if m.statistic == Statistic.MEAN]


def _liver_value(
    measurements: list[Measurement], quantity: str, statistic: str
) -> Measurement | None:
    wanted = (quantity, LIVER.key, statistic)
    found = (m for m in measurements if (m.quantity, m.region, m.statistic) == wanted)
    return next(found, None)


def _total_fat(measurements: list[Measurement]) -> list[Measurement]:
    """TLFI = mean PDFF x liver volume, as a volume of fat."""
    fat = _liver_value(measurements, PDFF.key, Statistic.MEAN)
    volume = _liver_value(measurements, "volume", Statistic.TOTAL)
    if fat is None or volume is None:
        return []
    error = fat.standard_error
    return [
        Measurement(
            quantity=TOTAL_LIVER_FAT.key,
            region=LIVER.key,
            statistic=Statistic.TOTAL,
            value=fat.value / 100 * volume.value,
            unit=TOTAL_LIVER_FAT.unit,
            standard_error=None if error is None else error / 100 * volume.value,
            n_voxels=fat.n_voxels,
            method="mean PDFF times liver volume (PMC4293373); error of the volume not included",
        )
    ]


def _grades(
    measurements: list[Measurement], tables: Mapping[str, GradingTable]
) -> tuple[Grade, ...]:
    graded = []
    for key, table in tables.items():
        mean = _liver_value(measurements, key, Statistic.MEAN)
        if mean is not None:
            graded.append(grade(mean, table))
    return tuple(graded)


def _map_findings(sampled: list[MapSamples]) -> tuple[Finding, ...]:
    if not sampled:
        return (
            Finding.of(
                "no-maps",
                Severity.CRITICAL,
                words("Neither fat nor iron could be measured; only volumes are reported."),
                stage="quantify",
            ),
        )
    result: list[Finding] = []
    for samples in sampled:
        result += coverage_findings(samples.quantity, samples.whole)
        result += value_findings(samples.quantity, samples.whole[LIVER.key])
        result += outline_findings(samples.quantity, samples.whole[LIVER.key])
    return tuple(result)
