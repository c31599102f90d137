"""A study sent over a line that breaks again and again: every byte there once, none twice."""

from __future__ import annotations

import hashlib
import io
import random

import pytest

from portal.studies import filing, transfers
from portal.studies.manifest import ManifestLine
from portal.studies.models import Transfer, Upload
from portal.studies.parts import Checksum, TransferRefused
from portal.studies.services import complete_upload, materialise, open_upload
from portal.studies.storage import current_storage
from tests.portal.conftest import Cast, line
from tests.portal.studies.conftest import bundle_of

BREAKS = 20


class BreaksAfter:
    """A connection that dies after some bytes."""

    def __init__(self, content: bytes, survives: int) -> None:
        self.file = io.BytesIO(content[:survives])

    def read(self, size: int, /) -> bytes:
        if data := self.file.read(size):
            return data
        raise ConnectionResetError


def files(chance: random.Random) -> dict[str, bytes]:
    sizes = [chance.randrange(1, 4000) for _ in range(60)]
    return {f"series/{n:03d}": chance.randbytes(size) for n, size in enumerate(sizes)}


def announce(cast: Cast, contents: dict[str, bytes]) -> Upload:
    lines: list[ManifestLine] = [line(path, content) for path, content in contents.items()]
    return open_upload(cast.uma, cast.north, "S-001", "Baseline", lines)


def send_until_it_breaks(
    transfer: Transfer, content: bytes, chance: random.Random, *, has_checksum: bool
) -> None:
    offset = transfers.resume(transfer)
    rest = content[offset:]
    survives = chance.randrange(len(rest) + 1) if rest else 0
    checksum = Checksum("sha256", hashlib.sha256(rest).digest()) if has_checksum else None
    with pytest.raises(ConnectionResetError):
        transfers.receive_chunk(
            transfer,
            BreaksAfter(rest, min(survives, len(rest) - 1)),
            offset=offset,
            length=len(rest),
            checksum=checksum,
        )


@pytest.mark.parametrize("seed", range(3))
def test_a_study_arrives_whole_over_a_line_that_breaks_twenty_times(cast: Cast, seed: int) -> None:
    chance = random.Random(seed)
    contents = files(chance)
    breaks = 0
    while True:
        upload = announce(cast, contents)  # the browser was closed: the folder is picked again
        missing = filing.missing(upload)
        if not missing:
            break
        by_hash = {hashlib.sha256(content).hexdigest(): content for content in contents.values()}
        wanted = [by_hash[sha256] for sha256 in missing]
        bundle = bundle_of(*wanted[: chance.randrange(1, 15)])
        about = {"upload": str(upload.pk), "kind": "bundle"}
        transfer = transfers.open_transfer(cast.uma, len(bundle), about)
        while breaks < BREAKS and chance.random() < 0.8:
            breaks += 1
            send_until_it_breaks(transfer, bundle, chance, has_checksum=chance.random() < 0.5)
        offset = transfers.resume(transfer)
        transfers.receive_chunk(
            transfer, io.BytesIO(bundle[offset:]), offset=offset, length=len(bundle) - offset
        )
    assert breaks >= BREAKS // 2
    study = complete_upload(upload, by=cast.uma)
    assert upload.files.filter(state="received").count() == len(contents)
    folder = materialise(study, current_storage().incoming.parent / "work")
    assert {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    } == contents
    assert Upload.objects.count() == 1
    assert not [*current_storage().incoming.iterdir()]


def test_two_tabs_sending_the_same_bundle_do_not_mix(cast: Cast) -> None:
    contents = files(random.Random(1))
    upload = announce(cast, contents)
    bundle = bundle_of(*contents.values())
    about = {"upload": str(upload.pk), "kind": "bundle"}
    first, second = (transfers.open_transfer(cast.uma, len(bundle), about) for _ in range(2))
    half = len(bundle) // 2
    for transfer in (first, second):
        transfers.receive_chunk(transfer, io.BytesIO(bundle[:half]), offset=0, length=half)
    for transfer in (first, second):
        rest = bundle[half:]
        transfers.receive_chunk(transfer, io.BytesIO(rest), offset=half, length=len(rest))
    assert not filing.missing(upload)


def test_an_older_tab_cannot_write_behind_a_newer_one(cast: Cast) -> None:
    contents = files(random.Random(2))
    upload = announce(cast, contents)
    bundle = bundle_of(*contents.values())
    about = {"upload": str(upload.pk), "kind": "bundle"}
    transfer = transfers.open_transfer(cast.uma, len(bundle), about)
    transfers.receive_chunk(transfer, io.BytesIO(bundle[:900]), offset=0, length=900)
    with pytest.raises(TransferRefused, match="stands at byte 900"):
        transfers.receive_chunk(transfer, io.BytesIO(b"x" * 900), offset=0, length=900)
