"""What the pages of reports show: frozen contexts; every number is already text with its unit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from analysis.export.page import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the first numbers: value, uncertainty and what it means.

    ``explained`` are details that can be opened: (short words, what is behind them).
    """

    key: str
    name: str
    value: str
    unit: str
    error: str
    meaning: str
    details: tuple[str, ...] = ()
    is_borderline: bool = False
    explained: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FindingLine:
    severity: str
    severity_label: str
    message: str
    evidence: str
    action: str
    code: str


@dataclass(frozen=True, slots=True)
class Column:
    """``note`` stands below a title that is short, ``words`` explain it."""

    key: str
    title: str
    unit: str
    note: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """``text`` with ``error`` is shown, ``sort`` is compared, ``copy`` goes to the clipboard."""

    text: str
    error: str = ""
    sort: str = ""

    @property
    def copy(self) -> str:
        return f"{self.text} ± {self.error}" if self.error else self.text


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """``is_part`` is true of a part of the segment above, which no image shows by itself."""

    key: str
    label: int
    name: str
    cells: tuple[Cell, ...]
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class SegmentTable:
    columns: tuple[Column, ...]
    rows: tuple[SegmentRow, ...]


@dataclass(frozen=True, slots=True)
class DiagramSegment:
    """A segment of the schematic liver: ``corners`` of an SVG polygon, text at (x, y)."""

    key: str
    name: str
    corners: str
    x: int
    y: int
    colour: str
    ink: str
    value: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """Means of one quantity over the schematic liver."""

    key: str
    title: str
    scale: str
    segments: tuple[DiagramSegment, ...]


@dataclass(frozen=True, slots=True)
class Download:
    name: str
    size_bytes: int
    url: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A slice of a map over anatomy, shown where there is no viewer."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class MapChoice:
    """A map that can be laid over the anatomy; ``histogram`` says whether it has one."""

    key: str
    name: str
    words: str
    unit: str
    url: str
    low: float
    high: float
    scale: str
    histogram: bool


@dataclass(frozen=True, slots=True)
class Region:
    key: str
    name: str
    label: int
    colour: str


@dataclass(frozen=True, slots=True)
class ViewerData:
    """What the page's scripts need; written into the page as JSON."""

    anatomy_url: str
    segments_url: str
    maps: tuple[MapChoice, ...]
    regions: tuple[Region, ...]
    voxel_url: str
    histogram_url: str
    density_url: str

    @property
    def has_histogram(self) -> bool:
        return any(each.histogram for each in self.maps)


@dataclass(frozen=True, slots=True)
class RoiLine:
    """One region of interest, or a line to compare it with, which has no ``id``."""

    id: str
    name: str
    made_by: str
    n_voxels: str
    cells: tuple[str, ...]
    remove_url: str


@dataclass(frozen=True, slots=True)
class DrawnRoi:
    """Where a region lies, for the viewer."""

    id: str
    centre: tuple[int, ...]
    voxels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RoiPage:
    """Context of ``reports/_rois.html`` (as ``rois``)."""

    quantities: tuple[str, ...]
    lines: tuple[RoiLine, ...]
    may_draw: bool
    url: str
    drawn: tuple[DrawnRoi, ...]

    @property
    def data(self) -> list[dict[str, object]]:
        return [asdict(roi) for roi in self.drawn]


@dataclass(frozen=True, slots=True)
class SignatureLine:
    printed_name: str
    meaning: str
    signed_at: datetime
    signature_sha256: str
    is_intact: bool


@dataclass(frozen=True, slots=True)
class CheckPage:
    """Context of ``reports/check.html`` (as ``page``)."""

    record_sha256: str
    signatures: tuple[SignatureLine, ...]

    @property
    def is_intact(self) -> bool:
        return bool(self.signatures) and all(each.is_intact for each in self.signatures)


@dataclass(frozen=True, slots=True)
class VersionLine:
    version: int
    url: str
    created_at: datetime
    made_by: str
    reason: str
    is_signed: bool
    is_this: bool


@dataclass(frozen=True, slots=True)
class SignOff:
    """Impression and signatures of this version; ``meaning`` is what the next signature says."""

    impression: str
    is_draft: bool
    written_by: str
    written_at: datetime | None
    signatures: tuple[SignatureLine, ...]
    versions: tuple[VersionLine, ...]
    may_write: bool
    may_sign: bool
    may_amend: bool
    meaning: str
    meaning_label: str
    printed_name: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Context of ``reports/detail.html`` (as ``page``)."""

    report_id: str
    title: str
    subject: str
    visit: str
    trial: str
    site: str
    study_date: str
    scanner: str
    version: int
    created_at: datetime
    sha256: str
    verdict: tuple[Figure, ...]
    findings: tuple[FindingLine, ...]
    limits_trust: bool
    table: SegmentTable
    diagrams: tuple[Diagram, ...]
    spread: Table
    bands: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    series: Table
    uncertainty_note: str
    intended_use: str
    pictures: tuple[Picture, ...]
    downloads: tuple[Download, ...]
    viewer: ViewerData | None
    csv_url: str
    pdf_url: str
    record_url: str
    run_url: str
    rois: RoiPage | None
    sign_off: SignOff
    may_correct: bool
    correction: str


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """Context of ``reports/_preview.html`` (as ``page``): numbers of a mask not yet saved."""

    verdict: tuple[Figure, ...]
    table: SegmentTable
    dice: str
    changed_voxels: int
