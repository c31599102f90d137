"""Stored values of images: plain ones by their place in the file, compressed ones after decoding.

Plain values are read by offset and length, which parses nothing; decoding happens in the child.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.errors import UnusableInput
from analysis.ingest.header import ImageHeader
from analysis.ingest.received_files import ReceivedFile
from analysis.ingest.sandbox import Sandbox
from analysis.wording import listed, plain, words

MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """Where the decoded frames of a compressed file lie."""

    path: Path
    dtype: str
    frames: int


@dataclass(frozen=True, slots=True)
class PixelSource:
    """Gives the stored values of images.

    Parameters
    ----------
    files
        All received files, by index.
    sandbox
        Decodes compressed files.
    """

    files: Sequence[ReceivedFile]
    sandbox: Sandbox
    decoded: dict[int, DecodedFile] = field(default_factory=dict)
    undecodable: dict[int, str] = field(default_factory=dict)

    def name(self, header: ImageHeader) -> str:
        """Return the sender's name of the file that holds an image."""
        return self.files[header.file_index].name

    def decode(self, headers: Iterable[ImageHeader]) -> None:
        """Decode the compressed files among those that hold ``headers``."""
        wanted = {h.file_index for h in headers if not h.pixels.is_plain and not h.pixels.problem}
        indices = sorted(wanted - self.decoded.keys() - self.undecodable.keys())
        targets = [self.sandbox.scratch / f"decoded-{index}.raw" for index in indices]
        items = [
            {"path": str(self.files[index].path), "target": str(target)}
            for index, target in zip(indices, targets, strict=True)
        ]
        answers = self.sandbox.run("decode", items) if items else []
        for index, target, answer in zip(indices, targets, answers, strict=True):
            if answer.error:
                self.undecodable[index] = answer.error
            else:
                value = answer.value
                self.decoded[index] = DecodedFile(target, value["dtype"], value["frames"])

    def problems(self, headers: Iterable[ImageHeader]) -> dict[str, str]:
        """Return file name and reason of each image whose values cannot be read."""
        found = {}
        for header in headers:
            reason = header.pixels.problem or self.undecodable.get(header.file_index, "")
            if reason:
                found[self.name(header)] = reason
        return found

    def stored_values(self, header: ImageHeader) -> npt.NDArray[np.generic]:
        """Return the stored values (rows, columns) of an image.

        Raises
        ------
        UnusableInput
            If the file does not hold all of them.
        """
        place = header.pixels
        path, dtype, offset = self._place(header)
        count = place.rows * place.columns
        values = np.fromfile(path, dtype=np.dtype(dtype), count=count, offset=offset)
        if values.size != count:
            raise damaged_files({self.name(header): "it is cut off"})
        return _without_unused_bits(values.reshape(place.rows, place.columns), place.bits_stored)

    def _place(self, header: ImageHeader) -> tuple[Path, str, int]:
        place = header.pixels
        if place.is_plain:
            return self.files[header.file_index].path, place.dtype, place.offset
        decoded = self.decoded[header.file_index]
        size = place.rows * place.columns * np.dtype(decoded.dtype).itemsize
        return decoded.path, decoded.dtype, header.frame * size


def _without_unused_bits(
    values: npt.NDArray[np.generic], bits_stored: int
) -> npt.NDArray[np.generic]:
    """Clear the bits above those stored; old images keep overlays there."""
    unused = values.dtype.itemsize * 8 - bits_stored
    if unused <= 0 or values.dtype.kind not in "iu":
        return values
    shift = values.dtype.type(unused)
    cleared: npt.NDArray[np.generic] = np.right_shift(np.left_shift(values, shift), shift)
    return cleared


def damaged_files(problems: dict[str, str]) -> UnusableInput:
    """Return the error that names damaged files."""
    named = [
        words("%(file)s: %(reason)s", file=name, reason=plain(reason))
        for name, reason in list(problems.items())[:MAX_NAMED]
    ]
    others = len(problems) - MAX_NAMED
    return UnusableInput(
        words(
            "The image data of %(count)s file(s) is damaged or cut off "
            "(%(named)s%(more)s); send these files again.",
            count=len(problems),
            named=listed(named, "; "),
            more=words(" and %(count)s more", count=others) if others > 0 else "",
        ),
        code="damaged-pixel-data",
    )
