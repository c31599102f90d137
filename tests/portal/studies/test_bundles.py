from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

from portal.studies.bundles import Unpacked, problems_of, unpack

LIVER, SPLEEN = b"liver" * 1000, b"spleen"


def name_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def bundle_of(*members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> io.BytesIO:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.type = kind
            archive.addfile(member, io.BytesIO(content))
    file.seek(0)
    return file


def unpacked(bundle: io.BytesIO, folder: Path, *expected: bytes) -> list[Unpacked]:
    return [*unpack(bundle, {name_of(each): len(each) for each in expected}, folder)]


def test_members_are_unpacked_and_verified(tmp_path: Path) -> None:
    bundle = bundle_of((name_of(LIVER), LIVER), (name_of(SPLEEN), SPLEEN))
    members = unpacked(bundle, tmp_path, LIVER, SPLEEN)
    assert not problems_of(members)
    assert [member.part.read_bytes() for member in members if member.part] == [LIVER, SPLEEN]


def test_a_file_that_changed_under_way_is_named_and_not_kept(tmp_path: Path) -> None:
    bundle = bundle_of((name_of(SPLEEN), b"SPLEEN"), (name_of(LIVER), LIVER))
    members = unpacked(bundle, tmp_path, LIVER, SPLEEN)
    assert problems_of(members) == {name_of(SPLEEN): "changed while it was being sent"}
    assert len([*tmp_path.iterdir()]) == 1


def test_a_file_that_was_not_announced_is_refused(tmp_path: Path) -> None:
    members = unpacked(bundle_of((name_of(LIVER), LIVER)), tmp_path, SPLEEN)
    assert problems_of(members) == {name_of(LIVER): "is not on the list of files"}


def test_a_file_of_another_size_is_refused_before_it_is_written(tmp_path: Path) -> None:
    members = unpacked(bundle_of((name_of(SPLEEN), LIVER)), tmp_path, SPLEEN)
    assert problems_of(members) == {name_of(SPLEEN): "has another size than announced"}
    assert not [*tmp_path.iterdir()]


def test_names_that_point_outside_are_refused(tmp_path: Path) -> None:
    members = unpacked(bundle_of(("../../etc/passwd", LIVER)), tmp_path, LIVER)
    assert problems_of(members) == {"../../etc/passwd": "is not on the list of files"}


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE):
        members = unpacked(bundle_of((name_of(b""), b""), kind=kind), tmp_path, b"")
        assert [*problems_of(members).values()] == ["is not a plain file"]


def test_a_bundle_that_breaks_off_keeps_what_was_whole(tmp_path: Path) -> None:
    whole = bundle_of((name_of(SPLEEN), SPLEEN), (name_of(LIVER), LIVER)).getvalue()
    members = unpacked(io.BytesIO(whole[:2048]), tmp_path, LIVER, SPLEEN)
    assert members[0].part is not None
    assert problems_of(members)


def test_anything_else_is_called_damaged(tmp_path: Path) -> None:
    members = unpacked(io.BytesIO(b"PK\x03\x04" + b"\x01" * 2000), tmp_path, LIVER)
    assert "the bundle is damaged" in members[0].problem
