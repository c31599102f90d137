from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Extension

from portal.studies.deidentification.cleaning import CannotBeCleaned
from portal.studies.deidentification.folder import deidentify
from portal.studies.deidentification.nifti import clean_name, clean_nifti, clean_sidecar
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Rules
from tests.portal.studies.deidentification.browser import BrowserCleaner

MARK = "QZX"
AFFINE = np.array([[1.5, 0, 0, -10], [0, 1.5, 0.1, 4], [0, -0.1, 5, 7], [0, 0, 0, 1]])


def image(kind: type[nib.Nifti1Image], folder: Path, name: str = "image.nii") -> Path:
    values = np.arange(5 * 4 * 3, dtype=np.int16).reshape(5, 4, 3)
    made = kind(values, AFFINE)
    made.header["descrip"] = f"{MARK} TE=1.2".encode()
    made.header["aux_file"] = MARK.encode()
    made.header["intent_name"] = MARK.encode()
    made.header.set_slope_inter(0.5, 2)
    made.header.extensions.append(Nifti1Extension("comment", f"patient {MARK}".encode()))
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(made, path)
    return path


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
def test_numbers_stay_and_text_goes(kind: type[nib.Nifti1Image], tmp_path: Path) -> None:
    path = image(kind, tmp_path)
    content = path.read_bytes()
    assert MARK.encode() in content
    cleaned = clean_nifti(content)
    assert MARK.encode() not in cleaned
    (tmp_path / "clean.nii").write_bytes(cleaned)
    before, after = nib.load(path), nib.load(tmp_path / "clean.nii")
    np.testing.assert_array_equal(after.get_fdata(), before.get_fdata())
    np.testing.assert_array_equal(after.affine, before.affine)
    assert after.header.get_zooms() == before.header.get_zooms()
    assert after.header.get_xyzt_units() == before.header.get_xyzt_units()
    assert not after.header.extensions


def test_compression_is_taken_off_and_order_of_bytes_kept(tmp_path: Path) -> None:
    content = image(nib.Nifti1Image, tmp_path).read_bytes()
    assert clean_nifti(gzip.compress(content)) == clean_nifti(content)
    big = nib.Nifti1Image(np.ones((2, 2, 2), dtype=">f4"), AFFINE)
    big = nib.Nifti1Image.from_image(big)
    header = nib.Nifti1Header(endianness=">")
    header.set_data_dtype(">f4")
    swapped = nib.Nifti1Image(np.ones((2, 2, 2), dtype=">f4"), AFFINE, header)
    nib.save(swapped, tmp_path / "big.nii")
    content = (tmp_path / "big.nii").read_bytes()
    assert struct.unpack(">i", clean_nifti(content)[:4])[0] == 348


@pytest.mark.parametrize("spoil", ["cut", "gzip", "dimensions", "offset", "other"])
def test_damaged_images_are_refused(tmp_path: Path, spoil: str) -> None:
    content = bytearray(image(nib.Nifti1Image, tmp_path).read_bytes())
    if spoil == "cut":
        content = content[:-3]
    elif spoil == "gzip":
        content = bytearray(gzip.compress(content)[:-20])
    elif spoil == "dimensions":
        struct.pack_into("<h", content, 40, 9)
    elif spoil == "offset":
        struct.pack_into("<f", content, 108, float("nan"))
    else:
        content[:4] = b"DOE "
    with pytest.raises(CannotBeCleaned):
        clean_nifti(bytes(content))


def test_names_say_echo_part_and_known_words_only(rules: Rules, pseudonyms: Pseudonyms) -> None:
    def named(name: str) -> str:
        return clean_name(name, ".nii", rules, pseudonyms)

    first = named("sub-DOE/anat/sub-DOE_JANE_echo-1_part-mag_MEGRE.nii.gz")
    second = named("sub-DOE/anat/sub-DOE_JANE_echo-2_part-phase_MEGRE.nii.gz")
    assert first.endswith("_echo-1_part-mag.nii")
    assert second.endswith("_echo-2_part-phase.nii")
    assert first.split("_echo")[0] == second.split("_echo")[0]
    assert "DOE" not in first
    assert "JANE" not in first
    assert named("other_echo-1_part-mag_MEGRE.nii") != first
    assert named("7_gre_e3_ph.nii").endswith("_echo-3_part-ph.nii")


def test_side_cars_keep_what_quantitation_needs(rules: Rules, pseudonyms: Pseudonyms) -> None:
    given = {
        "EchoTime": 0.00123,
        "MagneticFieldStrength": 3,
        "ImageType": ["ORIGINAL", "DOE", "M"],
        "PatientName": "Doe^Jane",
        "InstitutionName": MARK,
        "SeriesDescription": "gre DOE water",
        "SeriesInstanceUID": "1.2.3",
        "RepetitionTime": f"{MARK}",
        "AcquisitionTime": "10:15",
    }
    content, removed = clean_sidecar(json.dumps(given).encode(), rules, pseudonyms)
    kept = json.loads(content)
    assert kept["EchoTime"] == 0.00123
    assert kept["MagneticFieldStrength"] == 3
    assert kept["ImageType"] == ["ORIGINAL", "", "M"]
    assert kept["SeriesInstanceUID"].startswith("2.25.")
    assert removed == len(given) - len(kept) == 4
    assert MARK not in content.decode()
    assert "DOE" not in content.decode()


@pytest.mark.parametrize("content", [b"[1]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_side_car_is_refused(
    rules: Rules, pseudonyms: Pseudonyms, content: bytes
) -> None:
    with pytest.raises(CannotBeCleaned, match="side-car"):
        clean_sidecar(content, rules, pseudonyms)


def test_browser_and_server_clean_nifti_alike(
    browser_cleaner: BrowserCleaner, rules: Rules, pseudonyms: Pseudonyms, tmp_path: Path
) -> None:
    source = tmp_path / "in" / f"sub-{MARK}"
    stem = f"sub-{MARK}"
    for echo in (1, 2):
        image(nib.Nifti1Image, source, f"{stem}_echo-{echo}_MEGRE.nii.gz")
        sidecar = {"EchoTime": 0.001 * echo, "PatientID": MARK, "ProtocolName": f"gre {MARK} 3D"}
        (source / f"{stem}_echo-{echo}_MEGRE.json").write_text(json.dumps(sidecar))
    image(nib.Nifti2Image, source, "map_ph.nii")
    (source / "broken.nii").write_bytes(b"DOE" * 200)
    (source / "list.json").write_text("[]")
    server = deidentify(source, tmp_path / "server", rules=rules, pseudonyms=pseudonyms)
    browser = {each["source"]: each for each in browser_cleaner.clean(source, tmp_path / "browser")}
    assert len(server.written) == 5
    for line in server.lines:
        said = browser[line.source]
        assert (said["written"], said["code"]) == (line.written, line.code), line.source
        assert said["removed_attributes"] == line.removed_attributes
        if line.written.endswith(".nii"):
            copies = [(tmp_path / side / line.written) for side in ("server", "browser")]
            assert copies[0].read_bytes() == copies[1].read_bytes()
        elif line.written:
            texts = [(tmp_path / side / line.written) for side in ("server", "browser")]
            assert json.loads(texts[0].read_text()) == json.loads(texts[1].read_text())
    assert not [path for path in (tmp_path / "browser").rglob("*") if MARK in path.name]
