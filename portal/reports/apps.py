from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "portal.reports"

    def ready(self) -> None:
        # Models can be imported only once the apps are loaded.
        from portal.reports.notices import tell_report_ready  # noqa: PLC0415  # see above
        from portal.reports.services import create_report  # noqa: PLC0415  # see above
        from portal.runs.services import run_succeeded  # noqa: PLC0415  # see above

        def make_report(run: Any, **_: Any) -> None:
            tell_report_ready(create_report(run))

        run_succeeded.connect(make_report, weak=False, dispatch_uid="reports.create_report")
