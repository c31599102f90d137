from __future__ import annotations

import hashlib
import json
import resource
from pathlib import Path

import numpy as np
import pytest

from analysis.segmentation import ModelUse
from portal.runs.manifest import (
    SCHEMA_VERSION,
    FileRecord,
    Manifest,
    file_records,
    machine,
    now,
    package_versions,
    peak_memory_mb,
)
from portal.runs.stage import AnalyseOptions, StageRecord


def test_every_file_is_listed_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two").write_bytes(b"two")
    (tmp_path / "one").write_bytes(b"one")
    records = file_records(tmp_path)
    assert [record.path for record in records] == ["b/two", "one"]
    assert records[1] == FileRecord("one", 3, hashlib.sha256(b"one").hexdigest())


def test_a_single_file_is_listed_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "study.zip").write_bytes(b"zip")
    assert [record.path for record in file_records(tmp_path / "study.zip")] == ["study.zip"]


def test_versions_are_those_that_run() -> None:
    assert dict(package_versions())["numpy"] == np.__version__


def test_memory_is_that_of_this_process() -> None:
    before = peak_memory_mb()
    block = np.ones(40_000_000 // 8)
    assert block.sum() > 0
    assert before > 10
    assert peak_memory_mb() >= before
    assert peak_memory_mb(resource.RUSAGE_CHILDREN) >= 0


def test_the_machine_is_described_but_not_named() -> None:
    assert set(dict(machine())) == {"system", "processor"}


def test_it_is_written_as_plain_json() -> None:
    made = Manifest(
        schema_version=SCHEMA_VERSION,
        created_at=now(),
        inputs=(FileRecord("one", 3, "a" * 64),),
        outputs=(),
        options=AnalyseOptions(echo_times_ms=(1.2, 2.2)),
        models=(ModelUse("liver", "1.0", "b" * 64, "openvino", "CPU"),),
        stages=(StageRecord("ingest", 1.25),),
        packages=(("python", "3.11.7"), ("numpy", "2.4.6")),
        machine=machine(),
        peak_memory_mb=100.0,
        peak_child_memory_mb=20.0,
    )
    tree = json.loads(made.as_json())
    assert tree["packages"] == {"python": "3.11.7", "numpy": "2.4.6"}
    assert tree["options"]["echo_times_ms"] == [1.2, 2.2]
    assert tree["models"][0]["sha256"] == "b" * 64
    assert tree["stages"] == [{"name": "ingest", "seconds": 1.25}]
    assert tree["created_at"].endswith("+00:00")
    assert tree["inputs"][0]["size_bytes"] == pytest.approx(3)
