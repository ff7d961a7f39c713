"""Read a catalogue's file: every mistake gets a sentence that names its place; see `catalogue` for the format."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metrics.domain.catalogue import FORMAT, FORMAT_VERSION, PAIR, Catalogue, Entry, PairEntry, said

MOST_BYTES = 1_000_000
MOST_METRICS = MOST_PAIRS = MOST_FAMILIES = 500
MOST_TOLD = 30  # mistakes
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}", re.ASCII)
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,23}", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
LONGEST = {"title": 160, "about": 2_000, "owner_role": 120, "why": 2_000, "left_pole": 60, "right_pole": 60}
USUAL_LENGTH = 300
HEAD = ("format", "format_version", "name", "version", "title", "language", "about", "families", "metrics", "pairs")
REFERENCE = ("document", "place", "target", "frequency")
BESIDE = ("classification", "owner_role", "reference")  # of an entry, besides the definition's fields
CLASSES = ("internal", "confidential")

Read = Callable[[Any], Any]
"""Makes of what a file gives for a field what canonical JSON keeps of it, None for nothing; ValueError: a sentence."""


class BadCatalogue(ValueError):
    """A file that is no catalogue; carries every sentence."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = list(sentences)
        super().__init__(" ".join(self.sentences))


@dataclass(frozen=True)
class Rules:
    """What the registry knows: how each field of a definition reads, the kinds of pairs, and what a key looks like."""

    fields: Mapping[str, Read]
    kinds: Sequence[str]
    key_errors: Callable[[str], Sequence[str]]


def parse(data: bytes, rules: Rules) -> Catalogue:
    """Read a file; BadCatalogue with every mistake, at most MOST_TOLD of them."""
    reader = _Reader(rules)
    catalogue = reader.catalogue(_loaded(data))
    if reader.mistakes or catalogue is None:
        found = reader.mistakes
        more = len(found) - MOST_TOLD
        raise BadCatalogue([*found[:MOST_TOLD], *([f"There are {more} more mistakes."] if more > 0 else [])])
    return catalogue


