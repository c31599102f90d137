"""The files for a server, checked without Docker: read as they stand, and held to what is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from tests.conftest import REPOSITORY

DOCKER = REPOSITORY / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"].startswith("lobule")}


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.split(" ", 1)[1] for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_every_base_image_names_its_version() -> None:
    stages = {line.split(" AS ")[1] for line in instructions("FROM")}
    for line in instructions("FROM"):
        image = line.split(" AS ")[0]
        assert image in stages or re.search(r":[\w.-]*\d", image), image
    for name, service in SERVICES.items():
        image = service["image"]
        assert name in OURS or re.search(r":[\w.-]*\d", image), image


def test_the_portal_does_not_run_as_root_and_says_whether_it_is_well() -> None:
    last = DOCKERFILE.split("AS portal\n")[1].split("\nFROM")[0]
    assert "\nUSER lobule\n" in last
    assert "\nHEALTHCHECK " in last
    for line in ("sudo", "ADD http", ":latest", "curl "):
        assert line not in DOCKERFILE


def test_what_is_copied_is_there() -> None:
    for line in instructions("COPY"):
        words = line.split()
        if any(word.startswith("--from") for word in words):
            continue
        for source in words[:-1]:
            assert (REPOSITORY / source).exists(), source


def test_no_secret_is_written_into_an_image() -> None:
    for line in instructions("ENV") + instructions("ARG"):
        assert not re.search(r"(SECRET|PASSWORD|TOKEN)\w*=", line), line


@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_as_little_as_possible(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["networks"] == ["inside"]
    assert "ports" not in service
    assert "healthcheck" in service or name == "web"  # the image's own


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, each in SERVICES.items() if "ports" in each] == ["proxy"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_every_command_is_one_of_the_portal() -> None:
    known = {*get_commands()}
    for name, service in OURS.items():
        words = " ".join(service.get("command", []))
        for command in re.findall(r"manage\.py (\w+)", words):
            assert command in known, (name, command)


def test_every_queue_has_a_worker_and_time_has_its_services() -> None:
    commands = {name: " ".join(each.get("command", [])) for name, each in OURS.items()}
    assert "--queues ${GPU_QUEUE_ON_CPU:-cpu}" in commands["worker-cpu"]
    assert "--queues gpu" in commands["worker-gpu"]
    assert "manage.py sweep --every" in commands["scheduler"]
    assert "manage.py tidy_uploads" in commands["housekeeping"]


def test_every_variable_is_one_that_the_portal_reads() -> None:
    readme = (REPOSITORY / "portal" / "README.md").read_text(encoding="utf-8")
    for service in OURS.values():
        for name in service["environment"]:
            assert f"`{name.removesuffix('_FILE')}`" in readme, name


def test_every_secret_and_volume_is_declared() -> None:
    for service in SERVICES.values():
        assert {*service.get("secrets", [])} <= {*COMPOSE["secrets"]}
        named = [each.split(":")[0] for each in service.get("volumes", [])]
        assert {each for each in named if not each.startswith(".")} <= {*COMPOSE["volumes"]}


def test_the_services_wait_for_services_that_are_there() -> None:
    for service in SERVICES.values():
        for name in service.get("depends_on", {}):
            assert name in SERVICES


def test_docker_itself_reads_the_file() -> None:
    docker = shutil.which("docker")
    has_compose = (
        docker
        and not subprocess.run(
            [docker, "compose", "version"], capture_output=True, check=False
        ).returncode
    )
    if not docker or not has_compose:
        pytest.skip("docker compose is not installed on this machine")
    command = [docker, "compose", "--file", str(DOCKER / "compose.yaml"), "config", "--quiet"]
    environment = {"SITE_HOST": "lobule.example.org", "PATH": str(Path(docker).parent)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
