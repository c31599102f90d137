from __future__ import annotations

import numpy as np
import pytest

from analysis.findings import Severity
from analysis.quantities import AMBIGUITY, LIC, PDFF, R2STAR
from analysis.region_checks import (
    coverage_findings,
    exchange_findings,
    outline_findings,
    value_findings,
)
from analysis.regions import RegionSamples, liver_box
from tests.analysis.small_liver import LABELS, by_segment, make_map


def region(name: str, n: int, n_region: int, value: float = 5.0) -> RegionSamples:
    return RegionSamples(name, np.full(n, value), None, n_region)


def test_a_region_measured_for_the_most_part_is_no_finding() -> None:
    assert coverage_findings(PDFF, {"liver": region("liver", 60, 100)}) == ()


def test_a_segment_with_few_valid_voxels_is_a_warning_with_its_counts() -> None:
    samples = {"liver": region("liver", 900, 1000), "segment_4": region("segment_4", 49, 100)}
    (finding,) = coverage_findings(PDFF, samples)
    assert finding.code == "few-valid-voxels"
    assert finding.severity is Severity.WARNING
    assert "segment IV" in finding.message
    assert "whole liver" not in finding.message
    assert finding.evidence == "valid: segment IV 49 of 100 voxels"


def test_a_tiny_region_is_reported_even_when_all_of_it_is_valid() -> None:
    samples = {"liver": region("liver", 900, 900), "segment_1": region("segment_1", 19, 19)}
    assert (
        coverage_findings(PDFF, samples)[0].evidence == "valid: segment I (caudate) 19 of 19 voxels"
    )


def test_a_liver_with_few_valid_voxels_must_not_be_used() -> None:
    (finding,) = coverage_findings(PDFF, {"liver": region("liver", 499, 1000)})
    assert finding.severity is Severity.CRITICAL


def test_usual_values_are_no_finding() -> None:
    assert value_findings(PDFF, region("liver", 1000, 1000)) == ()


def test_a_few_noisy_voxels_are_no_finding() -> None:
    values = np.full(1000, 5.0)
    values[:10] = 150.0
    assert value_findings(PDFF, RegionSamples("liver", values, None, 1000)) == ()


@pytest.mark.parametrize(("n", "severity"), [(20, Severity.WARNING), (200, Severity.CRITICAL)])
def test_values_outside_the_plausible_range_are_reported(n: int, severity: Severity) -> None:
    values = np.full(1000, 5.0)
    values[:n] = 150.0
    (finding,) = value_findings(PDFF, RegionSamples("liver", values, None, 1000))
    assert finding.code == "implausible-values"
    assert finding.severity is severity
    assert f"{n / 10:.1f} % of the liver" in finding.message


def test_noise_around_a_low_value_is_no_finding() -> None:
    # R2* of 25 1/s with a standard error of 20: one voxel in ten is negative, as noise makes it.
    values = np.random.default_rng(5).normal(25.0, 20.0, 20_000)
    assert np.mean(values < 0) > 0.1
    known = RegionSamples("liver", values, np.full(values.size, 400.0), values.size)
    assert value_findings(R2STAR, known) == ()
    assert value_findings(R2STAR, RegionSamples("liver", values, None, values.size)) != ()


def test_an_implausible_mean_must_not_be_used() -> None:
    values = np.zeros(1000)
    values[:9] = 1e5  # less than 1 % of the voxels, mean 900 mg/g
    (finding,) = value_findings(LIC, RegionSamples("liver", values, None, 1000))
    assert finding.severity is Severity.CRITICAL


def test_a_liver_without_valid_voxels_has_no_values_to_judge() -> None:
    assert value_findings(PDFF, region("liver", 0, 1000)) == ()


def with_fat(n_fat: int) -> RegionSamples:
    values = np.full(1000, 10.0)
    values[:n_fat] = 90.0
    return RegionSamples("liver", values, None, 1000)


@pytest.mark.parametrize(("n_fat", "severity"), [(20, Severity.WARNING), (80, Severity.CRITICAL)])
def test_an_outline_that_runs_into_fat_is_reported_with_the_mean_without_it(
    n_fat: int, severity: Severity
) -> None:
    (finding,) = outline_findings(PDFF, with_fat(n_fat))
    assert finding.code == "outline-includes-fat"
    assert finding.severity is severity
    assert f"{n_fat / 10:.1f} %" in finding.message
    assert f"mean {10 + 0.08 * n_fat:.1f} %, 10.0 % without" in finding.evidence


def test_a_few_voxels_of_fat_at_the_border_are_no_finding() -> None:
    assert outline_findings(PDFF, with_fat(10)) == ()


def test_only_pdff_tells_fat_from_liver() -> None:
    assert outline_findings(R2STAR, with_fat(200)) == ()
    assert outline_findings(PDFF, RegionSamples("liver", np.empty(0), None, 10)) == ()


@pytest.mark.parametrize(
    ("doubt", "severity"), [(0.05, Severity.WARNING), (0.4, Severity.CRITICAL)]
)
def test_a_liver_whose_water_and_fat_may_be_exchanged_is_reported(
    doubt: float, severity: Severity
) -> None:
    values = np.where(np.random.default_rng(0).random(LABELS.geometry.shape) < doubt, 0.45, 0.0)
    (finding,) = exchange_findings(make_map(values, AMBIGUITY), liver_box(LABELS))
    assert finding.code == "suspected-swap"
    assert finding.severity is severity


def test_a_liver_without_doubt_is_no_finding_whatever_lies_around_it() -> None:
    around = np.where(LABELS.liver, 0.01, 0.5)
    assert exchange_findings(make_map(around, AMBIGUITY), liver_box(LABELS)) == ()
    assert exchange_findings(None, liver_box(LABELS)) == ()
    doubtful_but_invalid = make_map(
        by_segment([0.5, 0, 0, 0, 0, 0, 0, 0]), AMBIGUITY, valid=LABELS.array != 1
    )
    assert exchange_findings(doubtful_but_invalid, liver_box(LABELS)) == ()
