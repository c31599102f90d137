"""One study of one patient: anything else is refused before a pixel is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.errors import UnusableInput
from analysis.ingest.header import ImageHeader
from analysis.study import StudyDescription
from analysis.wording import listed, words


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
            words(
                "The images belong to %(count)s different patients; send one patient at a time.",
                count=len(patients),
            ),
            code="mixed-patients",
        )
    mr = [header for header in headers if header.series.modality == "MR"]
    if not mr:
        found = _distinct(header.series.modality for header in headers)
        raise UnusableInput(
            words(
                "The images are %(found)s, not MR; send the multi-echo MR series of the liver.",
                found=listed(found) if found else words("unlabelled"),
            ),
            code="not-mr",
        )
    studies = _distinct(header.series.study_instance_uid for header in mr)
    if len(studies) > 1:
        raise UnusableInput(
            words(
                "The images belong to %(count)s different MR studies; send one study at a time.",
                count=len(studies),
            ),
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
