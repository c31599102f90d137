from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from inference.catalogue import available
from inference.packages import install_package
from tests.inference.importers.conftest import (
    LABELS,
    plans,
    write_descriptions,
    write_fold,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("dynamic_network_architectures", reason="needed to build the network")
    trained = tmp_path / "Tiny"
    write_fold(trained, 0)
    write_descriptions(trained, plans(), LABELS)
    return trained


def test_a_folder_becomes_an_installed_model(folder: Path, tmp_path: Path) -> None:
    said = StringIO()
    models = tmp_path / "models"
    package = tmp_path / "tiny.zip"
    call_command("import_model", "nnunet", folder, models_dir=models, package=package, stdout=said)
    (spec,) = available(models)
    assert install_package(package, tmp_path / "another machine").sha256 == spec.sha256
    assert spec.name == "tiny"
    assert "tiny 1.0.0 is installed" in said.getvalue()
    assert "has not evaluated it" in said.getvalue()


def test_a_refusal_is_one_sentence_and_installs_nothing(folder: Path, tmp_path: Path) -> None:
    write_descriptions(folder, plans(), {"background": 0, "liver": 1})
    with pytest.raises(CommandError, match="liver as a whole"):
        call_command("import_model", "nnunet", folder, models_dir=tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_folder_of_another_format_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="missing or damaged"):
        call_command("import_model", "monai", folder, models_dir=tmp_path / "models")
