from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from portal.studies.parts import (
    Body,
    Checksum,
    TransferRefused,
    append,
    create,
    locked,
    size_of,
)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    path = tmp_path / "part"
    create(path)
    return path


def send(
    part: Path,
    body: bytes | Body,
    *,
    offset: int,
    checksum: Checksum | None = None,
    length: int = 99,
) -> int:
    stream = io.BytesIO(body) if isinstance(body, bytes) else body
    with locked(part) as file:
        return append(file, stream, offset=offset, length=length, checksum=checksum)


class BreaksOff:
    """A connection that delivers four bytes and then dies."""

    def __init__(self) -> None:
        self.pieces = [b"live"]

    def read(self, _size: int, /) -> bytes:
        if self.pieces:
            return self.pieces.pop()
        raise ConnectionResetError


def test_chunks_are_appended_in_order(part: Path) -> None:
    assert send(part, b"li", offset=0) == 2
    assert send(part, b"ver", offset=2) == 5
    assert part.read_bytes() == b"liver"


@pytest.mark.parametrize("offset", [0, 1, 3, 10**15])
def test_a_forged_offset_changes_nothing_and_tells_the_true_one(part: Path, offset: int) -> None:
    send(part, b"li", offset=0)
    with pytest.raises(TransferRefused, match="stands at byte 2") as refused:
        send(part, b"XX", offset=offset)
    assert refused.value.status == 409
    assert part.read_bytes() == b"li"


def test_no_more_than_the_announced_length_is_read(part: Path) -> None:
    assert send(part, b"liver and more", offset=0, length=5) == 5
    assert part.read_bytes() == b"liver"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_chunk_that_agrees_with_its_checksum_is_kept(part: Path, algorithm: str) -> None:
    good = Checksum(algorithm, hashlib.new(algorithm, b"liver").digest())
    assert send(part, b"liver", offset=0, checksum=good) == 5


def test_a_chunk_damaged_on_the_way_is_cut_away_again(part: Path) -> None:
    send(part, b"li", offset=0)
    with pytest.raises(TransferRefused, match="damaged on the way") as refused:
        send(part, b"VER", offset=2, checksum=Checksum("sha1", hashlib.sha1(b"ver").digest()))  # noqa: S324  # tus names SHA-1
    assert refused.value.status == 460
    assert part.read_bytes() == b"li"


def test_an_unknown_checksum_is_refused() -> None:
    with pytest.raises(TransferRefused, match="sha1, sha256"):
        Checksum("crc32", b"")


def test_what_came_before_a_broken_connection_stays(part: Path) -> None:
    with pytest.raises(ConnectionResetError):
        send(part, BreaksOff(), offset=0)
    assert size_of(part) == 4


def test_a_broken_chunk_with_a_checksum_goes_away_whole(part: Path) -> None:
    with pytest.raises(ConnectionResetError):
        send(part, BreaksOff(), offset=0, checksum=Checksum("sha256", b"x" * 32))
    assert size_of(part) == 0


def test_a_second_writer_is_sent_away(part: Path) -> None:
    with (
        locked(part),
        pytest.raises(TransferRefused, match="still sending") as refused,
        locked(part),
    ):
        pass
    assert refused.value.status == 423


def test_a_part_that_is_gone_says_how_to_go_on(tmp_path: Path) -> None:
    with (
        pytest.raises(TransferRefused, match="ask which files are missing"),
        locked(tmp_path / "no"),
    ):
        pass
    assert size_of(tmp_path / "no") == 0
