from __future__ import annotations

import gzip
import io
import json
import logging
import os
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian

from portal.studies.deidentification import dicom_file
from portal.studies.deidentification.dicom_file import clean, write
from portal.studies.deidentification.folder import deidentify
from portal.studies.deidentification.inspection import problem_of
from portal.studies.deidentification.nifti import clean_nifti
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Rules


@pytest.fixture
def cleaned(one_file: Path, rules: Rules, pseudonyms: Pseudonyms, tmp_path: Path) -> Path:
    path = tmp_path / "cleaned.dcm"
    write(clean(dcmread(one_file), rules, pseudonyms), path)
    return path


def problem(content: bytes, rules: Rules) -> str:
    return problem_of(io.BytesIO(content), rules)


def archive_of(content: bytes, comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("1", content)
        archive.comment = comment
    return file.getvalue()


def test_what_our_own_cleaner_writes_passes(
    study_folder: Path, tmp_path: Path, rules: Rules, pseudonyms: Pseudonyms
) -> None:
    receipt = deidentify(study_folder, tmp_path / "out", rules=rules, pseudonyms=pseudonyms)
    for line in receipt.written[::20]:
        assert problem((tmp_path / "out" / line.written).read_bytes(), rules) == ""


def test_a_file_that_was_never_cleaned_is_refused(one_file: Path, rules: Rules) -> None:
    assert "identity was removed" in problem(one_file.read_bytes(), rules)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("OperatorsName", "Doe^John", "(0008,1070)"),
        ("AccessionNumber", "4711", "(0008,0050)"),
        ("PatientBirthDate", "19500101", "(0010,0030)"),
        ("SeriesDescription", "liver of Doe", "(0008,103E)"),
        ("ImageComments", "", "(0020,4000)"),
        ("BurnedInAnnotation", "YES", "burned in"),
    ],
)
def test_one_attribute_is_enough(
    cleaned: Path, rules: Rules, tmp_path: Path, name: str, value: Any, says: str
) -> None:
    dataset = dcmread(cleaned)
    setattr(dataset, name, value)
    dataset.save_as(tmp_path / "changed")
    found = problem((tmp_path / "changed").read_bytes(), rules)
    assert says in found
    assert not str(value) or str(value) not in found.replace("YES", "")


def test_names_inside_sequences_and_private_elements_are_found(
    cleaned: Path, rules: Rules, tmp_path: Path
) -> None:
    item = Dataset()
    item.PatientComments = "Doe"
    nested, private = dcmread(cleaned), dcmread(cleaned)
    nested.ReferencedImageSequence = Sequence([item])
    private.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", b"Doe!")
    for number, dataset in enumerate((nested, private)):
        dataset.save_as(tmp_path / str(number))
        assert "may name someone" in problem((tmp_path / str(number)).read_bytes(), rules)


def test_archives_are_looked_into(cleaned: Path, one_file: Path, rules: Rules) -> None:
    assert problem(archive_of(cleaned.read_bytes()), rules) == ""
    assert "identity was removed" in problem(archive_of(one_file.read_bytes()), rules)
    assert "comment" in problem(archive_of(cleaned.read_bytes(), b"Mrs Doe"), rules)
    assert "neither" in problem(archive_of(b"Dear Mrs Doe"), rules)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Dear Mrs Doe", "neither"),
        (b"{not json", "neither"),
        (json.dumps({"PatientName": "Doe"}).encode(), "side-car"),
        (json.dumps({"EchoTime": 0.0012, "ProtocolName": "t1 vibe"}).encode(), ""),
        (json.dumps({"ProtocolName": "t1 Doe"}).encode(), "side-car"),
        (json.dumps({"SeriesInstanceUID": "1.2.Doe"}).encode(), "side-car"),
        (json.dumps({"EchoTime": "Doe"}).encode(), "side-car"),
        (b"\x1f\x8b\x08\x00", "damaged"),
        (b"\x5c\x01\x00\x00" + bytes(400), "damaged"),
    ],
)
def test_other_files(rules: Rules, content: bytes, says: str) -> None:
    found = problem(content, rules)
    assert says in found
    assert bool(found) is bool(says)


def nifti(folder: Path, text: str = "") -> bytes:
    made = nib.Nifti1Image(np.ones((3, 3, 3), dtype=np.int16), np.eye(4))
    made.header["descrip"] = text.encode()
    nib.save(made, folder / "image.nii")
    return (folder / "image.nii").read_bytes()


