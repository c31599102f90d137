"""One study of one patient: anything else is refused before a pixel is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.errors import UnusableInput
from analysis.ingest.header import ImageHeader
from analysis.study import StudyDescription


def describe_study(headers: Sequence[ImageHeader]) -> StudyDescription:
    """Return which study the images belong to.

    Raises
    ------
    UnusableInput
        If they belong to several patients or several MR studies, or none of them is MR.
    """
    patients = _distinct(header.series.patient_key for header in headers)
    if len(patients) > 1:
        raise UnusableInput(
            f"The images belong to {len(patients)} different patients; send one patient at a time.",
            code="mixed-patients",
        )
    mr = [header for header in headers if header.series.modality == "MR"]
    if not mr:
        found = ", ".join(_distinct(header.series.modality for header in headers)) or "unlabelled"
        raise UnusableInput(
            f"The images are {found}, not MR; send the multi-echo MR series of the liver.",
            code="not-mr",
        )
    studies = _distinct(header.series.study_instance_uid for header in mr)
    if len(studies) > 1:
        raise UnusableInput(
            f"The images belong to {len(studies)} different MR studies; send one study at a time.",
            code="mixed-studies",
        )
    first = mr[0].series
    return StudyDescription(
        study_instance_uid=first.study_instance_uid,
        patient_id=first.patient_id,
        study_date=first.study_date,
        description=first.study_description,
        height_m=first.height_m,
        weight_kg=first.weight_kg,
        age_years=first.age_years,
    )


def _distinct(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value})
