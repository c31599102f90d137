from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from analysis.errors import ModelError
from inference.catalogue import ModelSpec, find
from inference.packages import write_package
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.errors import PortalError
from portal.runs import models_registry, storage
from portal.runs.codec import NO_ARRAYS, decode
from portal.runs.models import ModelVersion
from portal.runs.services import start_run
from portal.runs.stage import AnalyseOptions
from portal.studies.models import Study
from tests.inference.conftest import models_root, spec, write_card, write_level_network
from tests.portal.conftest import Cast
from tests.portal.runs.broker_calls import Calls

__all__ = ["models_root", "spec"]  # fixtures
pytestmark = pytest.mark.django_db
ApiOf = Callable[[User | AnonymousUser], APIClient]


@pytest.fixture
def package(spec: ModelSpec, tmp_path: Path) -> bytes:
    write_package(spec.path.parent, tmp_path / "levels.zip")
    return (tmp_path / "levels.zip").read_bytes()


def installed(version: str) -> ModelVersion:
    """Put a version of the tiny model where imported ones lie, with its row."""
    folder = storage.models() / "levels" / version
    folder.mkdir(parents=True)
    write_level_network(folder / "model.onnx")
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\x72\x01" + version[:1].encode())  # another sha256 for each version
    write_card(folder, version=version)
    sha256 = find("levels", version, storage.models()).sha256
    return ModelVersion.objects.create(name="levels", version=version, sha256=sha256)


def test_before_any_choice_the_newest_shipped_model_is_active() -> None:
    (active,) = [line for line in models_registry.overview().models if line.is_active]
    assert active.sha256 == find().sha256
    assert active.is_shipped
    assert active.card is not None
    assert active.card.not_measured
    assert models_registry.model_for_new_runs() == ""


def test_an_imported_model_is_listed_and_not_active(package: bytes, cast: Cast) -> None:
    row = models_registry.import_package(io.BytesIO(package), by=cast.ada)
    (line,) = [one for one in models_registry.overview().models if one.sha256 == row.sha256]
    assert (line.name, line.version, line.imported_by) == ("levels", "1.0.0", "ada@example.org")
    assert line.can_activate
    assert not line.is_shipped
    assert line.runs == 0
    assert AuditEvent.objects.get(action="model-imported").new["sha256"] == row.sha256


def test_a_refused_package_leaves_no_row(cast: Cast) -> None:
    with pytest.raises(ModelError, match="not a model package"):
        models_registry.import_package(io.BytesIO(b"no ZIP"), by=cast.ada)
    assert not ModelVersion.objects.exists()
    assert not AuditEvent.objects.filter(action="model-imported").exists()


def test_new_runs_take_the_active_model_and_old_ones_keep_theirs(
    study: Study, cast: Cast, broker: Calls
) -> None:
    before = start_run(study, cast.uma)
    before.state = "succeeded"
    before.save()
    models_registry.activate(installed("2.0.0").sha256, by=cast.ada, reason="better on our cases")
    after = start_run(study, cast.uma)
    assert [decode(run.options, AnalyseOptions, NO_ARRAYS).model for run in (before, after)] == [
        "",
        "levels:2.0.0",
    ]


def test_who_names_a_model_gets_that_one(study: Study, cast: Cast, broker: Calls) -> None:
    models_registry.activate(installed("2.0.0").sha256, by=cast.ada, reason="try")
    run = start_run(study, cast.uma, AnalyseOptions(model="liver-segments:0.2.0"))
    assert run.options["model"] == "liver-segments:0.2.0"


def test_rolling_back_goes_back_step_by_step_to_the_shipped_model(cast: Cast) -> None:
    for version in ("1.0.0", "2.0.0"):
        models_registry.activate(installed(version).sha256, by=cast.ada, reason="newer")
    seen = [models_registry.model_for_new_runs()]
    for _ in range(2):
        models_registry.roll_back(by=cast.ada, reason="worse than before")
        seen.append(models_registry.model_for_new_runs())
    assert seen == ["levels:2.0.0", "levels:1.0.0", ""]
    with pytest.raises(PortalError, match="no earlier model"):
        models_registry.roll_back(by=cast.ada, reason="again")


def test_every_choice_is_in_the_trail_with_its_reason(cast: Cast) -> None:
    models_registry.activate(installed("2.0.0").sha256, by=cast.ada, reason="better")
    models_registry.roll_back(by=cast.ada, reason="worse")
    events = AuditEvent.objects.filter(action__startswith="model-").order_by("sequence")
    assert [(event.action, event.new["reason"], event.new["model"]) for event in events] == [
        ("model-activated", "better", "levels:2.0.0"),
        ("model-rolled-back", "worse", ""),
    ]
    history = models_registry.overview().history
    assert [(each.model.version, each.rolled_back_at is None) for each in history] == [
        ("2.0.0", False)
    ]


def test_the_active_model_is_not_activated_twice(cast: Cast) -> None:
    row = installed("2.0.0")
    models_registry.activate(row.sha256, by=cast.ada, reason="better")
    with pytest.raises(PortalError, match="already"):
        models_registry.activate(row.sha256, by=cast.ada, reason="better")


def test_a_model_whose_files_are_gone_is_listed_and_cannot_be_activated(cast: Cast) -> None:
    row = installed("2.0.0")
    shutil.rmtree(storage.models() / "levels")
    (line,) = [one for one in models_registry.overview().models if one.sha256 == row.sha256]
    assert not line.is_installed
    with pytest.raises(PortalError, match="import it first"):
        models_registry.activate(row.sha256, by=cast.ada, reason="better")


def test_a_broken_card_does_not_hide_the_other_models(cast: Cast) -> None:
    installed("1.0.0")
    (storage.models() / "levels" / "1.0.0" / "card.json").write_text("{")
    seen = models_registry.overview()
    assert any(line.is_shipped for line in seen.models)
    assert len(seen.unreadable) == 1


def test_the_api_imports_activates_and_rolls_back(
    package: bytes, cast: Cast, api_of: ApiOf
) -> None:
    client = api_of(cast.ada)
    sent = {"package": SimpleUploadedFile("levels.zip", package, "application/zip")}
    imported = client.post("/api/v1/models/", sent, format="multipart")
    assert imported.status_code == HTTPStatus.CREATED
    url = f"/api/v1/models/{imported.data['sha256']}/activate/"
    assert client.post(url, {}, format="json").status_code == HTTPStatus.BAD_REQUEST  # no reason
    assert client.post(url, {"reason": "better"}, format="json").data["is_active"] is True
    listed = {one["sha256"]: one for one in client.get("/api/v1/models/").data}
    assert [one["name"] for one in listed.values() if one["is_active"]] == ["levels"]
    answer = client.post("/api/v1/models/roll-back/", {"reason": "worse"}, format="json")
    assert (answer.data["name"], answer.data["is_active"]) == ("liver-segments", True)


def test_what_is_no_package_is_refused_in_words(cast: Cast, api_of: ApiOf) -> None:
    sent = {"package": SimpleUploadedFile("x.zip", b"nothing", "application/zip")}
    answer = api_of(cast.ada).post("/api/v1/models/", sent, format="multipart")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.data["code"] == "model-package-invalid"
