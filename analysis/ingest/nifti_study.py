"""Read a study that comes as NIfTI files with JSON side-cars."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis.errors import AnalysisError, UnsupportedAcquisition, UnusableInput
from analysis.findings import Finding, Severity
from analysis.ingest.nifti_image import NiftiImage, Sidecar
from analysis.ingest.nifti_names import NiftiName, parse_name
from analysis.ingest.nifti_series import NiftiVolume, build_series, volumes_of
from analysis.ingest.options import ReadOptions
from analysis.ingest.received_files import ReceivedFile
from analysis.ingest.sandbox import Sandbox
from analysis.study import IngestedSeries, IngestedStudy, Role, SkippedFile, StudyDescription
from analysis.wording import listed, plain, words


@dataclass(frozen=True, slots=True)
class NiftiEntry:
    """A NIfTI file, what its name says and what it holds."""

    file: ReceivedFile
    name: NiftiName
    image: NiftiImage
    values: Path


def read_nifti(
    files: Sequence[ReceivedFile],
    sidecars: Sequence[ReceivedFile],
    sandbox: Sandbox,
    options: ReadOptions,
) -> IngestedStudy:
    """Return the study that the NIfTI files hold.

    Raises
    ------
    UnusableInput
        If no file can be read, or they belong to several patients or studies.
    UnsupportedAcquisition
        If echo times are missing, or those given fit no series.
    """
    by_stem = {file.name.removesuffix(".json"): file for file in sidecars}
    entries, skipped, used = _convert(files, by_stem, sandbox)
    if not entries:
        reasons = listed(
            (
                words("%(file)s: %(reason)s", file=file.name, reason=plain(file.reason))
                for file in skipped[:3]
            ),
            "; ",
        )
        raise UnusableInput(
            words(
                "None of the NIfTI files can be read (%(reasons)s); convert the study again.",
                reasons=reasons,
            ),
            code="nifti-damaged",
        )
    description = _describe(entries)
    groups: dict[str, list[NiftiVolume]] = defaultdict(list)
    for entry in entries:
        groups[entry.name.series_key] += volumes_of(entry.name, entry.image, entry.values)
    groups = _with_echo_times(groups, options.echo_times_ms) if options.echo_times_ms else groups
    series = [
        build_series(key, number, volumes, options.field_strength_t)
        for number, (key, volumes) in enumerate(sorted(groups.items()), start=1)
    ]
    _require_echo_times(series)
    unused = (file for stem, file in by_stem.items() if stem not in used)
    return IngestedStudy(
        description=description,
        series=tuple(series),
        skipped=(*skipped, *(SkippedFile(f.name, "a side-car without image") for f in unused)),
        findings=tuple(_findings(entries)),
    )


def _convert(
    files: Sequence[ReceivedFile], by_stem: dict[str, ReceivedFile], sandbox: Sandbox
) -> tuple[list[NiftiEntry], list[SkippedFile], set[str]]:
    """Return the files that could be read, those that could not, and the side-cars used."""
    names = [parse_name(file.name) for file in files]
    stems = [next((s for s in name.sidecar_stems if s in by_stem), "") for name in names]
    targets = [sandbox.scratch / f"nifti-{index}.npy" for index in range(len(files))]
    items = [
        {
            "path": str(file.path),
            "sidecar": str(by_stem[stem].path) if stem else "",
            "target": str(target),
        }
        for file, stem, target in zip(files, stems, targets, strict=True)
    ]
    entries: list[NiftiEntry] = []
    skipped: list[SkippedFile] = []
    answers = sandbox.run("nifti", items)
    for file, name, target, answer in zip(files, names, targets, answers, strict=True):
        if answer.error:
            skipped.append(SkippedFile(file.name, f"damaged: {answer.error}"))
        else:
            entries.append(NiftiEntry(file, name, _image(answer.value), target))
    return entries, skipped, set(stems)


def _image(value: dict[str, object]) -> NiftiImage:
    fields = {key: tuple(v) if isinstance(v, list) else v for key, v in value.items()}
    described = fields.pop("sidecar")
    if not isinstance(described, dict):
        raise TypeError("the reading process answered without a side-car")
    sidecar = {k: tuple(v) if isinstance(v, list) else v for k, v in described.items()}
    return NiftiImage(sidecar=Sidecar(**sidecar), **fields)  # type: ignore[arg-type]  # own JSON


def _describe(entries: Sequence[NiftiEntry]) -> StudyDescription:
    sidecars = [entry.image.sidecar for entry in entries]
    subjects = {entry.name.subject for entry in entries if entry.name.subject}
    patients = {sidecar.patient_id for sidecar in sidecars if sidecar.patient_id}
    if max(len(subjects), len(patients)) > 1:
        raise UnusableInput(
            words(
                "The images belong to %(count)s different patients; send one patient at a time.",
                count=max(len(subjects), len(patients)),
            ),
            code="mixed-patients",
        )
    studies = {sidecar.study_instance_uid for sidecar in sidecars if sidecar.study_instance_uid}
    if len(studies) > 1:
        raise UnusableInput(
            words(
                "The images belong to %(count)s different MR studies; send one study at a time.",
                count=len(studies),
            ),
            code="mixed-studies",
        )
    names = "\n".join(sorted(entry.file.name for entry in entries))
    stable = f"nifti-{hashlib.sha256(names.encode()).hexdigest()[:16]}"
    return StudyDescription(
        study_instance_uid=next(iter(studies), stable),
        patient_id=next(iter(subjects | patients), ""),
        source="NIfTI",
    )


def _with_echo_times(
    groups: dict[str, list[NiftiVolume]], echo_times_ms: tuple[float, ...]
) -> dict[str, list[NiftiVolume]]:
    """Return the groups with the given echo times where their number fits."""
    renamed = {}
    for key, volumes in groups.items():
        components = {volume.component for volume in volumes}
        ordered = [
            sorted((v for v in volumes if v.component is component), key=lambda v: v.order)
            for component in components
        ]
        if all(len(echoes) == len(echo_times_ms) for echoes in ordered):
            renamed[key] = [
                replace(volume, echo_time_ms=time)
                for echoes in ordered
                for volume, time in zip(echoes, sorted(echo_times_ms), strict=True)
            ]
    if not renamed:
        raise UnsupportedAcquisition(
            words(
                "--echo-times names %(count)s echo times, but no series holds that many "
                "volumes; check the list.",
                count=len(echo_times_ms),
            ),
            code="echo-times-do-not-fit",
        )
    return groups | renamed


def _require_echo_times(series: Sequence[IngestedSeries]) -> None:
    """Ask for echo times if the only series of several volumes has none."""
    if any(one.claimed_role is not Role.OTHER for one in series):
        return
    for one in series:
        times = {stack.echo_time_ms for stack in one.stacks}
        if len(one.stacks) > len(times):
            raise _without_echo_times(one)


def _without_echo_times(series: IngestedSeries) -> AnalysisError:
    return UnsupportedAcquisition(
        words(
            "The echo times of %(series)s are missing or all equal; give them with "
            "--echo-times, or add EchoTime to the side-car.",
            series=series.description,
        ),
        code="echo-times-equal",
    )


def _findings(entries: Sequence[NiftiEntry]) -> list[Finding]:
    unplaced = [entry.file.name for entry in entries if not entry.image.has_orientation]
    if not unplaced:
        return []
    return [
        Finding.of(
            "nifti-without-orientation",
            Severity.WARNING,
            words("The files do not say how the patient lay, so left and right may be exchanged."),
            evidence=", ".join(np.unique(unplaced)[:5].tolist()),
            action=words("Convert the DICOM images again with their orientation."),
            stage="ingest",
        )
    ]
