"""The measurements as a table, ``measurements.csv`` (UTF-8, comma, one row a measurement)."""

from __future__ import annotations

import csv
import io

from analysis.anatomy import REGION_BY_KEY
from analysis.export.exported_file import Exporter, ExportRequest
from analysis.measurement import Measurement

COLUMNS = (
    "quantity",
    "region",
    "region_name",
    "statistic",
    "value",
    "unit",
    "standard_error",
    "n_voxels",
    "text",
    "method",
)


def _row(measurement: Measurement) -> tuple[str | float | int | None, ...]:
    return (
        measurement.quantity,
        measurement.region,
        REGION_BY_KEY[measurement.region].name,
        measurement.statistic,
        measurement.value,
        measurement.unit,
        measurement.standard_error,
        measurement.n_voxels,
        measurement.text,
        measurement.method,
    )


def _render(request: ExportRequest) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    writer.writerows(_row(measurement) for measurement in request.report.measurements)
    return stream.getvalue().encode()


CSV_EXPORTER = Exporter("measurements.csv", "text/csv", "All measurements, one row each", _render)
