"""The liver report as pure data: one source for page, PDF, API and DICOM objects."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.findings import Finding
from analysis.measurement import Grade, Histogram, Measurement
from analysis.segmentation import ModelUse
from analysis.study import Acquisition, SeriesChoice, StudyDescription

SCHEMA_VERSION = "1.0"
INTENDED_USE = (
    "Research software without regulatory clearance. "
    "Not for diagnosis or for decisions on treatment."
)


@dataclass(frozen=True, slots=True, eq=False)
class LiverReport:
    """Everything a reader is told about one study.

    Parameters
    ----------
    schema_version
        Version of the written form, ``report.json``.
    description, acquisition
        The study and how it was acquired.
    choices
        Which series were used and why.
    measurements, histograms, grades
        The numbers; a number that is not here is shown nowhere.
    findings
        All findings of all stages, most severe first.
    models
        Segmentation models used.
    fit_method
        Name of the fit.
    methods
        (name, value) pairs for the methods section.
    software
        (package, version) pairs.
    segmentation_confidence
        Estimated Dice of the liver mask, 0 to 1, or None when it is not known.
    intended_use
        The limits of use, printed on every page.
    """

    schema_version: str
    description: StudyDescription
    acquisition: Acquisition
    choices: tuple[SeriesChoice, ...]
    measurements: tuple[Measurement, ...]
    histograms: tuple[Histogram, ...]
    grades: tuple[Grade, ...]
    findings: tuple[Finding, ...]
    models: tuple[ModelUse, ...]
    fit_method: str
    methods: tuple[tuple[str, str], ...]
    software: tuple[tuple[str, str], ...]
    segmentation_confidence: float | None = None
    intended_use: str = INTENDED_USE

    def get(self, quantity: str, region: str, statistic: str = "mean") -> Measurement | None:
        """Return the measurement asked for, or None."""
        wanted = (quantity, region, statistic)
        found = (m for m in self.measurements if (m.quantity, m.region, m.statistic) == wanted)
        return next(found, None)
