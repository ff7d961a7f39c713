"""The cache keeps counters in the broker's server, and nobody notices when that is away."""

from typing import Any

import pytest
import redis

from config.cache import ForgivingRedisCache

AWAY = "redis://127.0.0.1:1/0"


def test_it_counts(valkey_server: str, valkey: redis.Redis):
    cache = ForgivingRedisCache(valkey_server, {})
    assert cache.add("n", 0, timeout=60)
    assert not cache.add("n", 5, timeout=60)
    assert [cache.incr("n"), cache.incr("n")] == [1, 2]
    cache.set("k", {"a": 1})
    assert cache.get("k") == {"a": 1}
    assert cache.delete("k")
    assert cache.get("k", "default") == "default"


@pytest.mark.parametrize(
    "call, answer",
    [
        (lambda cache: cache.get("k"), None),
        (lambda cache: cache.get("k", 7), 7),
        (lambda cache: cache.get_many(["k"]), {}),
        (lambda cache: cache.set("k", 1), None),
        (lambda cache: cache.set_many({"k": 1}), []),
        (lambda cache: cache.add("k", 0), True),
        (lambda cache: cache.incr("k"), 1),
        (lambda cache: cache.touch("k"), False),
        (lambda cache: cache.delete("k"), False),
        (lambda cache: cache.has_key("k"), False),
        (lambda cache: cache.clear(), False),
    ],
)
def test_away_it_answers_as_if_empty(call: Any, answer: Any, caplog: pytest.LogCaptureFixture):
    assert call(ForgivingRedisCache(AWAY, {"OPTIONS": {"socket_connect_timeout": 1}})) == answer
    assert "The cache is away" in caplog.text
