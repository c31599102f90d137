"""The written form of a report, ``report.json``: to plain data and back, without loss.

The schema is ``analysis/export/report.schema.json``; its version is ``SCHEMA_VERSION``. A field
may be added within a version; renaming or removing one makes a new version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from analysis.errors import UnusableInput
from analysis.findings import Finding, Severity
from analysis.measurement import Grade, Histogram, Measurement
from analysis.report import SCHEMA_VERSION, LiverReport
from analysis.segmentation import ModelUse
from analysis.study import Acquisition, Role, SeriesChoice, StudyDescription
from analysis.wording import words, words_from

Json = dict[str, Any]


def report_to_dict(report: LiverReport) -> Json:
    """Return a report as plain data: dicts, lists, strings, numbers, None.

    Parameters
    ----------
    report
        Any report; numbers are written unrounded.
    """
    return {
        "schema_version": report.schema_version,
        "intended_use": report.intended_use,
        "study": asdict(report.description),
        "acquisition": asdict(report.acquisition),
        "series": [asdict(choice) for choice in report.choices],
        "findings": [asdict(finding) for finding in report.findings],
        "grades": [asdict(grade) for grade in report.grades],
        "measurements": [asdict(measurement) for measurement in report.measurements],
        "histograms": [_histogram_to_dict(histogram) for histogram in report.histograms],
        "segmentation_confidence": report.segmentation_confidence,
        "models": [asdict(model) for model in report.models],
        "fit_method": report.fit_method,
        "methods": _pairs_to_list(report.methods),
        "method_words": [asdict(each) for each in report.method_words],
        "versions": _pairs_to_list(report.software),
    }


def report_from_dict(data: Mapping[str, Any]) -> LiverReport:
    """Return the report that ``report_to_dict`` wrote.

    Parameters
    ----------
    data
        Parsed ``report.json``.

    Raises
    ------
    UnusableInput
        If it is of another major version or not a report.
    """
    version = str(data.get("schema_version", ""))
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise UnusableInput(
            words(
                "This report was written in version %(version)s of its format; this software "
                "reads version %(known)s.",
                version=version or words("unknown"),
                known=SCHEMA_VERSION,
            ),
            code="report-version",
        )
    try:
        return _read(data, version)
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableInput(
            words("The report file is damaged; run the analysis again."), code="report-damaged"
        ) from error


def _read(data: Mapping[str, Any], version: str) -> LiverReport:
    return LiverReport(
        schema_version=version,
        description=StudyDescription(**data["study"]),
        acquisition=Acquisition(**data["acquisition"]),
        choices=tuple(
            SeriesChoice(**(choice | {"role": Role(choice["role"])})) for choice in data["series"]
        ),
        measurements=tuple(Measurement(**item) for item in data["measurements"]),
        histograms=tuple(_histogram_from_dict(item) for item in data["histograms"]),
        grades=tuple(Grade(**item) for item in data["grades"]),
        findings=tuple(_finding_from_dict(item) for item in data["findings"]),
        models=tuple(ModelUse(**item) for item in data["models"]),
        fit_method=data["fit_method"],
        methods=_pairs_from_list(data["methods"]),
        software=_pairs_from_list(data["versions"]),
        segmentation_confidence=data["segmentation_confidence"],
        intended_use=data["intended_use"],
        method_words=tuple(words_from(each) for each in data.get("method_words", ())),
    )


def _finding_from_dict(item: Mapping[str, Any]) -> Finding:
    said = tuple(words_from(each) for each in item.get("words", ()))
    return Finding(**{**item, "severity": Severity(item["severity"]), "words": said})


def _histogram_to_dict(histogram: Histogram) -> Json:
    return {
        "quantity": histogram.quantity,
        "region": histogram.region,
        "edges": histogram.edges.tolist(),
        "counts": histogram.counts.tolist(),
    }


def _histogram_from_dict(item: Mapping[str, Any]) -> Histogram:
    return Histogram(item["quantity"], item["region"], item["edges"], item["counts"])


def _pairs_to_list(pairs: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in pairs]


def _pairs_from_list(items: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple((item["name"], item["value"]) for item in items)
