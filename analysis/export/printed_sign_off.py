"""What a reader adds to the printed report: words, regions and signatures, as text."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.export.page_tables import Table


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
    """The reader's part of a printed report.

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
    """

    version: str
    impression: str
    regions: Table | None
    signatures: tuple[PrintedSignature, ...]
    check: str
    code: tuple[str, ...]
