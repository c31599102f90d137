from __future__ import annotations

import pytest
import torch

from analysis.simulation.tissues import BY_NAME
from inference.training.variation import (
    add_arms,
    add_ascites,
    add_lesions,
    add_loops,
    add_vessels,
    change_habitus,
    change_heart,
    strange_body,
    vary,
)


@pytest.fixture
def tissues(tiny_anatomy) -> torch.Tensor:
    return torch.from_numpy(tiny_anatomy.tissues.copy())


@pytest.fixture
def liver(tiny_anatomy) -> torch.Tensor:
    return torch.from_numpy(tiny_anatomy.segments.copy()) > 0


def changed_where(before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
    return before != after


def test_lesions_lie_inside_the_liver(tissues, liver, random) -> None:
    changed = changed_where(tissues, add_lesions(tissues, liver, random))
    assert changed.any()
    assert not (changed & ~liver).any()


def test_some_lesions_have_a_fluid_core_and_some_are_large(random) -> None:
    liver = torch.ones(40, 40, 40, dtype=torch.bool)
    body = torch.full(liver.shape, 4, dtype=torch.uint8)
    lesion, fluid = BY_NAME["lesion"].value, BY_NAME["cyst_fluid"].value
    both, largest = 0, 0
    for _ in range(20):
        after = add_lesions(body, liver, random)
        both += bool((after == lesion).any() and (after == fluid).any())
        largest = max(largest, int((after != body).sum()))
    assert both
    assert largest > 4 / 3 * 3.14 * 9**3


def test_a_patch_without_liver_gets_no_lesion(tissues, liver, random) -> None:
    nothing = torch.zeros_like(liver)
    assert torch.equal(add_lesions(tissues, nothing, random), tissues)


def test_vessels_lie_inside_the_liver(tissues, liver, random) -> None:
    after = add_vessels(tissues, liver, random)
    vessel = after == BY_NAME["hepatic_vessel"].value
    assert not (vessel & ~liver).any()


def test_ascites_touches_the_liver_from_outside(tissues, liver, random) -> None:
    fat = torch.where(liver, tissues, BY_NAME["visceral_fat"].value).to(torch.uint8)
    fluid = add_ascites(fat, liver, random) == BY_NAME["cyst_fluid"].value
    assert fluid.any()
    assert not (fluid & liver).any()


def test_habitus_changes_only_air_fat_and_skin(tissues, random) -> None:
    outer = [BY_NAME[name].value for name in ("background", "subcutaneous_fat", "skin")]
    for _ in range(4):
        changed = changed_where(tissues, change_habitus(tissues, random))
        assert torch.isin(tissues[changed], torch.tensor(outer, dtype=torch.uint8)).all()


def test_loops_replace_visceral_fat_only(tissues, liver, random) -> None:
    fat = torch.where(liver, tissues, BY_NAME["visceral_fat"].value).to(torch.uint8)
    after = add_loops(fat, random)
    assert changed_where(fat, after).any()
    assert torch.equal(after[liver], fat[liver])


def test_a_strange_body_keeps_the_liver(tissues, liver, random) -> None:
    after = strange_body(tissues, liver, random)
    assert torch.equal(after[liver], tissues[liver])
    assert changed_where(tissues, after).any()


def test_variation_never_makes_liver_where_there_is_none(tissues, liver, random) -> None:
    for _ in range(20):
        after = vary(tissues, liver, random)
        assert after.dtype == torch.uint8
        assert not ((after >= 1) & (after <= 8) & ~liver).any()


def test_arms_lie_in_the_air_beside_the_body_and_hold_bone(random) -> None:
    tissues = torch.zeros((96, 80, 8), dtype=torch.uint8)
    tissues[30:66, 10:70] = BY_NAME["visceral_fat"].value
    seen: set[int] = set()
    for _ in range(8):
        after = add_arms(tissues, random)
        changed = changed_where(tissues, after)
        assert changed.any(dim=0).any(dim=0).all()
        assert not (changed & (tissues > 0)).any()
        seen |= set(after[changed].tolist())
    assert seen == {BY_NAME[n].value for n in ("subcutaneous_fat", "muscle", "bone_marrow")}


def test_a_heart_grows_into_fat_and_lung_only_and_never_into_the_liver(liver, random) -> None:
    fat, heart = BY_NAME["visceral_fat"].value, BY_NAME["heart"].value
    body = torch.full(liver.shape, fat, dtype=torch.uint8)
    body[liver] = 4
    level = int(liver.nonzero()[:, 2].max())
    body[..., level + 2 :] = heart
    sizes = set()
    for _ in range(8):
        after = change_heart(body, random)
        changed = changed_where(body, after)
        assert not (changed & liver).any()
        allowed = (heart, BY_NAME["large_vessel"].value)
        assert set(after[changed].unique().tolist()) <= set(allowed)
        sizes.add(int((after == heart).sum()))
    assert len(sizes) > 1


def test_a_body_without_a_heart_stays_as_it_is(liver, random) -> None:
    body = torch.full(liver.shape, BY_NAME["visceral_fat"].value, dtype=torch.uint8)
    assert torch.equal(change_heart(body, random), body)
