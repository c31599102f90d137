"""Identifying values in every place of a DICOM file that can hold one."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

MARK = "QZXWVK"  # no imaging word contains it, nor by chance a picture in base64
TEXT = {"LO", "LT", "PN", "SH", "ST", "UC", "UT", "UR", "CS", "AE", "AS"}
ESSENTIAL = {
    "SOPClassUID",
    "PhotometricInterpretation",
    "ImageType",
    "ConversionType",
    "SpecificCharacterSet",
}


def mark_for(vr: str, number: int) -> str:
    return f"{MARK}{number}^{MARK}" if vr == "PN" else f"{MARK} {number}"[:16]


def planted_tags() -> Iterator[tuple[int, str]]:
    for tag, (vr, _, _, retired, keyword) in DicomDictionary.items():
        is_text = vr in TEXT and not retired and keyword not in ESSENTIAL | {""}
        if is_text and 0x0008 <= tag >> 16 <= 0x0088:
            yield tag, vr


def plant(dataset: FileDataset) -> int:
    """Write a mark into every text attribute, two levels of sequences and private blocks."""
    count = 0
    for number, (tag, vr) in enumerate(planted_tags()):
        dataset.add_new(tag, vr, mark_for(vr, number))
        count += 1
    item, inner = Dataset(), Dataset()
    inner.PatientName, inner.SeriesDescription = f"{MARK}^INNER", f"{MARK} liver"
    item.RequestedProcedureDescription, item.CodeMeaning = f"{MARK} req", f"{MARK} code"
    item.CodeValue, item.CodingSchemeDesignator = "121322", "DCM"
    item.add_new(0x00081140, "SQ", Sequence([inner]))
    dataset.RequestAttributesSequence = Sequence([item])
    dataset.ReferencedImageSequence = Sequence([item])
    for group, creator in ((0x0029, "SIEMENS CSA HEADER"), (0x2005, "Philips MR Imaging DD 001")):
        block = dataset.private_block(group, creator, create=True)
        block.add_new(0x21, "LO", f"{MARK} private")
        block.add_new(0x11, "CS", f"{MARK}")
        block.add_new(0x0E, "LO", f"{MARK}")
        block.add_new(0x30, "OB", f"{MARK} bytes".encode())
    dataset.add_new(0x60000022, "LO", f"{MARK} overlay")
    dataset.add_new(0x60003000, "OW", MARK.encode() * 2)
    dataset.preamble = (MARK.encode() * 22)[:128]
    dataset.file_meta.SourceApplicationEntityTitle = MARK
    return count
