"""A cache that may be away: counters for rate limits live there, nothing that anybody would miss."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def _forgiving(name: str, answer: Any) -> Callable[..., Any]:
    original = getattr(RedisCache, name)

    @wraps(original)
    def method(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except RedisError as error:
            logger.warning("The cache is away: %s", error)
            return answer(*args, **kwargs) if callable(answer) else answer

    return method


class ForgivingRedisCache(RedisCache):
    """Redis, and while it is away: nothing is found, nothing is kept, and nobody gets an error page for it.

    Rate limits are then off; the lockout after failed sign-ins counts in the database and stays.
    """

    get = _forgiving("get", lambda _key, default=None, **_: default)
    get_many = _forgiving("get_many", lambda *_, **__: {})
    set = _forgiving("set", None)
    set_many = _forgiving("set_many", lambda *_, **__: [])
    add = _forgiving("add", True)
    touch = _forgiving("touch", False)
    delete = _forgiving("delete", False)
    delete_many = _forgiving("delete_many", None)
    has_key = _forgiving("has_key", False)
    incr = _forgiving("incr", lambda _key, delta=1, **_: delta)
    clear = _forgiving("clear", False)

    def count(self, key: str, seconds: int) -> int:
        """Count one more, in one trip to the server; 1 while it is away."""
        key = self.make_and_validate_key(key)
        client = self._cache.get_client(key, write=True)
        try:
            number = int(client.incr(key))
            if number == 1:
                client.expire(key, seconds)
        except RedisError as error:
            logger.warning("The cache is away: %s", error)
            return 1
        return number


def count(key: str, *, seconds: int) -> int:
    """Count one more under the key, which is forgotten after so many seconds; returns how many there are."""
    if hasattr(cache, "count"):
        return int(cache.count(key, seconds))
    cache.add(key, 0, timeout=seconds)
    return int(cache.incr(key))
