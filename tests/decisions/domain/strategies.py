"""Any dossier at all: values for every field by its annotation and limits."""

import unicodedata
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from decisions.domain import limits
from decisions.domain.dossier import Dossier

IDENTIFIERS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12).map(
    lambda text: unicodedata.normalize("NFC", text)
)
NUMBERS = st.decimals(Decimal("-99999"), Decimal("99999"), places=4)


def values(kind: type, name: str, hint: Any) -> st.SearchStrategy[Any]:
    """Values that one field may hold, by its annotation and limits."""
    if choices := limits.CHOICES.get((kind, name)):
        return st.sampled_from(choices)
    if get_origin(hint) is tuple:
        return tuples(kind, name, get_args(hint)[0])
    if is_dataclass(hint):
        return parts(hint)
    wanted = next((part for part in get_args(hint) if part is not NoneType), hint)
    low, high = limits.RANGES.get((kind, name), (None, None))
    plain = {
        str: (IDENTIFIERS if name in {"id", "option", "success_metric", "criterion"} else TEXTS).filter(
            lambda text: len(text) <= limits.SHORT.get((kind, name), 300)
        ),
        Decimal: NUMBERS if low is None else st.decimals(low, high, places=2),
        int: st.integers(int(low or 0), int(high or 100)),
        date: st.dates(date(1990, 1, 1), date(2100, 12, 31)),
        bool: st.booleans(),
    }[wanted]
    return st.none() | plain if NoneType in get_args(hint) else plain


def tuples(kind: type, name: str, item: Any) -> st.SearchStrategy[Any]:
    """Short lists whose entries do not repeat one another."""
    pointing = ("id", "criterion", "option", "success_metric")
    keys = lambda entry: tuple(getattr(entry, key, "") for key in pointing)  # noqa: E731
    identified = lambda entry: entry.id if hasattr(entry, "id") else keys(entry)  # noqa: E731
    if is_dataclass(item):
        named = any(key in item.__dataclass_fields__ for key in pointing)
        return st.lists(parts(item), max_size=2, unique_by=identified if named else None).map(tuple)
    return st.lists(values(kind, name, item), max_size=2).map(tuple)


def parts(kind: type) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{item.name: values(kind, item.name, hints[item.name]) for item in fields(kind)})


DOSSIERS = parts(Dossier)