def test_nifti_headers_are_looked_into(tmp_path: Path, rules: Rules) -> None:
    content = clean_nifti(nifti(tmp_path))
    assert problem(content, rules) == ""
    assert problem(gzip.compress(content), rules) == ""
    assert "free text" in problem(nifti(tmp_path, "Mrs Doe"), rules)
    assert "free text" in problem(gzip.compress(nifti(tmp_path, "Mrs Doe")), rules)
    assert "free text" in problem(content + b"Mrs Doe", rules)
    assert "damaged" in problem(gzip.compress(content)[:-30], rules)


def test_names_and_comments_of_members_are_looked_at(
    cleaned: Path, rules: Rules, tmp_path: Path
) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("DOE_JANE/IM1", cleaned.read_bytes())
    assert "may name someone" in problem(file.getvalue(), rules)
    file = io.BytesIO()
    member = zipfile.ZipInfo("IM1")
    member.comment = b"Mrs Doe"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member, cleaned.read_bytes())
    assert "may name someone" in problem(file.getvalue(), rules)


def test_the_log_never_quotes_a_header(
    cleaned: Path, rules: Rules, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = dcmread(cleaned)
    dataset.PatientAge = "054Y"
    dataset.save_as(tmp_path / "aged")
    content = (tmp_path / "aged").read_bytes()
    assert problem(content, rules) == ""
    spoiled = content.replace(b"054Y", b"DOE!")
    with caplog.at_level(logging.DEBUG):
        problem(spoiled, rules)
        with dicom_file.without_remarks():
            assert dcmread(io.BytesIO(spoiled)).PatientAge == "DOE!"
    assert "DOE!" not in caplog.text


def test_pydicom_is_silent_once_the_portal_has_started() -> None:
    command = "import django, logging; django.setup(); print(logging.getLogger('pydicom').level)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", command], env=environment, capture_output=True, check=True, text=True
    )
    assert int(done.stdout) == logging.CRITICAL


def test_archives_within_archives_end_somewhere(cleaned: Path, rules: Rules) -> None:
    content = cleaned.read_bytes()
    for _ in range(3):
        content = archive_of(content)
        assert problem(content, rules) == ""
    assert "too deep" in problem(archive_of(content), rules)


def test_a_large_file_in_an_archive_is_looked_at_without_being_held(
    tmp_path: Path, rules: Rules
) -> None:
    """A small archive may hold a large file; the memory of the server must not follow."""
    megabyte, count = 1024**2, 128
    path = tmp_path / "small.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("1", "w") as one:
        for _ in range(count):
            one.write(bytes(megabyte))
    assert path.stat().st_size < megabyte
    tracemalloc.start()
    with path.open("rb") as file:
        assert "neither an image" in problem_of(file, rules)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 32 * megabyte
    assert [each.name for each in tmp_path.iterdir()] == ["small.zip"]


def test_a_deflated_file_is_refused_before_it_is_inflated(cleaned: Path, rules: Rules) -> None:
    megabyte = 1024**2
    dataset = dcmread(cleaned)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    written = io.BytesIO()
    dcmwrite(written, dataset, enforce_file_format=True)
    meta = written.getvalue()[: 144 + dataset.file_meta.FileMetaInformationGroupLength]
    content = meta + zlib.compress(bytes(128 * megabyte), wbits=-zlib.MAX_WBITS)
    tracemalloc.start()
    assert "deflated" in problem(content, rules)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 32 * megabyte


END_OF_ARCHIVE = b"PK\x05\x06"


def test_pixels_that_look_like_the_end_of_an_archive_are_pixels(
    cleaned: Path, rules: Rules
) -> None:
    """Compressed pixels hold any four bytes once in a while."""
    content = cleaned.read_bytes()
    pixels = os.urandom(40) + END_OF_ARCHIVE + os.urandom(60)
    content = content[: -len(pixels)] + pixels
    assert zipfile.is_zipfile(io.BytesIO(content))
    assert problem(content, rules) == ""
    assert problem(archive_of(content), rules) == ""


def test_an_archive_behind_an_image_is_looked_into(
    cleaned: Path, one_file: Path, rules: Rules
) -> None:
    both = cleaned.read_bytes() + archive_of(one_file.read_bytes())
    assert "identity was removed" in problem(both, rules)