def _loaded(data: bytes) -> Any:
    if len(data) > MOST_BYTES:
        raise BadCatalogue([f"The file is larger than {MOST_BYTES:,} bytes."])
    if not data.strip():
        raise BadCatalogue(["The file is empty."])
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
        return json.loads(text, parse_float=Decimal, parse_int=_whole, parse_constant=_refused, object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise BadCatalogue(["The file is not text in UTF-8."]) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadCatalogue([f"The file is not JSON, or is cut off: at {where} something else was expected."]) from error
    except RecursionError as error:
        raise BadCatalogue(["The file is nested too deep to be a catalogue."]) from error


def _whole(text: str) -> int:
    if len(text) > 20:
        raise BadCatalogue([f"{text[:20]}… is too long to be a number."])
    return int(text)


def _refused(name: str) -> None:
    raise BadCatalogue([f"{name} is not a number that can be stored."])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadCatalogue([f"The field “{twice[:40]}” stands twice in one object."])
    return made


class _Reader:
    """Reads the parts of a file and gathers what is wrong with them."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.mistakes: list[str] = []

    def wrong(self, where: str, sentence: str) -> None:
        """Note a mistake and its place."""
        self.mistakes.append(f"{where}: {sentence}" if where else sentence)

    def catalogue(self, given: Any) -> Catalogue | None:
        """Read the whole."""
        if not isinstance(given, dict):
            self.wrong("", "A catalogue is one JSON object.")
            return None
        if given.get("format") != FORMAT:
            self.wrong("format", f"A catalogue says “{FORMAT}” here.")
            return None
        if given.get("format_version") != FORMAT_VERSION:
            told = _short(given.get("format_version"))
            self.wrong("format_version", f"Version {told} of the format is not known here, only {FORMAT_VERSION}.")
            return None
        self.unknown("", given, HEAD)
        return Catalogue(
            name=self.matching(given, "name", NAME, "lower-case letters, digits and “-”"),
            version=self.matching(given, "version", VERSION, "digits, letters and dots, as 1.0"),
            title=self.words(given, "title", "", needed=True),
            language=self.matching(given, "language", LANGUAGE, "a language's code, as en"),
            about=self.words(given, "about", ""),
            families=self.families(self.listed(given, "families", MOST_FAMILIES)),
            metrics=self.metrics(self.listed(given, "metrics", MOST_METRICS)),
            pairs=[
                pair
                for number, each in enumerate(self.listed(given, "pairs", MOST_PAIRS), 1)
                if (pair := self.pair(f"Pair {number}", each))
            ],
        )

    def unknown(self, where: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
        """Refuse, by their names, fields that the format does not know."""
        if names := [str(name)[:40] for name in given if name not in known]:
            self.wrong(where, f"The format has no field {', '.join(f'“{name}”' for name in names[:8])}.")

    def matching(self, given: Mapping[str, Any], name: str, shape: re.Pattern[str], told: str) -> str:
        """Return a short text of a given shape."""
        value = given.get(name)
        if not isinstance(value, str) or not shape.fullmatch(value):
            self.wrong(name, f"Write {told}.")
            return ""
        return value

    def words(self, given: Mapping[str, Any], name: str, where: str, *, needed: bool = False) -> str:
        """Return text of at most the length the format allows."""
        found, place = given.get(name, ""), f"{where}: {name}" if where else name
        if not isinstance(found, str):
            self.wrong(place, "This must be text.")
            return ""
        value = found.strip()
        if needed and not value:
            self.wrong(place, "This must say something.")
        if len(value) > LONGEST.get(name, USUAL_LENGTH):
            self.wrong(place, f"Use at most {LONGEST.get(name, USUAL_LENGTH)} characters; there are {len(value)}.")
        if any((ord(letter) < 32 and letter not in "\n\t") or 0xD800 <= ord(letter) <= 0xDFFF for letter in value):
            self.wrong(place, "The text contains a control character or half a character.")
            return ""
        return value

    def listed(self, given: Mapping[str, Any], name: str, most: int) -> list[dict[str, Any]]:
        """Return a list of objects."""
        value = given.get(name, [])
        if not isinstance(value, list):
            self.wrong(name, "This must be a list.")
            return []
        if len(value) > most:
            self.wrong(name, f"A catalogue has at most {most}; there are {len(value)}.")
            return []
        if name == "metrics" and not value:
            self.wrong(name, "There is no metric in it.")
        for number, each in enumerate(value, 1):
            if not isinstance(each, dict):
                self.wrong(name, f"Number {number} must be an object.")
        return [each for each in value if isinstance(each, dict)]

    def families(self, given: list[dict[str, Any]]) -> dict[str, str]:
        """Return what each family is about."""
        found: dict[str, str] = {}
        for number, each in enumerate(given, 1):
            where = f"Family {number}"
            self.unknown(where, each, ("name", "about"))
            name = self.words(each, "name", where, needed=True)
            if name in found:
                self.wrong(where, f"“{name}” stands there twice.")
            found[name] = self.words(each, "about", where)
        return found

    def metrics(self, given: list[dict[str, Any]]) -> list[Entry]:
        """Return the entries; a key stands there once."""
        seen: set[str] = set()
        found = []
        for number, each in enumerate(given, 1):
            key = each.get("key")
            where = f"Metric {number}" + (f" ({_short(key)})" if isinstance(key, str) else "")
            if not isinstance(key, str) or self.rules.key_errors(key):
                sentences = self.rules.key_errors(key) if isinstance(key, str) else ["Give the key."]
                self.wrong(f"{where}: key", " ".join(sentences))
                continue
            if key in seen:
                self.wrong(where, "The key stands there twice.")
            seen.add(key)
            found.append(self.entry(where, key, each))
        return found

    def entry(self, where: str, key: str, given: dict[str, Any]) -> Entry:
        """Return one metric."""
        self.unknown(where, given, ("key", *self.rules.fields, *BESIDE))
        fields = {}
        for name, read in self.rules.fields.items():
            if name in given:
                try:
                    fields[name] = read(given[name])
                except ValueError as error:
                    self.wrong(f"{where}: {name}", str(error))
        if not given.get("name"):
            self.wrong(f"{where}: name", "Give the metric a name.")
        classification = given.get("classification", "internal")
        if classification not in CLASSES:
            self.wrong(f"{where}: classification", "Write internal or confidential.")
        role = self.words(given, "owner_role", where)
        said = {name: value for name, value in fields.items() if value not in (None, "", [], False)}
        return Entry(key, said, str(classification), role, self.reference(where, given.get("reference", {})))

    def reference(self, where: str, given: Any) -> dict[str, str]:
        """Return where an entry's figures come from."""
        if not isinstance(given, dict):
            self.wrong(f"{where}: reference", "This must be an object.")
            return {}
        self.unknown(f"{where}: reference", given, REFERENCE)
        return said({name: self.words(given, name, f"{where}: reference") for name in REFERENCE})

    def pair(self, where: str, given: dict[str, Any]) -> PairEntry | None:
        """Return one pair."""
        self.unknown(where, given, PAIR)
        keys = [given.get(name) for name in ("left", "right")]
        if not all(isinstance(key, str) and not self.rules.key_errors(key) for key in keys) or keys[0] == keys[1]:
            self.wrong(where, "Name two different metrics by their keys, as left and right.")
            return None
        kind = given.get("kind")
        if kind not in self.rules.kinds:
            self.wrong(where, f"The kind is one of {', '.join(self.rules.kinds)}.")
            return None
        counts: dict[str, int] = {}
        for name, (least, most) in (("window", (6, 60)), ("sustained", (1, 12))):
            value = given.get(name, getattr(PairEntry, name))
            if type(value) is not int or not least <= value <= most:
                self.wrong(f"{where}: {name}", f"Choose between {least} and {most} periods.")
            counts[name] = value
        left_pole, right_pole, why = (self.words(given, name, where) for name in ("left_pole", "right_pole", "why"))
        return PairEntry(
            left=str(keys[0]),
            right=str(keys[1]),
            kind=str(kind),
            left_pole=left_pole,
            right_pole=right_pole,
            why=why,
            window=counts["window"],
            sustained=counts["sustained"],
        )


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:40] + "…"
