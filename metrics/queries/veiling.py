"""The keys of metrics that a reader may not see, taken out of what is shown to them of definitions that name them.

What was signed stays as it was signed, and who is asked to sign reads all of it: this is for whoever reads it later.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import QuerySet

from approvals.models import User
from approvals.readers import RowsFor
from config.kit.among import Among
from config.kit.prepared import TEXT, Slot
from metrics.models import Metric
from metrics.services.content import LABELS

UNSEEN = "a metric you may not see"
NAMING = ("expression", "aggregation_numerator", "aggregation_denominator", "counter_metrics")
"""Fields of a definition that name other metrics."""
_LABELS = frozenset(LABELS[name] for name in NAMING)
_WORD, _DASHED = re.compile(r"\w+"), re.compile(r"[\w-]+")


def hidden_keys(definitions: Iterable[Any], user: User, *, besides: Collection[str] = ()) -> frozenset[str]:
    """Return which of the metrics that are named the person may not see: one query, none where none is named.

    `definitions` are rows of definitions or of their history; `besides` are more keys, or texts that hold some.
    """
    texts = [*besides]
    for each in definitions:
        for name in NAMING:
            value = getattr(each, name)
            texts += value if isinstance(value, list) else [value]
    named = {word for text in texts if text for found in (_WORD, _DASHED) for word in found.findall(text)}
    if not named:
        return frozenset()
    if not user.is_active:  # who sees no metric at all
        return frozenset(Metric.objects.filter(key__in=named).values_list("key", flat=True))
    return frozenset(key for (key,) in HIDDEN.rows(user, keys=sorted(named)))


def _hidden(user: User) -> "QuerySet[Any, Any]":
    seen = Metric.objects.visible_to(user).values("pk")
    return Metric.objects.filter(Among("key", KEYS)).exclude(pk__in=seen).values_list("key")


KEYS = Slot("keys", TEXT, many=True)
HIDDEN = RowsFor(_hidden)


def veiled(text: str, hidden: Collection[str]) -> str:
    """Return a formula, or a list of keys in words, without what is hidden."""
    for key in sorted(hidden, key=len, reverse=True):
        text = re.sub(rf'"?(?<![\w-]){re.escape(key)}(?![\w-])"?|(?<!\w){re.escape(key)}(?!\w)', UNSEEN, text)
    return text


def field_told(label: str, words: str, hidden: Collection[str]) -> str:
    """Return what a page says of a field; only those that name metrics are looked at."""
    return veiled(words, hidden) if hidden and label in _LABELS else words


def changes_told(changes: Iterable[tuple[str, str, str]], hidden: Collection[str]) -> list[tuple[str, str, str]]:
    """Return the same of the fields in which two versions differ."""
    return [(label, field_told(label, old, hidden), field_told(label, new, hidden)) for label, old, new in changes]


def frozen_told(content: dict[str, Any], hidden: Collection[str]) -> dict[str, Any]:
    """Return the same of a definition in the API's shape."""
    shown = dict(content)
    for name in NAMING if hidden else ():
        value = shown.get(name)
        if isinstance(value, list):
            shown[name] = [UNSEEN if key in hidden else key for key in value]
        elif value:
            shown[name] = veiled(value, hidden)
    return shown
