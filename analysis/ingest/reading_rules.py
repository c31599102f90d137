"""Which series are worth reading, as data: the first rule that holds gives the reason not to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from analysis.ingest.grid import grid_key
from analysis.ingest.header import IMAGE_CLASSES, ImageHeader
from analysis.ingest.stack_plans import SeriesPlan
from analysis.study import Component, Role

DOCUMENT_MODALITIES = ("SR", "DOC", "PR", "KO", "SEG", "RTSTRUCT", "REG", "PLAN", "AU", "ECG")
LOCALIZER = re.compile(r"locali[sz]er|scout|survey|3[ -]?plane|(?<![a-z])loc(?![a-z])", re.I)
SPIN_ECHO_WORDS = ("SE", "EP", "SPIN", "IR")
GRADIENT_ECHO_WORDS = ("GR", "RM", "GRADIENT", "BOTH")
MIN_REPEATS = 3

Rule = tuple[Callable[[ImageHeader], bool], str]


def _is_gradient_echo(header: ImageHeader) -> bool:
    sequence = header.series.scanning_sequence
    if any(word in sequence for word in GRADIENT_ECHO_WORDS):
        return "EP" not in sequence
    return not any(word in sequence for word in SPIN_ECHO_WORDS)


IMAGE_RULES: tuple[Rule, ...] = (
    (lambda h: h.series.modality in DOCUMENT_MODALITIES, "a document or result, not images"),
    (lambda h: h.series.modality != "MR", "{modality} images, not MR"),
    (lambda h: h.series.sop_class_uid not in IMAGE_CLASSES, "a screen copy or other object"),
    (lambda h: h.pixels.samples != 1, "a colour screen copy"),
    (lambda h: "MOSAIC" in h.image_type, "an EPI mosaic"),
    (lambda h: "LOCALIZER" in h.image_type, "a localizer"),
    (lambda h: bool(LOCALIZER.search(h.series.series_description)), "a localizer"),
    (lambda h: not _is_gradient_echo(h), "not a gradient-echo acquisition"),
)


def reason_not_to_read(headers: Sequence[ImageHeader]) -> str:
    """Return why the images of a series are not read, empty if they may be."""
    header = headers[0]
    reason = next((reason for applies, reason in IMAGE_RULES if applies(header)), "")
    if not reason and not all(other.has_position for other in headers):
        reason = "images without a position in space"
    if not reason and len({grid_key(other)[-1] for other in headers}) > 1:
        reason = "images in several planes, as in a localizer"
    return reason.format(modality=header.series.modality or "unlabelled")


def is_multi_echo(plan: SeriesPlan) -> bool:
    """Tell whether a series holds several echoes, by time or by repeats that hide them."""
    return len(plan.echo_times_ms) > 1 or hides_echoes(plan)


def hides_echoes(plan: SeriesPlan) -> bool:
    """Tell whether three or more images of each place carry the same echo time, or none.

    Research exports of GE write the shortest echo time into every image (dcm2niix issue 359).
    """
    magnitude = [stack for stack in plan.stacks if stack.component is Component.MAGNITUDE]
    stacks = magnitude or plan.stacks
    times = {(s.headers[0].temporal_position, s.headers[0].acquisition_number) for s in stacks}
    is_dynamic = len(times) > 1
    return len(plan.echo_times_ms) <= 1 and len(stacks) >= MIN_REPEATS and not is_dynamic


def is_wanted_by_name(plan: SeriesPlan) -> bool:
    """Tell whether a series claims to be a map or a Dixon image."""
    return plan.role is not Role.OTHER


def split_echo_key(plan: SeriesPlan) -> tuple[object, ...] | None:
    """Return what single-echo series of one multi-echo acquisition share, or None.

    Scanners that write one series an echo keep everything else: grid, repetition time, flip angle.
    """
    if len(plan.echo_times_ms) != 1 or not plan.stacks:
        return None
    first = plan.first
    return (
        grid_key(first),
        first.repetition_time_ms,
        first.flip_angle_deg,
        first.series.scanning_sequence,
    )
