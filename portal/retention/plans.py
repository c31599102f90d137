"""The dry run: everything that deleting a study would remove, before anything is removed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.reports.models import Comparison, Report, ReportFile, Signature
from portal.retention.rows import Rows, rows_of
from portal.runs.models import AnalysisRun, Artefact
from portal.studies.models import StoredFile, Study, UploadFile


@dataclass(frozen=True, slots=True)
class FileLine:
    """One content; ``is_shared`` content stays, because another upload has it as well."""

    sha256: str
    size_bytes: int
    is_shared: bool


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """A comparison with another visit; it lies with the run of the later one, which may stay."""

    comparison_id: UUID
    run_id: UUID
    output_sha256: str


@dataclass(frozen=True, slots=True)
class DeletionPlan:
    """What would go. Its hash is asked for again when it does go."""

    study_id: UUID
    trial_id: UUID
    subject: str
    visit: str
    received_at: datetime
    manifest_sha256: str
    rows: dict[str, int]
    received: tuple[FileLine, ...]
    results: tuple[FileLine, ...]
    comparisons: tuple[ComparisonLine, ...]
    reports_sha256: tuple[str, ...]
    labels_sha256: tuple[str, ...]  # of outlines that readers corrected
    signatures_sha256: tuple[str, ...]
    run_ids: tuple[UUID, ...]
    report_ids: tuple[UUID, ...]

    @property
    def sha256(self) -> str:
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def freed_bytes(self) -> int:
        lines = (*self.received, *self.results)
        return sum(line.size_bytes for line in lines if not line.is_shared)

    def as_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return plain


def plan_for(study: Study) -> DeletionPlan:
    return plan_of(study, rows_of(study))


def plan_of(study: Study, rows: Rows) -> DeletionPlan:
    reports = Report.objects.filter(pk__in=rows.get(Report, ())).order_by("pk")
    signatures = Signature.objects.filter(pk__in=rows.get(Signature, ())).order_by("pk")
    return DeletionPlan(
        study_id=study.pk,
        trial_id=study.trial_id,
        subject=study.subject.code,
        visit=study.visit.name,
        received_at=study.received_at,
        manifest_sha256=study.upload.manifest_hash,
        rows={model._meta.label: len(keys) for model, keys in sorted(rows.items(), key=_label)},
        received=_received(study),
        results=_results(rows),
        comparisons=_comparisons(rows),
        reports_sha256=tuple(reports.values_list("sha256", flat=True)),
        labels_sha256=tuple(
            reports.exclude(labels_sha256="").values_list("labels_sha256", flat=True)
        ),
        signatures_sha256=tuple(signatures.values_list("signature_sha256", flat=True)),
        run_ids=tuple(sorted(rows.get(AnalysisRun, ()))),
        report_ids=tuple(sorted(rows.get(Report, ()))),
    )


def _label(item: tuple[Any, Any]) -> str:
    label: str = item[0]._meta.label
    return label


def content_of(study: Study) -> set[int]:
    """Return the keys of the stored content that only this study's upload refers to."""
    mine = study.upload.files.exclude(stored=None).values("stored")
    others = UploadFile.objects.exclude(upload=study.upload_id).filter(stored__in=mine)
    kept = {*others.values_list("stored", flat=True)}
    return {*mine.values_list("stored", flat=True)} - kept


def _received(study: Study) -> tuple[FileLine, ...]:
    own = content_of(study)
    stored = StoredFile.objects.filter(upload_files__upload=study.upload_id).distinct()
    return tuple(
        FileLine(file.sha256, file.size_bytes, file.pk not in own)
        for file in stored.order_by("sha256")
    )


def _results(rows: Rows) -> tuple[FileLine, ...]:
    lines: set[FileLine] = set()
    for model in (Artefact, ReportFile):
        found = model._base_manager.filter(pk__in=rows.get(model, ()))
        lines.update(FileLine(*line, False) for line in found.values_list("sha256", "size_bytes"))
    return tuple(sorted(lines, key=lambda line: line.sha256))


def _comparisons(rows: Rows) -> tuple[ComparisonLine, ...]:
    found = Comparison.objects.filter(pk__in=rows.get(Comparison, ())).order_by("pk")
    values = found.values_list("pk", "follow_up__run_id", "output_sha256")
    return tuple(ComparisonLine(*each) for each in values)
