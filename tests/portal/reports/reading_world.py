"""A trial read blinded by two readers and an adjudicator, with words that must not leak.

Every name below is unlike any other word, so that finding one in an answer is a leak. Documents
are written directly: what is tried is who sees what, not the analysis.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from analysis.findings import Finding, Severity
from analysis.measurement import Measurement, Statistic
from analysis.quantities import PDFF, R2STAR
from analysis.report import LiverReport
from analysis.report_json import report_to_dict
from analysis.volume_norm import expected_volume_ml, measure_norm
from portal.accounts.models import User
from portal.accounts.services import create_user
from portal.reports.models import Reading, ReadingCase, Report
from portal.reports.reading_assignment import assign, open_case
from portal.reports.reading_services import save_reading, sign_reading
from portal.reports.services import create_report, summary_of
from portal.runs import storage
from portal.runs.models import AnalysisRun
from portal.studies.filing import file_parts
from portal.studies.services import complete_upload, open_upload
from portal.studies.storage import current_storage
from portal.trials.models import ReadingScheme, Role, Site, Trial
from portal.trials.reading_schemes import Blinding
from portal.trials.schemes import set_scheme
from portal.trials.services import add_member, create_site, create_trial
from tests.portal.conftest import line
from tests.portal.reports.conftest import Analysed, store

PASSWORD = "correct horse battery liver"
SITE_NAME, SITE_CODE = "Zanzibar Infirmary", "ZZQ7"
VISIT, STUDY_DATE = "Woche-17-Xi", "2031-07-19"
SUBJECT, PATIENT_ID = "KX-90817", "PAT-55-Omega"
SCANNER = ("Kestrelmed", "Ostrich-Nine")
BODY = (1.8317, 87.654, 61.2519)  # m, kg, years
EXPECTED_ML = expected_volume_ml(*BODY[:2])  # what the body can be worked back from
LEAKY_FINDING = Finding(
    "coverage", Severity.WARNING, f"The {VISIT} scan of {SITE_NAME} is cut.", "", ""
)
PLAIN_FINDING = Finding("t1-bias", Severity.WARNING, "Fat may be overestimated.", "", "Scan again.")
RULES: dict[str, Any] = {
    "readers": 2,
    "pdff_points": 2.0,
    "r2star_percent": 20.0,
    "grade_differs": False,
    "quality_differs": True,
    "blinded_to": [each.value for each in Blinding if each is not Blinding.ANALYSIS],
}
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class World:
    """Ron and Rita read, Adam decides, Mia manages, Max monitors, Ulf uploads at the one site."""

    trial: Trial
    site: Site
    people: dict[str, User]
    results: Analysed
    make_run: Callable[[str, str], AnalysisRun]

    def person(self, name: str) -> User:
        return self.people[name]

    def scheme(self, **rules: Any) -> ReadingScheme:
        return set_scheme(self.trial, {**RULES, **rules}, reason="test", by=self.person("mia"))

    def report(self, subject: str = SUBJECT, visit: str = VISIT) -> Report:
        return create_report(self.make_run(subject, visit))

    def case(self, **rules: Any) -> ReadingCase:
        """Return a study opened under a scheme of its own version."""
        self.scheme(**rules)
        return case_of(self.report())

    def give(self, case: ReadingCase, name: str) -> Reading:
        return assign(case, self.person(name), by=self.person("mia"))


def case_of(report: Report) -> ReadingCase:
    case = open_case(report)
    assert case is not None
    return case


def build_world(results: Analysed, folder: Any) -> World:
    trial = create_trial("Blinded fat")
    site = create_site(trial, SITE_NAME, code=SITE_CODE)
    roles = {
        "ron": Role.READER,
        "rita": Role.READER,
        "adam": Role.ADJUDICATOR,
        "mia": Role.MANAGER,
        "max": Role.MONITOR,
        "ulf": Role.UPLOADER,
    }
    people: dict[str, User] = {}
    for name, role in roles.items():
        people[name] = create_user(f"{name}@blinded.example", name=name.capitalize())
        add_member(trial, people[name], role, site=site if role == Role.UPLOADER else None)
    told = named(results)
    document = folder / "files"
    document.mkdir()
    (document / "report.json").write_text(json.dumps(report_to_dict(told.report)))

    def make_run(subject: str, visit: str) -> AnalysisRun:
        content = {"IM1": f"{subject} {visit} {next(_numbers)}".encode()}
        lines = [line(name, data) for name, data in content.items()]
        upload = open_upload(people["ulf"], site, subject, visit, lines)
        part = current_storage().incoming / lines[0].sha256
        part.write_bytes(content["IM1"])
        file_parts(upload, {lines[0].sha256: part})
        study = complete_upload(upload, by=people["ulf"])
        return store(study, told, people["ulf"].pk, document)

    return World(trial, site, people, told, make_run)


def named(results: Analysed) -> Analysed:
    """Return results whose document names what a scheme hides."""
    report = results.report
    description = replace(
        report.description,
        patient_id=PATIENT_ID,
        study_date=STUDY_DATE,
        description=SITE_NAME,
        height_m=BODY[0],
        weight_kg=BODY[1],
        age_years=BODY[2],
    )
    acquisition = replace(report.acquisition, manufacturer=SCANNER[0], model=SCANNER[1])
    findings = (LEAKY_FINDING, PLAIN_FINDING)
    measurements = (*report.measurements, *measure_norm(description, report.measurements))
    return replace(
        results,
        report=replace(
            report,
            description=description,
            acquisition=acquisition,
            findings=findings,
            measurements=measurements,
        ),
    )


def plant(reading: Reading, world: World, pdff_percent: float, r2star_per_s: float) -> Reading:
    """Give a reading numbers of its own, as a corrected outline would."""
    report = reading.report
    values = {PDFF.key: pdff_percent, R2STAR.key: r2star_per_s}
    document = with_means(world.results.report, values)
    path = storage.root() / "planted" / f"{report.pk}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report_to_dict(document)))
    report.path = storage.relative(path)
    report.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    for name, value in summary_of(document).items():
        setattr(report, name, value)
    report.save()
    return reading


def with_means(report: LiverReport, values: dict[str, float]) -> LiverReport:
    def changed(measurement: Measurement) -> Measurement:
        is_mean = measurement.region == "liver" and measurement.statistic == Statistic.MEAN
        value = values.get(measurement.quantity) if is_mean else None
        return measurement if value is None else replace(measurement, value=value)

    return replace(report, measurements=tuple(map(changed, report.measurements)))


def read_and_sign(
    reading: Reading, text: str = "Read.", quality: str = "good", note: str = ""
) -> Reading:
    save_reading(reading, text, quality, note, by=reading.reader)
    sign_reading(reading, by=reading.reader)
    return Reading.objects.get(pk=reading.pk)
