from __future__ import annotations

import pytest

from portal.runs import outbox, pipeline
from portal.runs.services import run_succeeded
from portal.runs.stage import Stage
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.broker_calls import Calls
from tests.portal.runs.received import upload_study
from tests.portal.runs.toy_stages import TOY_STAGES


@pytest.fixture
def toy_stages(monkeypatch: pytest.MonkeyPatch) -> tuple[Stage, ...]:
    """Stages that take no time, in the shape of the real ones: one splits, one joins.

    They leave no real report, so the parts above that make records of it do not listen.
    """
    monkeypatch.setattr(run_succeeded, "receivers", [])
    monkeypatch.setattr(pipeline, "STAGES", TOY_STAGES)
    return TOY_STAGES


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()
    monkeypatch.setattr(outbox.app, "send_task", calls.send_task)
    return calls


@pytest.fixture
def study(cast: Cast) -> Study:
    return upload_study(cast.north, cast.uma, {"a/one.dcm": b"one", "a/two.dcm": b"two"})
