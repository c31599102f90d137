"""``python -m inference.segment``: liver and Couinaud segments of images, for researchers.

Takes NIfTI files and DICOM folders, several in one call; the model stays loaded between them.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from analysis.errors import (
    AnalysisError,
    EmptySegmentation,
    NoSuitableSeries,
    OutputFailed,
    UnusableInput,
)
from analysis.ingest.study_reader import read_study
from analysis.nifti import encode_nifti
from analysis.segment_four import divide_segment_4
from analysis.segmentation import Segmentation
from analysis.study import Component, ImageStack
from analysis.volume import LabelMap, Volume
from inference.catalogue import DEFAULT_MODEL, find
from inference.nifti_images import is_nifti, read_image, write_labels
from inference.segmentation import segment_liver
from inference.session import Device, Precision


def _rank(stack: ImageStack) -> tuple[bool, int, float]:
    """Order stacks: magnitudes first, then the largest, then the earliest echo."""
    size = stack.volume.array.size
    return stack.component is not Component.MAGNITUDE, -size, stack.echo_time_ms or 0.0


def load_image(source: Path) -> Volume:
    """Return the image to segment: a NIfTI file, or the first echo of the largest DICOM series.

    Parameters
    ----------
    source
        ``.nii``/``.nii.gz`` file, or a DICOM folder, archive or file.

    Raises
    ------
    AnalysisError
        If it cannot be read or holds no image volume.
    """
    if not source.exists():
        raise UnusableInput(f"{source} does not exist; check the path.", code="input-missing")
    if source.is_file() and is_nifti(source):
        return read_image(source)
    stacks = [stack for series in read_study(source).series for stack in series.stacks]
    if not stacks:
        raise NoSuitableSeries(
            f"{source.name} holds no MR image volume that can be segmented.", code="no-image-volume"
        )
    return min(stacks, key=_rank).volume


def output_path(source: Path, out: Path, is_folder: bool) -> Path:
    """Return where the labels of one source go.

    Examples
    --------
    >>> output_path(Path("a/liver.nii.gz"), Path("labels"), True).as_posix()
    'labels/liver_segments.nii.gz'
    """
    stem = source.name.removesuffix(".gz").removesuffix(".nii")
    return out / f"{stem}_segments.nii.gz" if is_folder else out


def parts_path(labels_file: Path) -> Path:
    """Return where IVa and IVb go, beside the labels.

    Examples
    --------
    >>> parts_path(Path("out/liver_segments.nii.gz")).name
    'liver_segments_IVa_IVb.nii.gz'
    """
    return labels_file.with_name(labels_file.name.removesuffix(".nii.gz") + "_IVa_IVb.nii.gz")


def write_parts(labels: LabelMap, target: Path) -> None:
    """Write segment IV in two: 1 is IVa, 2 is IVb; say by which rule.

    Raises
    ------
    EmptySegmentation
        If there is no whole segment IV.
    OutputFailed
        If the file cannot be written.
    """
    divided = divide_segment_4(labels)
    if divided.division.rule is None:
        raise EmptySegmentation(
            f"IVa and IVb cannot be divided: {divided.division.reason}.", code="no-segment-4"
        )
    text = "Segment IV: 1 = IVa, 2 = IVb; geometric"
    try:
        target.write_bytes(encode_nifti(divided.parts, labels.geometry, text))
    except OSError as error:
        raise OutputFailed(
            f"{target.name} could not be written ({error.strerror}); free space or choose "
            "another folder.",
            code="output-failed",
            permanent=False,
        ) from error
    print(f"  IVa and IVb: {divided.division.said.text}")


def _report(source: Path, result: Segmentation, seconds: float) -> None:
    model = result.models[-1]
    confidence = "unknown" if result.confidence is None else f"{result.confidence:.2f}"
    print(
        f"{source.name}: liver {result.labels.volume_ml:.0f} ml, expected Dice {confidence}, "
        f"{seconds:.1f} s on {model.device} ({model.engine}, {model.name} {model.version})"
    )
    for finding in result.findings:
        print(f"  {finding.severity}: {finding.message} {finding.evidence}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inference.segment", description=__doc__)
    parser.add_argument("images", type=Path, nargs="+", help="NIfTI files or DICOM folders")
    parser.add_argument("--out", type=Path, required=True, help="a .nii.gz file, or a folder")
    parser.add_argument("--model", default=DEFAULT_MODEL, help="NAME or NAME:VERSION")
    parser.add_argument(
        "--divide-iv", action="store_true", help="also write IVa and IVb by a geometric rule"
    )
    parser.add_argument("--device", choices=[d.value for d in Device], default=Device.AUTO.value)
    parser.add_argument(
        "--precision",
        choices=[p.value for p in Precision],
        default=Precision.FLOAT32.value,
        help="arithmetic on the CPU",
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command; exit code 0, or 2 when an input could not be segmented."""
    parser = _parser()
    options = parser.parse_args(arguments)
    is_folder = not is_nifti(options.out)
    if len(options.images) > 1 and not is_folder:
        parser.error("several images need a folder for --out")
    name, _, version = options.model.partition(":")
    failed = False
    for source in options.images:
        started = time.perf_counter()
        try:
            result = segment_liver(
                load_image(source),
                device=options.device,
                precision=Precision(options.precision),
                spec=find(name, version),
            )
            target = output_path(source, options.out, is_folder)
            write_labels(result.labels, target)
            if options.divide_iv:
                write_parts(result.labels, parts_path(target))
        except AnalysisError as error:
            print(f"{source.name}: {error.message}", file=sys.stderr)
            failed = True
        else:
            _report(source, result, time.perf_counter() - started)
    return 2 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
