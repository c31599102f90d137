"""What parsers raise when their input is not what it claims to be."""

from __future__ import annotations

import struct

MALFORMED = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    NotImplementedError,
    EOFError,
    struct.error,
)
