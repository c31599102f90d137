from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import numpy as np
import pytest

from analysis.errors import UnusableInput
from analysis.export.json_report import SCHEMA_PATH
from analysis.findings import Finding, Severity
from analysis.measurement import Histogram
from analysis.quantification import MEASURED
from analysis.quantities import LIC_MOLAR, TOTAL_LIVER_FAT, VOLUME
from analysis.report import LiverReport
from analysis.report_json import report_from_dict, report_to_dict
from tests.analysis.small_liver import make_maps, make_report

CRITICAL = Finding("ghosting", Severity.CRITICAL, "Motion.", "12 %", "Repeat.", "map")
REPORT = make_report(None, CRITICAL)


def parsed(report: LiverReport) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(json.dumps(report_to_dict(report), allow_nan=False))
    return result


def plain(report: LiverReport) -> tuple[object, ...]:
    """Everything but the histograms, which hold arrays."""
    return (
        report.schema_version,
        report.description,
        report.acquisition,
        report.choices,
        report.measurements,
        report.grades,
        report.findings,
        report.models,
        report.fit_method,
        report.methods,
        report.software,
        report.segmentation_confidence,
        report.intended_use,
        report.method_words,
    )


def same(one: Histogram, other: Histogram) -> bool:
    return (
        (one.quantity, one.region) == (other.quantity, other.region)
        and np.array_equal(one.edges, other.edges)
        and np.array_equal(one.counts, other.counts)
    )


def test_a_report_comes_back_as_it_was_written() -> None:
    back = report_from_dict(parsed(REPORT))
    assert plain(back) == plain(REPORT)
    pairs = zip(back.histograms, REPORT.histograms, strict=True)
    assert all(same(one, other) for one, other in pairs)


def test_what_came_back_is_typed_again() -> None:
    back = report_from_dict(parsed(REPORT))
    assert back.findings[0].severity is Severity.CRITICAL
    assert not back.histograms[0].counts.flags.writeable


@pytest.mark.parametrize("report", [REPORT, make_report(make_maps())], ids=["full", "no maps"])
def test_the_output_follows_its_schema(report: LiverReport) -> None:
    schema = json.loads(SCHEMA_PATH.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(parsed(report))


@pytest.mark.parametrize(
    ("key", "value"), [("measurements", [{"quantity": "PDFF"}]), ("findings", None)]
)
def test_the_schema_refuses_what_is_not_a_report(key: str, value: object) -> None:
    schema = json.loads(SCHEMA_PATH.read_text())
    broken = parsed(REPORT) | {key: value}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(broken)


def test_the_schema_describes_every_key_and_no_other() -> None:
    schema = json.loads(SCHEMA_PATH.read_text())
    data = parsed(REPORT)
    assert set(schema["properties"]) == set(data)
    for key in ("measurements", "findings", "grades", "histograms", "series", "models"):
        described = schema["properties"][key]["items"]["properties"]
        assert set(described) == set(data[key][0]), key
    for key in ("study", "acquisition"):
        assert set(schema["properties"][key]["properties"]) == set(data[key])


def test_the_schema_names_the_quantities_that_can_be_measured() -> None:
    properties = json.loads(SCHEMA_PATH.read_text())["properties"]
    mapped = {quantity.key for quantity in MEASURED}
    derived = {LIC_MOLAR.key, VOLUME.key, TOTAL_LIVER_FAT.key}
    measured = properties["measurements"]["items"]["properties"]["quantity"]["enum"]
    drawn = properties["histograms"]["items"]["properties"]["quantity"]["enum"]
    assert set(measured) == mapped | derived
    assert set(drawn) == mapped


def test_a_measurement_has_the_documented_keys() -> None:
    assert set(parsed(REPORT)["measurements"][0]) == {
        "quantity",
        "region",
        "statistic",
        "value",
        "unit",
        "standard_error",
        "n_voxels",
        "method",
    }


@pytest.mark.parametrize("version", ["2.0", "", None])
def test_another_version_is_refused_with_both_versions_named(version: str | None) -> None:
    data = parsed(REPORT) | {"schema_version": version}
    with pytest.raises(UnusableInput, match="reads version 1.0") as caught:
        report_from_dict(data)
    assert caught.value.code == "report-version"


def test_a_later_minor_version_is_read() -> None:
    assert report_from_dict(parsed(REPORT) | {"schema_version": "1.7"}).schema_version == "1.7"


@pytest.mark.parametrize(
    "path", [("study",), ("measurements", 0, "value"), ("findings", 0, "code")]
)
def test_a_damaged_report_is_refused(path: tuple[str | int, ...]) -> None:
    data: Any = copy.deepcopy(parsed(REPORT))
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    with pytest.raises(UnusableInput, match="damaged"):
        report_from_dict(data)


def test_numbers_are_written_unrounded() -> None:
    written = {
        (m["quantity"], m["region"], m["statistic"]): m["value"]
        for m in parsed(REPORT)["measurements"]
    }
    for measurement in REPORT.measurements:
        key = (measurement.quantity, measurement.region, measurement.statistic)
        assert written[key] == measurement.value
