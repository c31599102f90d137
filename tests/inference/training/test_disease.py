from __future__ import annotations

import pytest
import torch

from inference.training.disease import RESECTIONS, caudate_growth, nodular_bend, resect
from inference.training.randomness import seeded


def identity_index(size: int) -> torch.Tensor:
    axes = [torch.arange(size, dtype=torch.float32)] * 3
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))


@pytest.mark.parametrize("seed", range(8))
def test_a_resection_takes_whole_segments_out_of_image_and_truth(tiny_anatomy, seed: int) -> None:
    tissues = torch.from_numpy(tiny_anatomy.tissues.copy())
    segments = torch.from_numpy(tiny_anatomy.segments.copy()).long()
    after, filled = resect(segments, tissues, seeded(seed, torch.device("cpu")))
    gone = set(segments.unique().tolist()) - set(after.unique().tolist())
    assert any(gone == set(numbers) & set(segments.unique().tolist()) for numbers in RESECTIONS)
    out = (segments > 0) & (after == 0)
    assert torch.equal(filled[~out], tissues[~out])
    assert not torch.isin(filled[out], torch.arange(1, 9, dtype=torch.uint8)).any()


def test_the_caudate_lobe_appears_larger_and_far_places_stay(random) -> None:
    index = identity_index(41)
    centre = torch.tensor([20.0, 20.0, 20.0])
    grown = caudate_growth(index, centre, 4.0, random)

    def volume(places: torch.Tensor) -> int:
        return int(((places - centre.view(3, 1, 1, 1)).norm(dim=0) < 5).sum())

    assert volume(grown) > 1.3 * volume(index)
    assert torch.allclose(grown[:, 0, 0, 0], index[:, 0, 0, 0], atol=0.8)
    assert torch.equal(grown[:, 20, 20, 20], index[:, 20, 20, 20])


def test_a_nodular_surface_moves_by_millimetres(random) -> None:
    bend_mm = nodular_bend((32, 32, 32), 4.0, random) * 4.0
    assert bend_mm.shape == (3, 32, 32, 32)
    assert 0.3 < bend_mm.abs().mean() < 5
