from __future__ import annotations

import struct

from pydicom.dataset import Dataset

from analysis.ingest.header import VendorTags
from analysis.ingest.vendor_tags import read_vendor_tags

PHILIPS = "Philips MR Imaging DD 001"


def test_philips_scale_slope_and_map_type_are_found_by_their_creator() -> None:
    dataset = Dataset()
    dataset.private_block(0x2005, "Philips MR Imaging DD 005", create=True)
    block = dataset.private_block(0x2005, PHILIPS, create=True)  # second, so at (2005,11xx)
    block.add_new(0x0E, "FL", 0.5)
    block.add_new(0x11, "CS", "FF")

    tags = read_vendor_tags(dataset, "Philips Medical Systems")

    assert tags == VendorTags(philips_scale_slope=0.5, philips_map_type="FF")


def test_elements_without_creator_and_type_are_found_at_their_usual_place() -> None:
    dataset = Dataset()
    dataset.add_new(0x2005100E, "UN", struct.pack("<f", 0.25))

    assert read_vendor_tags(dataset, "Philips").philips_scale_slope == 0.25


def test_an_element_of_another_creator_is_not_taken() -> None:
    dataset = Dataset()
    dataset.private_block(0x2005, "Somebody else", create=True).add_new(0x0E, "FL", 0.5)

    assert read_vendor_tags(dataset, "Philips").philips_scale_slope is None


def test_ge_component_and_sequence_are_read() -> None:
    dataset = Dataset()
    dataset.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x2F, "SS", 1)
    dataset.private_block(0x0019, "GEMS_ACQU_01", create=True).add_new(0x9C, "LO", "ideal3d/x")

    tags = read_vendor_tags(dataset, "GE MEDICAL SYSTEMS")

    assert tags == VendorTags(ge_component=1, ge_sequence="ideal3d/x")


def test_siemens_image_type_is_read() -> None:
    dataset = Dataset()
    dataset.private_block(0x0051, "SIEMENS MR HEADER", create=True).add_new(0x16, "LO", "p/nd")

    assert read_vendor_tags(dataset, "SIEMENS").siemens_image_type == "P/ND"


def test_private_elements_of_other_manufacturers_are_not_looked_for() -> None:
    dataset = Dataset()
    dataset.private_block(0x2005, PHILIPS, create=True).add_new(0x0E, "FL", 0.5)

    assert read_vendor_tags(dataset, "CANON_MEC") == VendorTags()
