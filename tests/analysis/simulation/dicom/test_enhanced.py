from __future__ import annotations

import numpy as np
import pydicom
import pytest

from analysis.simulation.dicom.writer import DicomOptions, write_dicom

COMPONENTS = ("MAGNITUDE", "PHASE")


def echo_objects(study, folder, vendor):
    options = DicomOptions(vendor, is_enhanced=True, has_localizer=False)
    return [pydicom.dcmread(path) for path in write_dicom(study, folder, options=options)]


@pytest.mark.parametrize(
    ("vendor", "components"),
    [("siemens", ["MAGNITUDE", "PHASE"]), ("philips", ["MIXED"]), ("canon", ["MAGNITUDE"])],
)
def test_one_object_a_series(vendor, components, oblique_study, tmp_path):
    datasets = echo_objects(oblique_study, tmp_path, vendor)
    assert [dataset.ComplexImageComponent for dataset in datasets] == components


@pytest.mark.parametrize("vendor", ["siemens", "ge", "philips"])
def test_frames_come_back_with_echo_component_and_position(vendor, oblique_study, tmp_path):
    times = oblique_study.spec.protocol.echo_times_ms
    affine = oblique_study.echoes.geometry.affine
    scale = {"siemens": 3600, "ge": 12000}.get(vendor)
    largest = oblique_study.echoes.magnitude.max()
    seen = set()
    for dataset in echo_objects(oblique_study, tmp_path, vendor):
        frames = zip(dataset.PerFrameFunctionalGroupsSequence, dataset.pixel_array, strict=True)
        for groups, stored in frames:
            echo = times.index(groups.MREchoSequence[0].EffectiveEchoTime)
            component = groups.MRImageFrameTypeSequence[0].ComplexImageComponent
            position = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
            index = np.linalg.inv(affine) @ [-position[0], -position[1], position[2], 1]
            k = round(index[2])
            assert index[:3] == pytest.approx([0, 0, k], abs=1e-3)
            assert groups.FrameContentSequence[0].InStackPositionNumber == k + 1
            seen.add((component, echo, k))
            if component == "PHASE":
                continue
            image = oblique_study.echoes.magnitude[echo, :, :, k]
            rescale = groups.PixelValueTransformationSequence[0]
            values = stored.T * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept)
            if scale is None:
                private = groups[0x2005, 0x140F].value[0]
                step = 1 / float(private[0x2005, 0x100E].value)
                values = values / float(rescale.RescaleSlope) * step
            else:
                step = largest / scale
                values = values * step
            np.testing.assert_allclose(values, image, atol=0.51 * step)
    assert seen == {(c, e, k) for c in COMPONENTS for e in range(6) for k in range(3)}


def test_dimension_index_names_slice_echo_and_component(oblique_study, tmp_path):
    dataset = echo_objects(oblique_study, tmp_path, "philips")[0]
    pointers = [item.DimensionIndexPointer for item in dataset.DimensionIndexSequence]
    assert pointers == [0x00209057, 0x00189082, 0x00089208]
    values = [
        tuple(groups.FrameContentSequence[0].DimensionIndexValues)
        for groups in dataset.PerFrameFunctionalGroupsSequence
    ]
    assert len(set(values)) == len(values) == 36


def test_shared_groups_carry_frequency_and_flip_angle(oblique_study, tmp_path):
    shared = echo_objects(oblique_study, tmp_path, "siemens")[0].SharedFunctionalGroupsSequence[0]
    frequency = shared.MRImagingModifierSequence[0].TransmitterFrequency
    assert frequency == pytest.approx(123.2)
    timing = shared.MRTimingAndRelatedParametersSequence[0]
    assert float(timing.FlipAngle) == oblique_study.spec.protocol.flip_angle_deg
    assert timing.GradientEchoTrainLength == 6
