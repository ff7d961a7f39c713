"""Reads a dossier, or one section of it, from plain JSON; what is wrong is said all at once, each with its path.

Its rules are the annotations in `dossier.py` and the tables in `limits.py`. Unknown keys are refused, absent ones
take their default. Line ends become "\\n", so that saving a browser's form unchanged changes nothing.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache, lru_cache
from typing import Any, cast, get_args, get_origin, get_type_hints

from decisions.domain import limits
from decisions.domain.dossier import Dossier
from decisions.domain.scalars import Refused, Spec, scalar, shown


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where: `options.options[0].complexity`."""

    path: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


class Unreadable(ValueError):
    """What was given is not a dossier; carries every fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def by_path(self) -> dict[str, list[str]]:
        """Return path → sentences, the shape of `BadInput`."""
        grouped: dict[str, list[str]] = {}
        for fault in self.faults:
            grouped.setdefault(fault.path, []).append(fault.sentence)
        return grouped


def dossier_from(data: Any) -> Dossier:
    """Return the dossier, or raise `Unreadable` with every fault."""
    return cast(Dossier, _whole(Dossier, data, ""))


def section_from(key: str, data: Any) -> Any:
    """Return one section (or `frame`) by its key, or raise `Unreadable`; paths start with the key."""
    return _whole(section_type(key), data, key)


def dossier_of_sections(contents: Mapping[str, Any]) -> Dossier:
    """Return the dossier of stored sections by key; one that was read before, word for word, is not read again."""
    return Dossier(**{key: _remembered(key, json.dumps(content)) for key, content in contents.items()})


@lru_cache(maxsize=256)
def _remembered(key: str, text: str) -> Any:
    return section_from(key, json.loads(text))


@cache
def section_type(key: str) -> type:
    """Return the dataclass of a section; KeyError when there is no such section."""
    hint = get_type_hints(Dossier)[key]
    if not is_dataclass(hint):
        raise KeyError(key)
    return cast(type, hint)


def _whole(kind: type, data: Any, path: str) -> Any:
    faults: list[Fault] = []
    value = _part(kind, data, path, faults)
    if faults:
        raise Unreadable(faults)
    return value


@cache
def _shape(kind: type) -> tuple[tuple[Spec, bool], ...]:
    """Return each field, and whether it must be given."""
    hints = get_type_hints(kind)
    return tuple(
        (Spec(kind, item.name, hints[item.name]), item.default is MISSING and item.default_factory is MISSING)
        for item in fields(kind)
    )


@cache
def _names(kind: type) -> frozenset[str]:
    return frozenset(spec.name for spec, _ in _shape(kind))


def _part(kind: type, data: Any, path: str, faults: list[Fault]) -> Any:
    """Read one dataclass; returns None when it could not be built (the faults say why)."""
    if not isinstance(data, dict):
        faults.append(Fault(path, "This must be an object with named fields."))
        return None
    before, shape = len(faults), _shape(kind)
    if not data.keys() <= _names(kind):
        unknown = [key for key in data if key not in _names(kind)]
        faults += [Fault(_join(path, shown(key)), "There is no such field.") for key in unknown]
    values = {}
    for spec, required in shape:
        if spec.name in data:
            values[spec.name] = _value(spec, data[spec.name], _join(path, spec.name), faults)
        elif required:
            faults.append(Fault(_join(path, spec.name), "This field is needed."))
    return kind(**values) if len(faults) == before else None


@cache
def _form(hint: Any) -> type | None:
    """Return what JSON holds for an annotation: a list (tuple), an object (dict), or a single value (None)."""
    if get_origin(hint) is tuple:
        return tuple
    return dict if is_dataclass(hint) else None


def _value(spec: Spec, data: Any, path: str, faults: list[Fault]) -> Any:
    form = _form(spec.hint)
    if form is tuple:
        return _list(spec, data, path, faults)
    if form is dict:
        return _part(cast(type, spec.hint), data, path, faults)
    try:
        return scalar(spec, data)
    except Refused as refusal:
        faults.append(Fault(path, str(refusal)))
        return None


def _list(spec: Spec, data: Any, path: str, faults: list[Fault]) -> tuple[Any, ...]:
    if not isinstance(data, list | tuple):
        faults.append(Fault(path, "This must be a list."))
        return ()
    if len(data) > limits.MAX_LIST:
        faults.append(Fault(path, f"A list holds at most {limits.MAX_LIST} entries; there are {len(data)}."))
        return ()
    item = Spec(spec.kind, spec.name, get_args(spec.hint)[0])
    read = tuple(_value(item, entry, f"{path}[{index}]", faults) for index, entry in enumerate(data))
    faults += _repeated(read, path)
    return read


def _repeated(items: tuple[Any, ...], path: str) -> list[Fault]:
    """Say which identifiers, or which pairs that identify a cell, come twice in one list."""
    seen: set[tuple[str, ...]] = set()
    faults = []
    for index, item in enumerate(items):
        names = [name for name in ("id", "criterion", "option", "success_metric") if hasattr(item, name)]
        key = (item.id,) if "id" in names else tuple(getattr(item, name) for name in names)
        if key and key in seen and not _may_repeat(item):
            faults.append(Fault(f"{path}[{index}]", f"“{' / '.join(key)}” is already in this list."))
        seen.add(key)
    return faults


def _may_repeat(item: Any) -> bool:
    """An option may have several side effects; everything else that points is a cell and comes once."""
    return type(item).__name__ == "SideEffect"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
