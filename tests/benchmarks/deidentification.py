"""Compare our de-identifier with deid (PyPI, MIT) on the same planted images, and say what differs.

Run with ``python -m tests.benchmarks.deidentification --peer .local/peers/deid/bin/python``; the
peer's environment holds ``pip install deid``. Values are never compared by eye: identifying ones
carry a mark, and what quantitation needs is counted attribute by attribute.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import warnings
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from pydicom import dcmread, dcmwrite  # noqa: E402  # Django must be ready first
from pydicom.dataset import Dataset  # noqa: E402

from analysis.simulation.dicom.writer import DicomOptions, write_dicom  # noqa: E402
from analysis.simulation.phantom import simulate, small_phantom  # noqa: E402
from portal.studies.deidentification.folder import deidentify  # noqa: E402
from portal.studies.deidentification.pseudonyms import Pseudonyms  # noqa: E402
from portal.studies.deidentification.rules import load_rules  # noqa: E402
from tests.portal.studies.deidentification.planting import MARK, plant  # noqa: E402

PEER = Path(__file__).with_name("deidentification_peer.py")
NEEDED = (
    "EchoTime",
    "RepetitionTime",
    "FlipAngle",
    "MagneticFieldStrength",
    "ImagingFrequency",
    "RescaleSlope",
    "RescaleIntercept",
    "ImageType",
    "PixelSpacing",
    "SliceThickness",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "SeriesDescription",
    "SequenceName",
    "StudyDate",
)
PRIVATE = {
    "philips": (0x2005, "Philips MR Imaging DD 001", 0x0E),
    "ge": (0x0043, "GEMS_PARM_01", 0x2F),
    "siemens": (0x0051, "SIEMENS MR HEADER", 0x16),
}
VENDORS = ("siemens", "ge", "philips", "canon")


def write_images(plain: Path, planted: Path) -> None:
    """Write one plain and one planted image of each vendor, classic and enhanced."""
    study = simulate(small_phantom(7))
    for vendor in VENDORS:
        for is_enhanced in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                options = DicomOptions(vendor=vendor, is_enhanced=is_enhanced)
                write_dicom(study, Path(folder), options=options)
                path = sorted(path for path in Path(folder).rglob("*") if path.is_file())[-1]
                dataset = dcmread(path)
            name = f"{vendor}-{'enhanced' if is_enhanced else 'classic'}.dcm"
            dcmwrite(plain / name, dataset, enforce_file_format=True)
            plant(dataset)
            dcmwrite(planted / name, dataset, enforce_file_format=True)


def marks(dataset: Dataset) -> list[str]:
    """Return where a planted value is left, sequences and private elements included."""
    found: list[str] = []
    for element in dataset.iterall():
        value = element.value
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        if element.VR != "SQ" and MARK in text:
            found.append(f"{element.tag} {element.name}")
    return found


def missing(before: Dataset, after: Dataset, name: str) -> list[str]:
    """Return what quantitation needs, was there and is no longer."""
    lost = [
        keyword
        for keyword in NEEDED
        if before.get(keyword) not in (None, "") and not str(after.get(keyword) or "")
    ]
    vendor = name.split("-")[0]
    if vendor in PRIVATE:
        group, creator, element = PRIVATE[vendor]
        if _has_private(before, group, creator, element) and not _has_private(
            after, group, creator, element
        ):
            lost.append(f"{creator} {element:02X}")
    return lost


def _has_private(dataset: Dataset, group: int, creator: str, element: int) -> bool:
    try:
        return element in dataset.private_block(group, creator)
    except KeyError:
        return False


def by_name(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in sorted(folder.iterdir())}


def ours(source: Path, target: Path) -> dict[str, Path]:
    pseudonyms = Pseudonyms(bytes(32))  # each file under its own patient
    receipt = deidentify(source, target, rules=load_rules(), pseudonyms=pseudonyms)
    return {line.source: target / line.written for line in receipt.written}


def theirs(source: Path, target: Path, python: str) -> dict[str, Path]:
    subprocess.run([python, str(PEER), str(source), str(target)], check=True, capture_output=True)
    return by_name(target)


def report(
    title: str, plain: dict[str, Path], made: dict[str, Path], clean: dict[str, Path]
) -> None:
    print(f"\n{title}")
    for name, original in plain.items():
        if name not in made or name not in clean:
            print(f"  {name}: not written")
            continue
        left = marks(dcmread(made[name]))
        hidden = MARK.encode() in made[name].read_bytes()
        lost = missing(dcmread(original), dcmread(clean[name]), name)
        bytes_too = " (and in the bytes)" if hidden else ""
        said = ", ".join(lost) or "nothing"
        print(f"  {name}: {len(left)} planted values left{bytes_too}; lost: {said}")
        for each in left[:3]:
            print(f"      left: {each}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", default=".local/peers/deid/bin/python")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        plain, planted = root / "plain", root / "planted"
        plain.mkdir()
        planted.mkdir()
        write_images(plain, planted)
        originals = by_name(plain)
        for title, run in (
            ("Lobule rules", ours),
            ("deid, its own recipe", lambda a, b: theirs(a, b, options.peer)),
        ):
            name = title.split()[0]
            report(
                title,
                originals,
                run(planted, root / f"{name}-planted"),
                run(plain, root / f"{name}-plain"),
            )


if __name__ == "__main__":
    main()
