"""The DICOM modules that all simulated images share: patient, study, equipment, pixels."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, UID, ExplicitVRLittleEndian

from analysis.simulation.dicom.geometry import SlicePlane, decimal_string
from analysis.simulation.dicom.identifiers import Identifiers
from analysis.simulation.dicom.vendor import SeriesPlan, StoredPixels, Vendor
from analysis.simulation.spec import Protocol

MR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.4"
STUDY_TIME = "093000"
PATIENT_BODY = ("050Y", "1.72", "78")  # of an adult: age, height in m, weight in kg


@dataclass(frozen=True, slots=True)
class StudyHeader:
    """What every instance of one study repeats.

    Parameters
    ----------
    identifiers
        Source of UIDs.
    vendor
        The manufacturer whose style is written.
    protocol
        How the images were acquired.
    patient_id
        Pseudonym.
    study_date
        DICOM date.
    """

    identifiers: Identifiers
    vendor: Vendor
    protocol: Protocol
    patient_id: str
    study_date: str


def new_instance(header: StudyHeader, series: SeriesPlan, sop_class: str, name: str) -> Dataset:
    """Return a dataset with the patient, study, series, equipment and SOP modules filled in.

    Parameters
    ----------
    header
        The study.
    series
        The series.
    sop_class
        SOP Class UID.
    name
        What tells this instance from the others of the series.

    References
    ----------
    DICOM PS3.3 A.4 (MR Image IOD), A.36 (Enhanced MR Image IOD).
    """
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = UID(sop_class)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    uid = header.identifiers.uid("instance", series.number, name)
    dataset.file_meta.MediaStorageSOPInstanceUID = uid
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.SOPClassUID = UID(sop_class)
    dataset.SOPInstanceUID = uid
    _add_study(dataset, header)
    _add_series(dataset, header, series)
    return dataset


def _add_study(dataset: Dataset, header: StudyHeader) -> None:
    dataset.PatientName = "Simulated^Abdomen"
    dataset.PatientID = header.patient_id
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "O"
    dataset.PatientAge, dataset.PatientSize, dataset.PatientWeight = PATIENT_BODY
    dataset.StudyInstanceUID = header.identifiers.uid("study")
    dataset.StudyDate = header.study_date
    dataset.StudyTime = STUDY_TIME
    dataset.ReferringPhysicianName = ""
    dataset.StudyID = "1"
    dataset.AccessionNumber = ""
    dataset.StudyDescription = "Simulated liver MR (synthetic data)"
    dataset.ContentDate = dataset.SeriesDate = header.study_date
    dataset.ContentTime = dataset.SeriesTime = STUDY_TIME


def _add_series(dataset: Dataset, header: StudyHeader, series: SeriesPlan) -> None:
    vendor, field_t = header.vendor, header.protocol.field_strength_t
    dataset.Modality = "MR"
    dataset.SeriesInstanceUID = header.identifiers.uid("series", series.number)
    dataset.SeriesNumber = str(series.number)
    dataset.SeriesDescription = series.description
    dataset.ProtocolName = series.description
    dataset.BodyPartExamined = "ABDOMEN"
    dataset.PatientPosition = "HFS"
    dataset.FrameOfReferenceUID = header.identifiers.uid("frame of reference")
    dataset.PositionReferenceIndicator = ""
    dataset.Manufacturer = vendor.manufacturer
    dataset.ManufacturerModelName = vendor.model(field_t)
    dataset.DeviceSerialNumber = "0"
    dataset.SoftwareVersions = vendor.software
    dataset.InstitutionName = "Lobule simulator"
    dataset.ImageComments = "Synthetic data; not a patient"


def add_plane(dataset: Dataset, plane: SlicePlane) -> None:
    """Add position, orientation and pixel spacing of a slice (classic image plane module)."""
    dataset.ImagePositionPatient = [decimal_string(value) for value in plane.position_mm]
    dataset.ImageOrientationPatient = [decimal_string(value) for value in plane.orientation]
    dataset.PixelSpacing = [decimal_string(value) for value in plane.pixel_spacing_mm]
    dataset.SliceLocation = decimal_string(plane.location_mm)


def add_pixels(dataset: Dataset, pixels: StoredPixels) -> None:
    """Add the image pixel module of one frame."""
    is_signed = pixels.array.dtype.kind == "i"
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.array.shape[-2:]
    dataset.BitsAllocated = 16
    dataset.BitsStored = pixels.bits_stored
    dataset.HighBit = pixels.bits_stored - 1
    dataset.PixelRepresentation = int(is_signed)
    dataset.add_new("PixelData", "OW", pixels.array.astype("<i2" if is_signed else "<u2").tobytes())
