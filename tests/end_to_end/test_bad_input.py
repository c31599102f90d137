"""What cannot be used ends with code 2 and one sentence that says what to do; nothing is left."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import CTImageStorage, generate_uid

from tests.conftest import REPOSITORY
from tests.end_to_end.conftest import Analyse

Spoil = Callable[[Path], Path]


def files_of(images: Path) -> list[Path]:
    return sorted(path for path in images.rglob("*") if path.is_file())


def change(path: Path, **values: object) -> None:
    dataset = pydicom.dcmread(path)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)


def echo_of(path: Path) -> float:
    return float(pydicom.dcmread(path, stop_before_pixels=True).EchoTime)


def echo_times(images: Path) -> list[float]:
    return sorted({echo_of(path) for path in files_of(images)})


def emptied(images: Path) -> Path:
    shutil.rmtree(images)
    images.mkdir()
    return images


def with_letters_only(images: Path) -> Path:
    emptied(images)
    (images / "report.txt").write_text("Dear colleague, ...")
    (images / "image.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(500))
    return images


def with_an_empty_file_only(images: Path) -> Path:
    emptied(images)
    (images / "IM1").touch()
    return images


def as_ct(images: Path) -> Path:
    for path in files_of(images)[:12]:
        change(path, Modality="CT", SOPClassUID=CTImageStorage)
    for path in files_of(images)[12:]:
        path.unlink()
    return images


def with_one_echo(images: Path) -> Path:
    first = echo_times(images)[0]
    for path in files_of(images):
        if echo_of(path) != first:
            path.unlink()
    return images


def with_holes_in_one_echo(images: Path) -> Path:
    third = echo_times(images)[2]
    of_third = [path for path in files_of(images) if echo_of(path) == third]
    of_third.sort(key=lambda path: pydicom.dcmread(path).ImagePositionPatient[2])
    for path in of_third[8:12]:
        path.unlink()
    return images


def of_two_patients(images: Path) -> Path:
    study = generate_uid()
    for path in files_of(images)[::2]:
        change(path, PatientID="SOMEONE-ELSE", StudyInstanceUID=study)
    return images


def cut_off(images: Path) -> Path:
    for path in files_of(images):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return images


def with_equal_echo_times(images: Path) -> Path:
    for path in files_of(images):
        change(path, EchoTime=1.2)
    return images


def packed_bomb(images: Path) -> Path:
    bomb = images.with_name("bomb.zip")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(300 * 1024**2))
    return bomb


def packed_with_a_way_out(images: Path) -> Path:
    packed = images.with_name("out.zip")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(files_of(images)[0], "../../escaped.dcm")
    return packed


CASES: tuple[tuple[Spoil, str, str], ...] = (
    (emptied, "empty-folder", "folder"),
    (with_letters_only, "no-dicom", "DICOM"),
    (with_an_empty_file_only, "no-dicom", "DICOM"),
    (as_ct, "not-mr", "MR"),
    (with_one_echo, "single-echo", "echo"),
    (with_holes_in_one_echo, "missing-slices", "slice"),
    (of_two_patients, "mixed-patients", "patient"),
    (cut_off, "damaged-pixel-data", "again"),
    (with_equal_echo_times, "echo-times-equal", "--echo-times"),
    (packed_bomb, "archive-too-large", "archive"),
    (packed_with_a_way_out, "archive-unsafe", "archive"),
)


@pytest.mark.parametrize(
    ("spoil", "code", "word"), CASES, ids=[spoil.__name__ for spoil, _, _ in CASES]
)
def test_it_ends_with_two_and_a_sentence(
    spoil: Spoil, code: str, word: str, images: Path, analyse: Analyse
) -> None:
    source = spoil(images)
    outcome = analyse(source)
    last = outcome.said.strip().splitlines()[-1]
    assert outcome.code == 2, outcome.said
    assert last.endswith(f"[{code}]")
    assert word.lower() in last.lower()
    assert not outcome.folder.exists()
    assert not [path for path in outcome.folder.parent.iterdir() if "partial" in path.name]
    assert not (images.parent.parent / "escaped.dcm").exists()


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path, analyse: Analyse) -> None:
    outcome = analyse(tmp_path / "nowhere")
    assert outcome.code == 2
    assert "nowhere" in outcome.said


def test_earlier_results_survive_a_failure(images: Path, tmp_path: Path, analyse: Analyse) -> None:
    results = tmp_path / "results"
    results.mkdir()
    (results / "report.json").write_text("earlier")
    assert analyse(emptied(images), out=results).code == 2
    assert [path.name for path in results.iterdir()] == ["report.json"]
    assert (results / "report.json").read_text() == "earlier"


def test_results_that_cannot_be_written_are_told(images: Path, tmp_path: Path) -> None:
    (tmp_path / "a_file").touch()
    command = ("manage.py", "analyse", str(images), "--out", str(tmp_path / "a_file" / "results"))
    ended = subprocess.run(
        (sys.executable, *command), cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.strip().splitlines()[-1].endswith("[cannot-write]")
    assert "Traceback" not in ended.stderr


@pytest.mark.model
def test_duplicate_images_change_nothing(images: Path, analyse: Analyse) -> None:
    for path in files_of(images)[::3]:
        shutil.copy(path, path.with_name(f"copy-of-{path.name}"))
    outcome = analyse(images)
    assert outcome.code == 0, outcome.said


@pytest.mark.model
def test_equal_echo_times_are_helped_by_the_true_ones(images: Path, analyse: Analyse) -> None:
    times = ",".join(str(time) for time in echo_times(images))
    outcome = analyse(with_equal_echo_times(images), "--echo-times", times)
    assert outcome.code == 0, outcome.said


@pytest.mark.model
def test_without_a_field_strength_fat_is_reported_and_iron_refused(
    images: Path, analyse: Analyse
) -> None:
    for path in files_of(images):
        dataset = pydicom.dcmread(path)
        for keyword in ("MagneticFieldStrength", "ImagingFrequency"):
            if keyword in dataset:
                delattr(dataset, keyword)
        dataset.save_as(path)
    outcome = analyse(images)
    assert outcome.code == 0, outcome.said
    assert 0 < outcome.value("PDFF") < 40
    assert not (outcome.folder / "lic.nii.gz").exists()
    assert "lic-refused" in outcome.finding_codes()


@pytest.mark.model
def test_images_of_something_else_have_no_liver(images: Path, analyse: Analyse) -> None:
    """A ball of uniform tissue instead of an abdomen, decaying as water does."""
    for path in files_of(images):
        dataset = pydicom.dcmread(path)
        rows, columns = dataset.Rows, dataset.Columns
        y, x = np.mgrid[:rows, :columns]
        inside = np.hypot(y - rows / 2, x - columns / 2) < rows / 6
        noise = random.Random(path.name).random()  # noqa: S311 - not for secrets
        values = np.where(inside, 900 * np.exp(-float(dataset.EchoTime) / 25), 8 * noise)
        dataset.PixelData = values.astype(np.uint16).tobytes()
        dataset.save_as(path)
    outcome = analyse(images)
    assert outcome.code == 2, outcome.said
    assert outcome.said.strip().endswith("[no-liver]")
