"""The report as ``report.json``, by the schema beside this file."""

from __future__ import annotations

import json
from pathlib import Path

from analysis.export.exported_file import Exporter, ExportRequest
from analysis.report_json import report_to_dict

SCHEMA_PATH = Path(__file__).with_name("report.schema.json")


def _render(request: ExportRequest) -> bytes:
    data = report_to_dict(request.report)
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, indent=1)
    return f"{text}\n".encode()


JSON_EXPORTER = Exporter(
    "report.json", "application/json", "All measurements, findings and methods", _render
)
