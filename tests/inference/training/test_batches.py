from __future__ import annotations

import torch

from inference.training.batches import make_batch, make_sample, stored_body
from inference.training.randomness import seeded
from tests.inference.training.conftest import CPU


def test_a_batch_has_images_and_segments_of_the_same_place(tiny_anatomy, random) -> None:
    images, segments = make_batch([stored_body(tiny_anatomy, CPU)], 2, (24, 20, 16), random)
    assert images.shape == (2, 1, 24, 20, 16)
    assert segments.shape == (2, 24, 20, 16)
    assert segments.dtype == torch.int64
    assert 0 <= int(segments.amin()) <= int(segments.amax()) <= 8


def test_the_same_seed_makes_the_same_sample(tiny_anatomy) -> None:
    body = stored_body(tiny_anatomy, CPU)
    first, second = (make_sample(body, (24, 20, 16), seeded(5, CPU)) for _ in range(2))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


def test_nothing_is_labelled_outside_the_field_of_view(tiny_anatomy, random) -> None:
    body = stored_body(tiny_anatomy, CPU)
    for _ in range(10):
        image, segments = make_sample(body, (24, 20, 16), random)
        empty = [k for k in range(16) if not image[..., k].any()]
        assert not segments[..., empty].any()
