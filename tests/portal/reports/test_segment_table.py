from __future__ import annotations

import csv
import io

from portal.reports.segment_table import build_table, table_as_csv
from portal.reports.verdict import build_verdict
from tests.portal.reports.conftest import Analysed, analysed


def test_the_table_repeats_the_measurements_text(results: Analysed) -> None:
    table = build_table(results.report)
    assert [row.key for row in table.rows][:2] == ["liver", "segment_1"]
    titles = [column.title for column in table.columns]
    pdff = titles.index("PDFF")
    for row in table.rows:
        measured = results.report.get("PDFF", row.key)
        assert measured is not None
        cell = row.cells[pdff]
        assert f"{cell.text} {measured.unit}" == measured.text
        assert cell.copy == f"{cell.text} ± {cell.error}"


def test_columns_without_a_value_are_left_out() -> None:
    titles = [c.title for c in build_table(analysed(field_strength_t=None).report).columns]
    assert "LIC" not in titles
    assert "PDFF" in titles


def test_csv_keeps_value_and_error_apart(results: Analysed) -> None:
    rows = list(csv.DictReader(io.StringIO(table_as_csv(build_table(results.report)))))
    measured = results.report.get("PDFF", "segment_5")
    assert measured is not None
    row = next(row for row in rows if row["region"] == "segment_5")
    assert float(row["PDFF-mean (%)"]) == measured.value


def test_the_verdict_and_the_table_agree(results: Analysed) -> None:
    liver = build_table(results.report).rows[0]
    shown = {cell.text for cell in liver.cells}
    assert {figure.value for figure in build_verdict(results.report)} <= shown
