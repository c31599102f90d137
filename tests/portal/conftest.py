"""The cast of the portal's tests, by name, in one small trial with two sites."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.accounts.services import create_user
from portal.studies.manifest import ManifestLine
from portal.trials.models import Role, Site, Trial
from portal.trials.services import add_member, create_site, create_trial


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is who.

    Rosa reads, Mona monitors and Tom manages the trial at all of its sites. Uma uploads at the
    north site, Uwe at the south site. Ada administrates. Sam belongs to another trial, in which
    he may do everything.
    """

    rosa: User
    uma: User
    uwe: User
    tom: User
    mona: User
    ada: User
    sam: User
    trial: Trial
    north: Site
    south: Site
    elsewhere: Site

    @property
    def people(self) -> dict[str, User | AnonymousUser]:
        names = ("rosa", "uma", "uwe", "tom", "mona", "ada", "sam")
        return {name: getattr(self, name) for name in names} | {"nobody": AnonymousUser()}


@pytest.fixture(autouse=True)
def storage_folder(tmp_path: Path, settings: Settings) -> Path:
    """Keep every test's files, rate limits and thresholds to itself.

    Most tests send bytes that mean nothing; those about names turn the look into them on again.
    """
    folder = tmp_path / "storage"
    settings.STORAGE_URL = f"file://{folder}"
    settings.STORAGE_KEEP_FREE_BYTES = 0
    settings.DEIDENTIFICATION_REQUIRED = False
    cache.clear()
    return folder


@pytest.fixture
def cast(db: None) -> Cast:
    trial = create_trial("Fatty liver")
    north = create_site(trial, "North hospital", code="N")
    south = create_site(trial, "South clinic", code="S")
    other = create_trial("Another trial")
    elsewhere = create_site(other, "Elsewhere", code="E")

    def person(name: str, *, is_administrator: bool = False) -> User:
        return create_user(
            f"{name.lower()}@example.org",
            name=name,
            is_administrator=is_administrator,
        )

    rosa, uma, uwe, tom = (person(name) for name in ("Rosa", "Uma", "Uwe", "Tom"))
    mona, sam = person("Mona"), person("Sam")
    add_member(trial, rosa, Role.READER)
    add_member(trial, mona, Role.MONITOR)
    add_member(trial, tom, Role.MANAGER)
    add_member(trial, uma, Role.UPLOADER, site=north)
    add_member(trial, uwe, Role.UPLOADER, site=south)
    for role in Role:
        add_member(other, sam, role)
    ada = person("Ada", is_administrator=True)
    return Cast(rosa, uma, uwe, tom, mona, ada, sam, trial, north, south, elsewhere)


@pytest.fixture
def browser_of() -> Callable[[User | AnonymousUser], Client]:
    """Return a signed-in browser that is checked for CSRF as a real one is."""

    def sign_in(user: User | AnonymousUser) -> Client:
        client = Client(enforce_csrf_checks=True)
        if isinstance(user, User):
            client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def api_of() -> Callable[[User | AnonymousUser], APIClient]:
    def sign_in(user: User | AnonymousUser) -> APIClient:
        client = APIClient()
        if isinstance(user, User):
            client.force_login(user)
        return client

    return sign_in


def line(path: str, content: bytes) -> ManifestLine:
    return ManifestLine(path, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def line_of() -> Callable[[str, bytes], ManifestLine]:
    return line
