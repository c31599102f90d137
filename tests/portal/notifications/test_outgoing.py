from __future__ import annotations

import pytest
from pytest_django import Settings

from portal.notifications.outgoing import NotTaken, Unsafe, post, refuse_unsafe
from tests.portal.notifications.conftest import Receiver


@pytest.fixture
def server(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = False


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0.0.0.0/",
        "https://10.1.2.3/",
        "https://172.16.0.1/",
        "https://192.168.1.1:8443/",
        "https://169.254.169.254/latest/meta-data/",
        "https://100.64.0.1/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
    ],
)
@pytest.mark.usefixtures("server")
def test_an_address_inside_is_refused(url: str) -> None:
    with pytest.raises(Unsafe):
        refuse_unsafe(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "ftp://93.184.216.34/",
        "file:///etc/passwd",
        "gopher://93.184.216.34/",
        "https://user:word@93.184.216.34/",
        "https://",
        "https://93.184.216.34:99999/",
        "https://[::1/",
        "nothing",
        "",
    ],
)
@pytest.mark.usefixtures("server")
def test_what_is_no_https_address_is_refused(url: str) -> None:
    with pytest.raises(Unsafe):
        refuse_unsafe(url)


@pytest.mark.usefixtures("server")
def test_a_public_address_is_taken() -> None:
    refuse_unsafe("https://93.184.216.34/hook")


def test_one_s_own_machine_may_call_itself_but_not_its_network(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    refuse_unsafe("http://127.0.0.1:9000/hook")
    with pytest.raises(Unsafe, match="private network"):
        refuse_unsafe("http://192.168.1.1/hook")


def test_the_address_is_checked_at_the_call_as_well(receiver: Receiver, settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = False
    with pytest.raises((NotTaken, Unsafe)):
        post(receiver.address.replace("http:", "https:"), b"{}", {})
    assert receiver.got == []


def test_proxies_of_the_environment_are_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    post(receiver.address, b"{}", {})
    assert len(receiver.got) == 1


def test_nobody_there_is_said_without_details(settings: Settings) -> None:
    with pytest.raises(NotTaken, match=r"^ConnectionError$"):
        post("http://127.0.0.1:1/", b"{}", {})
