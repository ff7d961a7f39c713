"""A cache that may be away: counters for rate limits live there, nothing that anybody would miss."""

import logging
from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def _forgiving(original: Callable[..., Any], answer: Any) -> Callable[..., Any]:
    @wraps(original)
    def method(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except RedisError as error:
            logger.warning("The cache is away: %s", error)
            return answer(*args, **kwargs) if callable(answer) else answer

    return method


def _count(self: "ForgivingRedisCache", key: str, seconds: int) -> int:
    """Count one more, in one trip to the server."""
    key = self.make_and_validate_key(key)
    number = int(self.counter.incr(key))
    if number == 1:
        self.counter.expire(key, seconds)
    return number


class ForgivingRedisCache(RedisCache):
    """Redis, and while it is away: nothing is found, nothing is kept, and nobody gets an error page for it.

    Rate limits are then off; the lockout after failed sign-ins counts in the database and stays.
    """

    @cached_property
    def counter(self) -> Any:
        """Return the client that counts, kept for good: to make one takes half as long as to ask it."""
        return self._cache.get_client(None, write=True)

    get = _forgiving(RedisCache.get, lambda _key, default=None, **_: default)
    get_many = _forgiving(RedisCache.get_many, lambda *_, **__: {})
    set = _forgiving(RedisCache.set, None)
    set_many = _forgiving(RedisCache.set_many, lambda *_, **__: [])
    add = _forgiving(RedisCache.add, True)
    touch = _forgiving(RedisCache.touch, False)
    delete = _forgiving(RedisCache.delete, False)
    delete_many = _forgiving(RedisCache.delete_many, None)
    has_key = _forgiving(RedisCache.has_key, False)
    incr = _forgiving(RedisCache.incr, lambda _key, delta=1, **_: delta)
    clear = _forgiving(RedisCache.clear, False)

    count = _forgiving(_count, 1)


def count(key: str, *, seconds: int) -> int:
    """Count one more under the key, which is forgotten after so many seconds; returns how many there are."""
    if hasattr(cache, "count"):
        return int(cache.count(key, seconds))
    cache.add(key, 0, timeout=seconds)
    return int(cache.incr(key))
