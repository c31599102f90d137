from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from analysis.errors import UnusableInput
from analysis.ingest.archive import unpack
from analysis.ingest.options import ReadLimits

LIMITS = ReadLimits()


def zipped(path: Path, members: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_members_keep_their_names_but_lie_under_numbers(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"study/IM1": b"one", "study/IM2": b"two"})
    target = tmp_path / "out"
    target.mkdir()

    members = unpack(archive, target, LIMITS)

    assert [member.name for member in members] == ["study/IM1", "study/IM2"]
    assert [Path(member.path).read_bytes() for member in members] == [b"one", b"two"]
    assert {path.parent for path in target.rglob("*")} == {target}


@pytest.mark.parametrize(
    "name", ["../IM1", "study/../../IM1", "/etc/IM1", "..\\IM1", "C:\\IM1", "study\\..\\..\\IM1"]
)
def test_a_name_that_leaves_the_archive_refuses_all_of_it(tmp_path: Path, name: str) -> None:
    archive = zipped(tmp_path / "a.zip", {"fine": b"1", name: b"2"})

    with pytest.raises(UnusableInput, match="points outside it") as caught:
        unpack(archive, tmp_path, LIMITS)

    assert caught.value.code == "archive-unsafe"
    assert sorted(tmp_path.iterdir()) == [archive]


def test_a_link_refuses_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("IM1")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")

    with pytest.raises(UnusableInput, match="points outside it"):
        unpack(path, tmp_path, LIMITS)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    limits = ReadLimits(ratio_free_bytes=1_000_000)
    archive = zipped(tmp_path / "bomb.zip", {"IM1": bytes(3_000_000)})

    with pytest.raises(UnusableInput, match="times its size") as caught:
        unpack(archive, tmp_path, limits)

    assert caught.value.code == "archive-too-large"
    assert sorted(tmp_path.iterdir()) == [archive]


def test_a_small_blank_image_is_no_bomb(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"IM1": bytes(3_000_000)})

    assert len(unpack(archive, tmp_path, LIMITS)) == 1


def test_more_than_the_allowed_size_is_refused_at_any_ratio(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"IM1": bytes(range(256)) * 8})

    with pytest.raises(UnusableInput, match="would unpack to"):
        unpack(archive, tmp_path, ReadLimits(max_uncompressed_bytes=1000))


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {f"IM{i}": b"x" for i in range(5)})

    with pytest.raises(UnusableInput, match="5 files, more than the 4") as caught:
        unpack(archive, tmp_path, ReadLimits(max_files=4))

    assert caught.value.code == "archive-too-many-files"


def test_a_member_that_lies_about_its_size_is_damage(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"IM1": b"0123456789" * 100})
    content = bytearray(archive.read_bytes())
    size = (1000).to_bytes(4, "little")
    central = content.rfind(size)
    content[central : central + 4] = (10).to_bytes(4, "little")
    archive.write_bytes(bytes(content))

    with pytest.raises(UnusableInput, match="damaged or was not sent completely") as caught:
        unpack(archive, tmp_path, LIMITS)

    assert caught.value.code == "archive-damaged"


def test_half_an_archive_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"IM1": b"0123456789" * 100})
    archive.write_bytes(archive.read_bytes()[:-30])

    with pytest.raises(UnusableInput, match="send it again"):
        unpack(archive, tmp_path, LIMITS)


def test_a_password_is_named(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"IM1": b"secret"})
    content = bytearray(archive.read_bytes())
    content[6] |= 1  # local header
    content[content.rfind(b"PK\x01\x02") + 8] |= 1  # central directory
    archive.write_bytes(bytes(content))

    with pytest.raises(UnusableInput, match="protected by a password") as caught:
        unpack(archive, tmp_path, LIMITS)

    assert caught.value.code == "archive-encrypted"
