"""Check a signed record offline: ``python check_record.py record.json [report.json]``.

Needs Python and this one file, neither the portal nor its database: it hashes the record again and
compares with what each signature says. With ``report.json`` it also checks that the record is of
that very file. Ends with 0 when everything agrees.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any


def digest(value: dict[str, Any]) -> str:
    """Return the SHA-256 of plain data: JSON with sorted keys, no blanks, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def faults(document: dict[str, Any], report: bytes | None) -> list[str]:
    """Return what does not agree, in words; nothing when all does."""
    found = [] if document["signatures"] else ["The record has no signature."]
    record_sha256 = digest(document["record"])
    for signature in document["signatures"]:
        content = signature["content"]
        name = content["printed_name"]
        if content["record_sha256"] != record_sha256:
            found.append(f"The record is not the one that {name} signed.")
        if digest(content) != signature["signature_sha256"]:
            found.append(f"Name, time or meaning of the signature of {name} was changed.")
    wanted = document["record"]["document_sha256"]
    if report is not None and hashlib.sha256(report).hexdigest() != wanted:
        found.append("report.json is not the one that was signed.")
    return found


def main(arguments: list[str]) -> int:
    document = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    report = Path(arguments[1]).read_bytes() if len(arguments) > 1 else None
    found = faults(document, report)
    for signature in document["signatures"]:
        content = signature["content"]
        line = f"{content['printed_name']}, {content['signed_at']}: {content['meaning']}"
        sys.stdout.write(f"{line}, record SHA-256 {content['record_sha256']}\n")
    sys.stdout.write("\n".join(found or ["All hashes agree."]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
