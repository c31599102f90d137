from __future__ import annotations

import json

from analysis.export.exported_file import ExportRequest
from analysis.export.json_report import JSON_EXPORTER
from analysis.report_json import report_to_dict


def test_the_file_holds_the_report(request_: ExportRequest) -> None:
    content = JSON_EXPORTER.render(request_)
    assert content is not None
    assert json.loads(content) == json.loads(json.dumps(report_to_dict(request_.report)))


def test_units_are_readable_in_the_file(request_: ExportRequest) -> None:
    content = JSON_EXPORTER.render(request_)
    assert content is not None
    assert "s⁻¹".encode() in content
