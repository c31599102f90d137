from __future__ import annotations

import numpy as np

from analysis.simulation.tissues import BY_NAME
from inference.training.cache import SEGMENT_OF, TISSUE_OF, load_anatomies, save_anatomies


def test_a_vessel_is_vessel_by_tissue_and_segment_by_place() -> None:
    assert TISSUE_OF[46] == BY_NAME["hepatic_vessel"].value
    assert SEGMENT_OF[46] == 6


def test_other_tissues_belong_to_no_segment() -> None:
    assert SEGMENT_OF[BY_NAME["spleen"].value] == 0
    assert TISSUE_OF[BY_NAME["spleen"].value] == BY_NAME["spleen"].value


def test_anatomies_come_back_as_they_were_saved(tmp_path, tiny_anatomy) -> None:
    path = tmp_path / "anatomies.npz"
    assert save_anatomies(path, [tiny_anatomy]) == 1
    (back,) = load_anatomies(path)
    assert (back.patient, back.context) == ("patient-1", "ball")
    assert np.array_equal(back.body.labels, tiny_anatomy.body.labels)
    assert np.array_equal(back.body.geometry.affine, tiny_anatomy.body.geometry.affine)


def test_segments_cover_exactly_the_liver(tiny_anatomy) -> None:
    assert set(np.unique(tiny_anatomy.segments)) == set(range(9))
    assert np.array_equal(tiny_anatomy.segments > 0, np.isin(tiny_anatomy.tissues, range(1, 9)))
