"""What a reader's signature covers beside the report itself, as plain data to be hashed."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from portal.reports.reading_models import Reading


def reading_record(reading: Reading) -> dict[str, Any]:
    """Return the verdict on quality, own values, the decision and the rules that held."""
    case = reading.case
    return {
        "code": reading.code,
        "case": str(case.pk),
        "position": reading.position,
        "scheme_version": case.scheme.version,
        "blinded_to": [*case.scheme.rules["blinded_to"]],
        "quality": reading.quality,
        "quality_note": reading.quality_note,
        "own_pdff_percent": reading.own_pdff_percent,
        "own_r2star_per_s": reading.own_r2star_per_s,
        "unveiled_at": _time(reading),
        "decision": reading.decision,
        "picked": str(reading.picked_id) if reading.picked_id else "",
    }


def _time(reading: Reading) -> str:
    at = reading.unveiled_at
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else ""
