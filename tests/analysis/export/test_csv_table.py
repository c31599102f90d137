from __future__ import annotations

import csv
import io

from analysis.export.csv_table import COLUMNS, CSV_EXPORTER
from analysis.export.exported_file import ExportRequest


def test_every_measurement_is_a_row_with_the_digits_of_the_report(request_: ExportRequest) -> None:
    content = CSV_EXPORTER.render(request_)
    assert content is not None
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert tuple(rows[0]) == COLUMNS
    for row, measurement in zip(rows, request_.report.measurements, strict=True):
        assert float(row["value"]) == measurement.value
        assert row["text"] == measurement.text
        assert (row["quantity"], row["region"]) == (measurement.quantity, measurement.region)
        assert row["standard_error"] == (
            "" if measurement.standard_error is None else repr(measurement.standard_error)
        )
        assert int(row["n_voxels"]) == measurement.n_voxels


def test_regions_are_named_for_readers(request_: ExportRequest) -> None:
    content = CSV_EXPORTER.render(request_)
    assert content is not None
    rows = csv.DictReader(io.StringIO(content.decode()))
    assert {"Whole liver", "I (caudate)", "VIII"} <= {row["region_name"] for row in rows}
