"""Browser and server clean by one table; here byte for byte, on everything that is hard."""

from __future__ import annotations

import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from analysis.ingest.values import as_text
from analysis.simulation.dicom.writer import DicomOptions, write_dicom
from analysis.simulation.simulated_study import SimulatedStudy
from portal.studies.deidentification.folder import deidentify
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Rules
from portal.studies.deidentification.wording import known_version, known_words
from tests.portal.studies.deidentification.browser import BrowserCleaner
from tests.portal.studies.deidentification.planting import MARK, plant


class Both:
    """Cleans a folder on both sides and demands the same bytes and the same receipt."""

    def __init__(self, browser: BrowserCleaner, rules: Rules, pseudonyms: Pseudonyms) -> None:
        self.browser, self.rules, self.pseudonyms = browser, rules, pseudonyms

    def compare(self, source: Path, target: Path) -> dict[str, str]:
        """Return what each file was written as, or the code of its refusal."""
        server = deidentify(source, target / "server", rules=self.rules, pseudonyms=self.pseudonyms)
        browser = {each["source"]: each for each in self.browser.clean(source, target / "browser")}
        assert sorted(browser) == sorted(line.source for line in server.lines)
        for line in server.lines:
            said = browser[line.source]
            assert (said["written"], said["code"]) == (line.written, line.code), line.source
            assert said["removed_attributes"] == line.removed_attributes, line.source
            if line.written:
                copies = [(target / side / line.written) for side in ("server", "browser")]
                assert copies[0].read_bytes() == copies[1].read_bytes(), line.source
        return {line.source: line.written or line.code for line in server.lines}


@pytest.fixture
def both(browser_cleaner: BrowserCleaner, rules: Rules, pseudonyms: Pseudonyms) -> Both:
    return Both(browser_cleaner, rules, pseudonyms)


