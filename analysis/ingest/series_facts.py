"""What DICOM headers and NIfTI side-cars both say about a series."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """Facts of a series, whatever the files; text is empty and numbers are None where unknown."""

    modality: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    patient_id: str = ""
    series_description: str = ""
    protocol: str = ""
    manufacturer: str = ""
    model: str = ""
    software: str = ""
    sequence: str = ""
    field_strength_t: float | None = None
    imaging_frequency_mhz: float | None = None
