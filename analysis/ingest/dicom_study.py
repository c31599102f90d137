"""Read the DICOM files of a study: headers first, then the pixels of the series that matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from analysis.errors import AnalysisError, UnusableInput
from analysis.ingest.acquisition import acquisition_of
from analysis.ingest.header import ImageHeader, from_rows
from analysis.ingest.identity import describe_study
from analysis.ingest.ingest_findings import (
    copy_findings,
    damage_findings,
    left_out,
    vendor_findings,
)
from analysis.ingest.load import describe_series, load_series
from analysis.ingest.options import ReadOptions
from analysis.ingest.pixels import PixelSource
from analysis.ingest.reading_plan import decide
from analysis.ingest.reading_rules import reason_not_to_read
from analysis.ingest.received_files import ReceivedFile
from analysis.ingest.repeats import drop_copies
from analysis.ingest.sandbox import Sandbox
from analysis.ingest.stack_plans import SeriesPlan, claimed_role, plan_series
from analysis.study import Component, IngestedSeries, IngestedStudy, Role, SkippedFile
from analysis.wording import words

DAMAGED_PIXELS = "damaged-pixel-data"
CONFLICT = "conflicting-instances"


def read_dicom(
    files: Sequence[ReceivedFile], sandbox: Sandbox, options: ReadOptions
) -> IngestedStudy:
    """Return the study that the DICOM files hold.

    Raises
    ------
    UnusableInput
        If they hold several patients or studies, no MR, or only damaged or incomplete echoes.
    UnsupportedAcquisition
        If the echo times are equal, or those given do not fit.
    """
    headers, skipped = _read_headers(files, sandbox)
    if not headers:
        raise UnusableInput(
            words("None of the files is a readable DICOM image; export the study again."),
            code="no-dicom",
        )
    source = PixelSource(files, sandbox)
    unique = drop_copies(headers, source)
    description = describe_study(unique.headers)
    plans, copies = _plan(unique.headers, source)
    decided, findings = decide(plans, options.echo_times_ms)
    series, problems = _load(decided, source, options)
    _require_readable_echoes(series, problems)
    skipped += [*unique.copies, *copies]
    return IngestedStudy(
        description=description,
        series=tuple(sorted(series, key=lambda one: (one.number, one.series_instance_uid))),
        skipped=tuple(skipped),
        findings=(
            *findings,
            *(left_out(plan) for plan in problems),
            *copy_findings([*unique.copies, *copies]),
            *damage_findings(skipped),
            *vendor_findings(decided),
        ),
    )


def _read_headers(
    files: Sequence[ReceivedFile], sandbox: Sandbox
) -> tuple[list[ImageHeader], list[SkippedFile]]:
    items = [{"path": str(file.path), "index": index} for index, file in enumerate(files)]
    headers: list[ImageHeader] = []
    skipped: list[SkippedFile] = []
    for file, answer in zip(files, sandbox.run("headers", items), strict=True):
        if answer.error:
            skipped.append(SkippedFile(file.name, f"damaged: {answer.error}"))
        elif not answer.value:
            skipped.append(SkippedFile(file.name, "DICOM without the identifiers of an image"))
        else:
            headers += from_rows(answer.value)
    return headers, skipped


def _plan(
    headers: Iterable[ImageHeader], source: PixelSource
) -> tuple[list[SeriesPlan], list[SkippedFile]]:
    groups: dict[tuple[str, Role], list[ImageHeader]] = defaultdict(list)
    for header in headers:
        groups[header.series.series_instance_uid, claimed_role(header)].append(header)
    plans: list[SeriesPlan] = []
    copies: list[SkippedFile] = []
    for (_, role), group in groups.items():
        reason = reason_not_to_read(group)
        if reason:
            plans.append(SeriesPlan(group[0], role, (), len(group), not_read=reason))
            continue
        plan, dropped = plan_series(group, role, source)
        plans.append(plan)
        copies += dropped
    return plans, copies


def _load(
    plans: Iterable[SeriesPlan], source: PixelSource, options: ReadOptions
) -> tuple[list[IngestedSeries], list[SeriesPlan]]:
    """Return all series, and the plans that could not be read though they were wanted."""
    series: list[IngestedSeries] = []
    problems: list[SeriesPlan] = []
    for plan in plans:
        if not plan.not_read:
            try:
                series.append(load_series(plan, source, options.field_strength_t))
                continue
            except AnalysisError as error:
                plan = plan.refused(error)
        if plan.problem:
            problems.append(plan)
        series.append(describe_series(plan, acquisition_of(plan.first, options.field_strength_t)))
    return series, problems


def _require_readable_echoes(
    series: Sequence[IngestedSeries], problems: Sequence[SeriesPlan]
) -> None:
    """Raise the first problem that costs the study its echoes; damage always does.

    A damaged file is the sign of a broken transfer, which costs a site little to repeat. A conflict
    in a series that may not matter is passed over where the scanner's maps are there.
    """
    errors = [plan.problem for plan in problems if plan.problem]
    read = [one for one in series if one.stacks]
    has_echoes = any(one.claimed_role is Role.MULTI_ECHO and _has_signal(one) for one in read)
    has_maps = any(one.claimed_role in (Role.PDFF_MAP, Role.R2STAR_MAP) for one in read)
    for error in errors:
        is_passed_over = has_echoes or (has_maps and error.code == CONFLICT)
        if error.code == DAMAGED_PIXELS or not is_passed_over:
            raise error


def _has_signal(series: IngestedSeries) -> bool:
    return any(stack.component is not Component.PHASE for stack in series.stacks)
