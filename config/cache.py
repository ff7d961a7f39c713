"""A cache that may be away: counters for rate limits live there, nothing that anybody would miss."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

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
