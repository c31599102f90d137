from __future__ import annotations

from analysis.simulation.dicom.series_order import echo_by_echo, slice_by_slice
from analysis.study import Component


def test_orders_differ_in_what_runs_fastest():
    both = (Component.MAGNITUDE, Component.PHASE)
    by_echo, by_slice = echo_by_echo(2, 3, both), slice_by_slice(2, 3, both)
    assert [image.slice_index for image in by_echo[:4]] == [0, 1, 2, 0]
    assert [image.component for image in by_slice[:2]] == list(both)
    assert [image.slice_index for image in by_slice[:5]] == [0, 0, 0, 0, 1]
    assert set(by_echo) == set(by_slice)
