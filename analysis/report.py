"""The liver report as pure data: one source for page, PDF, API and DICOM objects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from analysis.findings import Finding, Severity
from analysis.measurement import Grade, Histogram, MapSet, Measurement, Quantification
from analysis.segment_four import Division
from analysis.segmentation import ModelUse, Segmentation
from analysis.study import Acquisition, SelectedSeries, SeriesChoice, StudyDescription
from analysis.volume_norm import measure_norm
from analysis.wording import Words

SCHEMA_VERSION = "1.0"
INTENDED_USE = (
    "Research software without regulatory clearance. "
    "Not for diagnosis or for decisions on treatment."
)
DIVISION = "segments IVa, IVb"
_SEVERITY_ORDER = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


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
    method_words
        Those values of the methods that hold words of language, as templates and values.
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
    method_words: tuple[Words, ...] = ()

    def get(self, quantity: str, region: str, statistic: str = "mean") -> Measurement | None:
        """Return the measurement asked for, or None."""
        return _by_key(self).get((quantity, region, statistic))


@lru_cache(maxsize=16)
def _by_key(report: LiverReport) -> dict[tuple[str, str, str], Measurement]:
    """Index the measurements; a page asks for some hundreds of them. The first of equals counts."""
    return {(m.quantity, m.region, m.statistic): m for m in reversed(report.measurements)}


def build_report(
    selected: SelectedSeries,
    segmentation: Segmentation,
    maps: MapSet,
    quantification: Quantification,
    *,
    software: tuple[tuple[str, str], ...] = (),
) -> LiverReport:
    """Gather what every stage found into the one report that all outputs are made from.

    Parameters
    ----------
    selected, segmentation, maps, quantification
        Results of the stages, in their order.
    software
        (package, version) pairs.

    Returns
    -------
    Findings of all stages once each, the most severe first, then in the order of the stages.
    """
    findings = (
        *selected.findings,
        *segmentation.findings,
        *maps.findings,
        *quantification.findings,
    )
    methods = with_division(maps.details, quantification.division)
    return LiverReport(
        schema_version=SCHEMA_VERSION,
        description=selected.description,
        acquisition=selected.acquisition,
        choices=selected.choices,
        measurements=(
            *quantification.measurements,
            *measure_norm(selected.description, quantification.measurements),
        ),
        histograms=quantification.histograms,
        grades=quantification.grades,
        findings=most_severe_first(findings),
        models=segmentation.models,
        fit_method=maps.method,
        methods=methods,
        software=software,
        segmentation_confidence=segmentation.confidence,
        method_words=words_of_methods(methods, maps.words, quantification.division),
    )


def with_division(
    methods: tuple[tuple[str, str], ...], division: Division | None
) -> tuple[tuple[str, str], ...]:
    """Return the methods with how segment IV was divided, or why not, in the place of any other.

    Parameters
    ----------
    methods
        (name, value) pairs.
    division
        As measured, or None in results that knew no parts of segment IV.
    """
    others = tuple(pair for pair in methods if pair[0] != DIVISION)
    return others if division is None else (*others, (DIVISION, division.said.text))


def words_of_methods(
    methods: tuple[tuple[str, str], ...], known: tuple[Words, ...], division: Division | None
) -> tuple[Words, ...]:
    """Return the words that stand among the methods, each once.

    Parameters
    ----------
    methods
        (name, value) pairs.
    known
        Words of these methods or of others.
    division
        As in ``with_division``.
    """
    values = {value for _, value in methods}
    candidates = known if division is None else (*known, division.said)
    return tuple(each for each in dict.fromkeys(candidates) if each.text in values)


def most_severe_first(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return each different finding once, critical before warning before info, order kept."""
    once = dict.fromkeys(findings)
    return tuple(sorted(once, key=lambda finding: _SEVERITY_ORDER[finding.severity]))
