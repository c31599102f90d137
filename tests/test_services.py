from __future__ import annotations

import psycopg
import pytest
import redis

from tests.services import find_program

pytestmark = pytest.mark.services


def test_postgresql_answers(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url) as connection:
        assert connection.execute("SELECT 6 * 7").fetchone() == (42,)


def test_redis_answers(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()


def test_a_program_that_is_nowhere_is_not_found() -> None:
    assert find_program("no-such-program-anywhere") is None
