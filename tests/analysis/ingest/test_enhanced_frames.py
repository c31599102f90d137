from __future__ import annotations

import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from analysis.ingest.enhanced_frames import describe_frames
from analysis.ingest.header import ImageHeader, PixelLocation
from tests.analysis.ingest.headers import image_header, series_header


def items(**values: object) -> Sequence:
    dataset = Dataset()
    for name, value in values.items():
        setattr(dataset, name, value)
    return Sequence([dataset])


def frame(echo_ms: float, z_mm: float) -> Dataset:
    groups = Dataset()
    groups.MREchoSequence = items(EffectiveEchoTime=echo_ms)
    groups.PlanePositionSequence = items(ImagePositionPatient=[0.0, 0.0, z_mm])
    return groups


def enhanced(*frames: Dataset) -> FileDataset:
    dataset = FileDataset("", Dataset())
    shared = Dataset()
    shared.PlaneOrientationSequence = items(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    shared.PixelMeasuresSequence = items(PixelSpacing=[2.0, 3.0], SliceThickness=4.0)
    shared.MRTimingAndRelatedParametersSequence = items(RepetitionTime=9.0, FlipAngle=4.0)
    shared.MRImagingModifierSequence = items(TransmitterFrequency=123.2)
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    dataset.PerFrameFunctionalGroupsSequence = Sequence(list(frames))
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    return dataset


def template(manufacturer: str = "SIEMENS") -> ImageHeader:
    return image_header(
        series=series_header(manufacturer=manufacturer, imaging_frequency_mhz=None),
        pixels=PixelLocation(rows=6, columns=8, offset=1000),
    )


def test_a_frame_takes_from_the_shared_groups_what_it_does_not_say() -> None:
    one, two = describe_frames(enhanced(frame(1.2, 0.0), frame(2.2, 4.0)), template(), 2)

    assert (one.echo_time_ms, two.echo_time_ms) == (1.2, 2.2)
    assert (one.position_lps_mm[2], two.position_lps_mm[2]) == (0.0, 4.0)
    assert two.pixel_spacing_mm == (2.0, 3.0)
    assert two.repetition_time_ms == 9.0
    assert two.series.imaging_frequency_mhz == 123.2


def test_frames_lie_one_after_the_other_in_the_file() -> None:
    one, two = describe_frames(enhanced(frame(1.2, 0.0), frame(2.2, 4.0)), template(), 2)

    assert two.pixels.offset - one.pixels.offset == 6 * 8 * 2


def test_the_frames_own_rescale_comes_before_the_shared_one() -> None:
    own = frame(1.2, 0.0)
    own.PixelValueTransformationSequence = items(RescaleSlope=3.0, RescaleIntercept=1.0)
    dataset = enhanced(own, frame(2.2, 0.0))
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.PixelValueTransformationSequence = items(RescaleSlope=2.0, RescaleIntercept=0.0)

    one, two = describe_frames(dataset, template(), 2)

    assert (one.scale.slope, two.scale.slope) == (3.0, 2.0)


@pytest.mark.parametrize("block", [0x10, 0x14])
def test_the_scale_slope_of_philips_is_found_in_its_private_frame_item(block: int) -> None:
    inner = Dataset()
    inner.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", 0.5)
    own = frame(1.2, 0.0)
    own.add_new(0x20050000 | block, "LO", "Philips MR Imaging DD 005")
    own.add_new(0x20050000 | block << 8 | 0x0F, "SQ", Sequence([inner]))

    (one,) = describe_frames(enhanced(own), template("Philips"), 1)

    assert one.vendor.philips_scale_slope == 0.5


def test_the_frame_type_tells_the_component() -> None:
    own = frame(1.2, 0.0)
    own.MRImageFrameTypeSequence = items(
        FrameType=["ORIGINAL", "PRIMARY", "X", "NONE"], ComplexImageComponent="PHASE"
    )

    (one,) = describe_frames(enhanced(own), template(), 1)

    assert one.complex_component == "PHASE"
    assert one.image_type[2] == "X"


def test_too_few_frame_headers_are_damage() -> None:
    with pytest.raises(ValueError, match="1 frame headers for 2 frames"):
        describe_frames(enhanced(frame(1.2, 0.0)), template(), 2)
