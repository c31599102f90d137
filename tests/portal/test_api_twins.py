"""Every page is in the table of portal/API.md, and every operation that it names exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

import portal
from tests.portal.test_routes import is_of_allauth

TABLE = Path(portal.__file__).parent / "API.md"
API = "/api/v1"
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
_OPERATION = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/\S+)`")


def addresses(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    for entry in resolver.url_patterns:
        path = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from addresses(entry, path)
        elif isinstance(entry, URLPattern) and not is_of_allauth(entry):
            yield _PLACE.sub(r"{\1}", path)


def rows() -> list[tuple[str, str]]:
    """Return page and API of each row of the table."""
    lines = [line.split("|") for line in TABLE.read_text().splitlines() if line.startswith("| `")]
    return [(page.strip(" `"), twin) for _, page, _, twin, _ in lines]


@pytest.fixture(scope="module")
def operations() -> set[tuple[str, str]]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return {
        (method.upper(), path.removeprefix(API))
        for path, item in schema["paths"].items()
        for method in item
    }


def test_every_page_has_a_row() -> None:
    pages = {path for path in addresses(get_resolver()) if not path.startswith(API)}
    listed = [page for page, _ in rows()]
    assert sorted(listed) == sorted(pages)


def test_every_operation_that_is_named_exists(operations: set[tuple[str, str]]) -> None:
    named = {found for _, twin in rows() for found in _OPERATION.findall(twin)}
    assert named <= operations


def test_a_page_without_an_operation_says_why() -> None:
    without = {page for page, twin in rows() if not _OPERATION.search(twin)}
    assert len(without) <= 8
    assert all(twin.strip() for _, twin in rows())
