from __future__ import annotations

import pytest
import torch

from analysis.simulation.tissues import BY_NAME
from inference.training.disease import (
    RESECTIONS,
    caudate_growth,
    change_gallbladder,
    nodular_bend,
    resect,
)
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


def beside_a_liver() -> tuple[torch.Tensor, torch.Tensor]:
    """A gallbladder between liver of segment V and a stomach, in fat."""
    tissues = torch.full((24, 24, 24), BY_NAME["visceral_fat"].value, dtype=torch.uint8)
    segments = torch.zeros(24, 24, 24, dtype=torch.int64)
    segments[:, :, 14:] = 5
    tissues[:, :, 14:] = 5
    tissues[16:] = BY_NAME["stomach_content"].value
    segments[16:] = 0
    tissues[8:15, 8:15, 8:14] = BY_NAME["gallbladder"].value
    return segments, tissues


def test_a_gallbladder_is_taken_out_or_swells_into_fat_and_liver_only() -> None:
    segments, tissues = beside_a_liver()
    code = BY_NAME["gallbladder"].value
    before, removed, swollen = tissues == code, 0, 0
    for seed in range(20):
        after, changed = change_gallbladder(segments, tissues, seeded(seed, torch.device("cpu")))
        now = changed == code
        assert torch.equal(changed[~now & ~before], tissues[~now & ~before])
        assert not after[now].any()
        assert torch.equal(after[~now], segments[~now])
        if not now.any():
            assert bool((changed[before] == BY_NAME["visceral_fat"].value).all())
            removed += 1
        else:
            assert bool((now | ~before).all())
            assert not bool(now[16:].any())
            swollen += bool((now & (segments > 0)).any())
    assert removed > 2
    assert swollen > 2


def test_a_body_without_a_gallbladder_stays_as_it_is() -> None:
    segments, tissues = beside_a_liver()
    tissues[tissues == BY_NAME["gallbladder"].value] = BY_NAME["visceral_fat"].value
    for seed in range(6):
        after, changed = change_gallbladder(segments, tissues, seeded(seed, torch.device("cpu")))
        assert torch.equal(after, segments)
        assert torch.equal(changed, tissues)
