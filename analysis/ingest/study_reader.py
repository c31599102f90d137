"""Read a study from a folder, an archive or a file, whoever sent it."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from analysis.errors import AnalysisError, OutputFailed, UnusableInput
from analysis.ingest.dicom_study import read_dicom
from analysis.ingest.nifti_study import read_nifti
from analysis.ingest.options import ReadLimits, ReadOptions
from analysis.ingest.received_files import (
    FileKind,
    ReceivedFile,
    describe_file,
    list_files,
)
from analysis.ingest.sandbox import Answer, Sandbox
from analysis.study import IngestedStudy
from analysis.wording import listed, plain, words

Progress = Callable[[int], None]
NESTED_ARCHIVE = "an archive inside an archive, which is not opened"
BESIDE_DICOM = "a NIfTI file beside DICOM images, which are used instead"


def read_study(
    source: Path,
    *,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen, so safe to share
    on_progress: Progress = lambda _: None,
) -> IngestedStudy:
    """Read everything that may serve to measure liver fat and iron in what a site sent.

    DICOM (classic or enhanced MR, with or without file extension) or NIfTI with JSON side-cars, in
    a folder, a ZIP archive, several of them in a folder, or one file. Volumes come sorted by their
    position in space, in RAS+ mm; phase in radians where the scale is known. Whatever is not read
    is listed with the reason.

    Parameters
    ----------
    source
        Folder, archive or file.
    options
        Echo times (ms) or field strength (T) that the header lacks, and limits against hostile
        input.
    on_progress
        Called with the number of files whose headers were read since the last call.

    Returns
    -------
    IngestedStudy
        One study of one patient.

    Raises
    ------
    UnusableInput
        If nothing can be analysed: empty, not MR, mixed patients or studies, damaged, unsafe.
    UnsupportedAcquisition
        If the echo times are equal or those given fit no series.
    OutputFailed
        If the disc is full while images are unpacked or decoded.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="lobule-ingest-") as scratch:
            sandbox = Sandbox(Path(scratch), options.limits, on_progress)
            return _read(source.resolve(), sandbox, options)
    except OSError as error:
        raise _not_readable(error) from error


def _read(source: Path, sandbox: Sandbox, options: ReadOptions) -> IngestedStudy:
    files = _with_unpacked(list_files(source, options.limits), sandbox, options.limits)
    dicom = [file for file in files if file.kind is FileKind.DICOM]
    nifti = [file for file in files if file.kind is FileKind.NIFTI]
    sidecars = [file for file in files if file.kind is FileKind.SIDECAR]
    others = [file for file in files if file.kind is FileKind.OTHER]
    if dicom:
        study = read_dicom(dicom, sandbox, options)
        others += [replace(file, reason=BESIDE_DICOM) for file in (*nifti, *sidecars)]
    elif nifti:
        study = read_nifti(nifti, sidecars, sandbox, options)
    else:
        raise _nothing_readable(files)
    skipped = (*study.skipped, *(file.as_skipped for file in others))
    return replace(study, skipped=tuple(sorted(skipped, key=lambda file: file.name)))


def _with_unpacked(
    files: Sequence[ReceivedFile], sandbox: Sandbox, limits: ReadLimits
) -> list[ReceivedFile]:
    """Return the files with each archive replaced by what it holds."""
    archives = [file for file in files if file.kind is FileKind.ARCHIVE]
    kept = [file for file in files if file.kind is not FileKind.ARCHIVE]
    items = []
    for index, archive in enumerate(archives):
        target = sandbox.scratch / f"archive-{index}"
        target.mkdir()
        items.append({"path": str(archive.path), "target": str(target)})
    answers = replace(sandbox, on_progress=lambda _: None).run("unpack", items) if items else []
    for archive, answer in zip(archives, answers, strict=True):
        if answer.error:
            raise _unpacking_failed(archive, answer)
        prefix = f"{archive.name}/" if len(files) > 1 else ""
        kept += [_member(prefix + one["name"], Path(one["path"])) for one in answer.value]
    if len(kept) > limits.max_files:
        raise UnusableInput(
            words(
                "The archives hold more than %(most)s files; send one study at a time.",
                most=f"{limits.max_files:,}",
            ),
            code="too-many-files",
        )
    return sorted(kept, key=lambda file: file.name)


def _member(name: str, path: Path) -> ReceivedFile:
    file = describe_file(name, path)
    if file.kind is FileKind.ARCHIVE:
        return replace(file, kind=FileKind.OTHER, reason=NESTED_ARCHIVE)
    return file


def _unpacking_failed(archive: ReceivedFile, answer: Answer) -> UnusableInput:
    if answer.code in ("damaged", "os-error"):
        return UnusableInput(
            words(
                "The archive %(archive)s could not be unpacked: %(problem)s. Send it again.",
                archive=archive.name,
                problem=answer.said,
            ),
            code="archive-damaged",
        )
    return UnusableInput(answer.said, code=answer.code)


def _not_readable(error: OSError) -> AnalysisError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutputFailed(
            words(
                "There is no space left on the disc to unpack and read the images; free some "
                "and try again."
            ),
            code="disc-full",
            permanent=False,
        )
    return UnusableInput(
        words(
            "The images could not be read (%(problem)s); check that they are all there.",
            problem=str(error.strerror),
        ),
        code="not-readable",
        permanent=False,
    )


def _nothing_readable(files: Sequence[ReceivedFile]) -> UnusableInput:
    if not files:
        return UnusableInput(
            words(
                "The archive is empty; make it again from the folder that holds the exported "
                "images."
            ),
            code="empty-archive",
        )
    reasons = sorted({file.reason for file in files if file.reason})
    why = words(" (%(reasons)s)", reasons=listed(map(plain, reasons[:3]), "; "))
    return UnusableInput(
        words(
            "None of the %(count)s file(s) is a DICOM or NIfTI image%(why)s; choose the "
            "folder that holds the exported images.",
            count=len(files),
            why=why if reasons else "",
        ),
        code="no-dicom",
    )
