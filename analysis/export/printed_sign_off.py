"""What is known beside the analysis: a reader's words, regions, signatures, earlier visits."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.export.page_tables import Table
from analysis.export.printed_change import PrintedChange


@dataclass(frozen=True, slots=True)
class PrintedSignature:
    """One electronic signature, with what 21 CFR 11.50 wants to be printed.

    Parameters
    ----------
    printed_name, signed_at, meaning
        Who, when and what for.
    record_sha256, signature_sha256
        What it is bound to, and the hash of all of it.
    """

    printed_name: str
    signed_at: str
    meaning: str
    record_sha256: str
    signature_sha256: str


@dataclass(frozen=True, slots=True)
class PrintedSignOff:
    """The part of a printed report that readers and earlier visits add.

    Parameters
    ----------
    version
        Such as ``"Version 2"``, with who made it and why.
    impression
        In the reader's words; empty when there is none yet.
    regions
        Regions of interest with their values, or None.
    signatures
        In the order in which they were given.
    check
        How the hash is checked, in words with the address.
    code
        The same address as a QR code: rows of ``"0"`` and ``"1"``.
    change
        Since an earlier visit; None when there is none or the reader may not know of it.
    """

    version: str
    impression: str
    regions: Table | None
    signatures: tuple[PrintedSignature, ...]
    check: str
    code: tuple[str, ...]
    change: PrintedChange | None = None
