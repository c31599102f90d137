"""Whatever the bytes: a study or a sentence, never a crash."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.ingest.study_reader import read_study
from tests.analysis.ingest.dicom_files import SeriesSpec, write_series
from tests.analysis.ingest.nifti_files import echo_values, write_nifti

FEW = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FILES_AN_EXAMPLE = 12

Mutation = tuple[float, bytes]
mutations = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=6)), max_size=6
)
cuts = st.floats(0.05, 1.0)


def mutated(content: bytes, changes: list[Mutation], cut: float) -> bytes:
    """Return the content with some bytes overwritten and its end cut off."""
    result = bytearray(content[: max(1, int(cut * len(content)))])
    for place, replacement in changes:
        start = int(place * len(result))
        result[start : start + len(replacement)] = replacement
    return bytes(result)


@pytest.fixture(scope="module")
def valid_files(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("valid")
    spec = SeriesSpec(slices=(0, 1, 2))
    return [path.read_bytes() for path in write_series(folder, spec)][:FILES_AN_EXAMPLE]


def survives(folder: Path) -> None:
    """Read whatever lies in a folder; only an ``AnalysisError`` may come out, as a sentence."""
    outcome = ""
    try:
        study = read_study(folder)
    except AnalysisError as error:
        outcome = error.message
    else:
        outcome = "read." if study.series or study.skipped else ""
    assert outcome.endswith(".")


@FEW
@given(damage=st.lists(st.tuples(mutations, cuts), min_size=12, max_size=12))
def test_dicom_with_any_bytes_changed(
    valid_files: list[bytes], damage: list[tuple[list[Mutation], float]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for index, (content, (changes, cut)) in enumerate(zip(valid_files, damage, strict=True)):
            (Path(folder) / f"IM{index}").write_bytes(mutated(content, changes, cut))
        survives(Path(folder))


@FEW
@given(changes=mutations, cut=cuts)
def test_nifti_with_any_bytes_changed(changes: list[Mutation], cut: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_nifti(Path(folder) / "liver.nii", echo_values(0), {"EchoTime": 0.001})
        path.write_bytes(mutated(path.read_bytes(), changes, cut))
        sidecar = Path(folder) / "liver.json"
        sidecar.write_bytes(mutated(sidecar.read_bytes(), changes, cut))
        survives(Path(folder))


@FEW
@given(changes=mutations, cut=cuts)
def test_an_archive_with_any_bytes_changed(
    valid_files: list[bytes], changes: list[Mutation], cut: float
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for index, content in enumerate(valid_files):
            archive.writestr(f"IM{index}", content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.zip"
        path.write_bytes(mutated(packed.getvalue(), changes, cut))
        survives(Path(folder))
