"""A task of the reading process that misbehaves on request, to test the sandbox."""

from __future__ import annotations

import errno
import json
import os
import signal

from analysis.ingest.child import Item
from analysis.ingest.options import ReadLimits


class Unexpected(Exception):
    """An error that no parser is known to raise."""


def answer(item: Item, limits: ReadLimits) -> str:
    deed = item["deed"]
    if deed == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if deed == "raise":
        raise Unexpected
    if deed == "print":
        os.write(1, b"warning: odd bits\n")
    if deed == "fill the disc":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if deed == "eat memory":
        return json.dumps(len(bytearray(limits.child_memory_bytes)))
    while deed == "eat time":
        pass
    return json.dumps(deed)
