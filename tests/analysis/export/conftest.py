from __future__ import annotations

import pytest

from analysis.export.exported_file import ExportRequest
from tests.analysis.small_liver import (
    default_maps,
    make_report,
    make_segmentation,
    make_selected,
)


@pytest.fixture(scope="session")
def request_() -> ExportRequest:
    """The small liver with all its maps."""
    maps = default_maps()
    return ExportRequest(make_report(maps), make_selected(), make_segmentation(), maps)
