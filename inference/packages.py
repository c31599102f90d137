"""A model as one file: a ZIP of ``model.onnx`` and ``card.json``, made, checked and installed.

The file travels from the machine where a model was trained or converted to the one that runs it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from analysis.errors import ModelError, OutputFailed
from inference.catalogue import ModelSpec, is_identity, load_spec

REPOSITORY = Path(__file__).resolve().parents[1]
LARGEST_BYTES = {"model.onnx": 2 * 1024**3, "card.json": 1024**2}
CHECK_SECONDS = 300


def write_package(folder: Path, target: Path) -> None:
    """Write the model in ``folder`` as one file.

    Raises
    ------
    OutputFailed
        If the file cannot be written.
    """
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in LARGEST_BYTES:
                archive.write(folder / name, name)
    except OSError as error:
        raise OutputFailed(
            f"{target.name} could not be written ({error.strerror}); free space or choose another "
            "place.",
            code="output-failed",
            permanent=False,
        ) from error


def install_package(package: Path | BinaryIO, models_folder: Path, *others: Path) -> ModelSpec:
    """Install a model from its package as ``<models_folder>/<name>/<version>``.

    Unpacked, compared with its checksum and run once in a process of its own before it appears.

    Parameters
    ----------
    package
        The ZIP.
    models_folder
        Of the catalogue.
    others
        Further folders of the catalogue, whose models must keep their names.

    Raises
    ------
    ModelError
        If it is not a package, is installed already, or its model cannot be used.
    OutputFailed
        If the files cannot be written.
    """
    try:
        models_folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=models_folder, prefix=".") as scratch:
            part = Path(scratch) / "model"
            part.mkdir()
            _unpack(package, part)
            target = models_folder / _place(part, (models_folder, *others))
            _check(part)
            target.parent.mkdir(exist_ok=True)
            shutil.move(part, target)
    except OSError as error:
        raise OutputFailed(
            f"The model could not be stored ({error.strerror}); free space and try again.",
            code="output-failed",
            permanent=False,
        ) from error
    return load_spec(target)


def _refused(reason: str) -> ModelError:
    return ModelError(
        f"This is not a model package: {reason}. A package is a ZIP that holds model.onnx and "
        "card.json and nothing else.",
        code="model-package-invalid",
    )


def _unpack(package: Path | BinaryIO, folder: Path) -> None:
    try:
        with zipfile.ZipFile(package) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            names = sorted(PurePosixPath(member.filename).name for member in members)
            if names != sorted(LARGEST_BYTES):
                raise _refused(f"it holds {', '.join(names[:5]) or 'no file'}")
            for member in members:
                _copy(archive, member, folder / PurePosixPath(member.filename).name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise _refused("it is no ZIP, or a damaged or encrypted one") from error


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    most = LARGEST_BYTES[target.name]
    written = 0
    with archive.open(member) as source, target.open("wb") as sink:
        while chunk := source.read(1 << 20):
            written += len(chunk)
            if written > most:
                raise _refused(f"{target.name} is larger than {most // 1024**2} MiB")
            sink.write(chunk)


def _place(folder: Path, roots: tuple[Path, ...]) -> Path:
    """Return ``name/version`` of an unpacked model, which must not exist yet."""
    spec = load_spec(folder)
    if not is_identity(spec.name, spec.version):
        raise _refused(f"{spec.name!r} {spec.version!r} cannot be a model's name and version")
    place = Path(spec.name) / spec.version
    if any((root / place).exists() for root in roots):
        raise ModelError(
            f"{spec.name} {spec.version} is installed already; give the new model another version.",
            code="model-exists",
        )
    return place


def _check(folder: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - own interpreter and module, no shell
            [sys.executable, "-P", "-m", "inference.check_model", str(folder)],
            cwd=REPOSITORY,
            env={"PYTHONPATH": str(REPOSITORY), "CUDA_VISIBLE_DEVICES": "-1"},
            capture_output=True,
            text=True,
            timeout=CHECK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"The model did not answer within {CHECK_SECONDS // 60} minutes; it was not installed.",
            code="model-unusable",
        ) from error
    if done.returncode == 2:
        raise ModelError(done.stderr.strip().splitlines()[-1], code="model-unusable")
    if done.returncode != 0:
        raise ModelError(
            "The model stopped the program that tried it; it was not installed.",
            code="model-unusable",
        )