@pytest.fixture(scope="module")
def vendor_files(simulated_study: SimulatedStudy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return some files of each series of four vendors, classic and enhanced."""
    chosen = tmp_path_factory.mktemp("vendors")
    for vendor in ("siemens", "ge", "philips", "canon"):
        for is_enhanced in (False, True):
            folder = tmp_path_factory.mktemp("all")
            options = DicomOptions(
                vendor=vendor,
                is_enhanced=is_enhanced,
                has_phase=True,
                has_vendor_maps=True,
                has_localizer=True,
                has_extension=False,
            )
            write_dicom(simulated_study, folder, options=options)
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            for number, path in enumerate(files[:: 1 if is_enhanced else 9]):
                shutil.copyfile(path, chosen / f"{vendor}-{is_enhanced}-{number:03d}")
    return chosen


def save(dataset: FileDataset, path: Path) -> None:
    dcmwrite(path, dataset, enforce_file_format=True)


def test_all_vendors_are_cleaned_alike(both: Both, vendor_files: Path, tmp_path: Path) -> None:
    became = both.compare(vendor_files, tmp_path)
    assert len(became) > 60
    assert all(name.endswith(".dcm") for name in became.values())


@pytest.mark.filterwarnings("ignore:Invalid value for VR:UserWarning")  # planted on purpose
def test_planted_values_go_alike_and_all_of_them(
    both: Both, vendor_files: Path, tmp_path: Path
) -> None:
    source = tmp_path / MARK
    source.mkdir()
    for vendor in ("siemens", "ge", "philips", "canon"):
        for kind in ("False", "True"):
            dataset = dcmread(vendor_files / f"{vendor}-{kind}-000")
            assert plant(dataset) > 200
            save(dataset, source / f"{MARK} {vendor} {kind}")
    with zipfile.ZipFile(source / f"{MARK}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = MARK.encode()
        dataset = dcmread(vendor_files / "siemens-False-001")
        plant(dataset)
        save(dataset, tmp_path / "member")
        archive.write(tmp_path / "member", f"{MARK}/IM1")
    became = both.compare(source, tmp_path / "out")
    assert len(became) == 9
    assert all(name.endswith(".dcm") for name in became.values())
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(left) == 18
    assert not [path for path in left if MARK.encode() in path.read_bytes()]
    assert not [path for path in left if MARK in str(path.relative_to(tmp_path / "out"))]


def encodings(one_file: Path, folder: Path) -> None:
    """Write one image in every encoding that a scanner or an archive may choose."""
    for name, syntax in (("implicit", ImplicitVRLittleEndian), ("big", ExplicitVRBigEndian)):
        dataset = dcmread(one_file)
        dataset.SOPInstanceUID += f".{len(name)}"
        little = syntax is ImplicitVRLittleEndian
        dataset.file_meta.TransferSyntaxUID = syntax
        if not little:
            dataset.PixelData = dataset.PixelData[1::-1] * (len(dataset.PixelData) // 2)
        dcmwrite(
            folder / name,
            dataset,
            implicit_vr=little,
            little_endian=little,
            enforce_file_format=True,
        )
    dataset = dcmread(one_file)
    dataset.SOPInstanceUID += ".77"
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.PixelData = encapsulate([b"\xff\x4f\xff\x51" + bytes(3001)])
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    save(dataset, folder / "compressed")


def oddities(one_file: Path, folder: Path) -> None:
    """Write what real headers hold: open lengths, other alphabets, lost types, empty values."""
    dataset = dcmread(one_file)
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.3"
    item.is_undefined_length_sequence_item = True
    dataset.ReferencedImageSequence = Sequence([item, Dataset()])
    dataset["ReferencedImageSequence"].is_undefined_length = True
    dataset.SourceImageSequence = Sequence([])
    dataset.add_new(0x00291010, "UN", b"\xfe\xff\x00\xe0 no item at all")
    dataset.add_new(0x00090010, "LO", "SOMEBODY")
    dataset.EchoTime, dataset.ImagingFrequency = "", " 63.870000 "
    dataset.WindowCenter, dataset.WindowWidth = ["1.0", "2e1"], ["3", "+4.50"]
    dataset.PatientAge, dataset.PatientWeight = "093Y", "71.5"
    dataset.AcquisitionDateTime, dataset.SeriesDate = "20240229101500.5+0100", "19000228"
    dataset.StudyDate, dataset.ContentDate = "2024.02.30", "20241301"
    dataset.SOPInstanceUID += ".5"
    save(dataset, folder / "odd")
    for number, (charset, text) in enumerate(
        [
            ("ISO_IR 192", "t1 Grüße_fat 3D ½ 7 8 9 łiver"),
            ("ISO_IR 100", "Ägypten water-fat (ax) q 12345"),
            ("ISO_IR 144", "печень fat T2* 2.5mm"),
            ("GB18030", "肝脏 fat water"),
            ("ISO_IR 13", "ｶﾝｿﾞｳ fat"),
        ]
    ):
        dataset = dcmread(one_file)
        dataset.SpecificCharacterSet = charset
        dataset.SeriesDescription, dataset.ProtocolName = text, [text, "fl3d_MEGRE_DOE^Jane", ""]
        dataset.PatientID, dataset.PatientName = f"МRN {number}", "Doe^Jöhn"
        dataset.PatientID = "MRN 1" if charset != "ISO_IR 100" else "ÄRN 1"
        dataset.SOPInstanceUID += f".1{number}"
        if charset != "ISO_IR 100":
            save(dataset, folder / f"text-{number}")


@pytest.mark.filterwarnings("ignore")  # headers that are wrong on purpose
def test_every_encoding_and_oddity_is_cleaned_alike(
    both: Both, one_file: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "encodings", tmp_path / "oddities"
    first.mkdir()
    second.mkdir()
    encodings(one_file, first)
    oddities(one_file, second)
    (second / "odd").rename(first / "odd")
    became = both.compare(first, tmp_path / "out-1") | both.compare(second, tmp_path / "out-2")
    assert len(became) == 8
    assert all(name.endswith(".dcm") for name in became.values()), became


def refused_files(one_file: Path, source: Path) -> dict[str, str]:
    """Write one file for each reason to refuse; return the code of each."""
    content = one_file.read_bytes()
    source.mkdir()
    (source / "a good one").write_bytes(content)
    (source / "letter.txt").write_text("Dear Mrs Doe")
    (source / "empty").touch()
    (source / "half").write_bytes(content[:-400])
    (source / "no meta").write_bytes(content[content.index(b"\x08\x00\x05\x00") :][:5000])
    (source / "bad.zip").write_bytes(b"PK\x03\x04" + b"\0" * 40 + b"PK\x05\x06" + b"\0" * 18)
    (source / "cut.zip").write_bytes(b"PK\x03\x04" + b"\0" * 400)
    (source / "good again").write_bytes(content)
    with zipfile.ZipFile(source / "inner.zip", "w") as archive:
        archive.writestr("letter.txt", "Dear Mrs Doe")
    variants: dict[str, dict[str, Any]] = {
        "burned-in": {"BurnedInAnnotation": "YES"},
        "kind-not-sent": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
        "screen-save": {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]},
        "colour": {"PhotometricInterpretation": "RGB"},
        "no-identifiers": {"SeriesInstanceUID": ""},
        "other-patient": {"PatientID": "another", "SOPInstanceUID": "1.2.3.4"},
    }
    for code, changes in variants.items():
        dataset = dcmread(one_file)
        for keyword, value in changes.items():
            setattr(dataset, keyword, value)
        dataset.save_as(source / code)
    return {code: code for code in variants} | {
        "letter.txt": "not-an-image",
        "empty": "not-an-image",
        "half": "damaged",
        "no meta": "no-encoding",
        "bad.zip": "archive-empty",
        "cut.zip": "archive-damaged",
        "inner.zip/letter.txt": "not-an-image",
        "good again": "twice",
    }


@pytest.mark.filterwarnings("ignore")  # an empty UID
def test_what_is_refused_is_refused_alike(both: Both, one_file: Path, tmp_path: Path) -> None:
    expected = refused_files(one_file, tmp_path / "in")
    became = both.compare(tmp_path / "in", tmp_path / "out")
    assert became.pop("a good one").endswith(".dcm")
    assert became == expected


@pytest.mark.parametrize("cut", [200, 700, 1500, 2500])
def test_damaged_headers_never_leave_the_browser_other_than_the_server(
    browser_cleaner: BrowserCleaner, one_file: Path, tmp_path: Path, cut: int
) -> None:
    content = bytearray(one_file.read_bytes())
    content[cut : cut + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "IM1").write_bytes(content)
    [line] = browser_cleaner.clean(tmp_path / "in", tmp_path / "out")
    if line["written"]:
        copy = dcmread(tmp_path / "out" / line["written"])
        assert copy.PatientID == "S-001"


def test_real_headers_are_cleaned_alike(both: Both, shared_data: Path, tmp_path: Path) -> None:
    files = sorted(path for path in (shared_data / "dicom_multiecho").rglob("*") if path.is_file())
    (tmp_path / "in").mkdir()
    for number, path in enumerate(files[::7]):
        shutil.copyfile(path, tmp_path / "in" / f"{number:04d}")
    became = both.compare(tmp_path / "in", tmp_path / "out")
    assert any(name.endswith(".dcm") for name in became.values())


def texts(rules: Rules, count: int) -> list[str]:
    """Return imaging words, numbers and characters of many scripts, glued at random."""
    chance = random.Random(5)
    known = sorted(rules.words | rules.terms)
    strange = [chr(code) for code in range(1, 0x250)]
    strange += list("\u2160\u0660\u0966\u4e00\u3042\u0301\u200b\u2028\u3000\ufeff\U0001f600")
    strange += list("\u0410\u03b1\u0130\u212a\ufb01\u2460\U0001d7d8")
    pieces: list[Callable[[], str]] = [
        lambda: chance.choice([str.lower, str.upper, str.title])(chance.choice(known)),
        lambda: str(chance.randint(0, 12345)),
        lambda: "".join(chance.choices(strange, k=3)),
        lambda: chance.choice(["", "_", " ", "-", "/", "^", "."]),
    ]
    return [
        "".join(chance.choice(pieces)() for _ in range(chance.randint(1, 8))) for _ in range(count)
    ]


def test_free_text_is_cleaned_alike(
    browser_cleaner: BrowserCleaner, rules: Rules, tmp_path: Path
) -> None:
    given = texts(rules, 5000)
    cleaned = browser_cleaner.clean_texts(given, tmp_path)
    kept = 0
    for text, said in zip(given, cleaned, strict=True):
        expected = [known_words(text, rules), known_version(text, rules), as_text(text)]
        assert said == expected, repr(text)
        kept += bool(said[0])
    assert 500 < kept < 4900
