"""Reading typed fields out of loose JSON, collecting a sentence for every mistake instead of stopping at the first."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from metrics.domain.periods import Duration

MOST_DIGITS = 30
LARGEST = Decimal("1e18")
MOST_PERIODS = 10_000
_ABSENT = object()


class BadCondition(ValueError):
    """What was given is not a condition; field ('' for the whole) → sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        self.sentences = [words for sentences in errors.values() for words in sentences]
        super().__init__(" ".join(self.sentences))


class Fields:
    """One JSON object being read; `errors` fills up on the way."""

    def __init__(self, given: Any) -> None:
        self.errors: dict[str, list[str]] = {}
        self._taken: set[str] = set()
        self._given: dict[str, Any] = {}
        if isinstance(given, dict):
            self._given = {str(name): value for name, value in given.items()}
        else:
            self.refuse("", "A condition is a JSON object with a “kind”.")

    def refuse(self, name: str, words: str) -> None:
        """Note a mistake."""
        self.errors.setdefault(name, []).append(words)

    def take(self, name: str, *aliases: str) -> Any:
        """Return what was given under a name or one of its aliases, or None; two at once are a mistake."""
        found = [alias for alias in (name, *aliases) if self._given.get(alias, _ABSENT) not in (_ABSENT, None)]
        self._taken.update((name, *aliases))
        if len(found) > 1:
            self.refuse(name, f"“{found[0]}” and “{found[1]}” mean the same; give one of them.")
        return self._given[found[0]] if found else None

    def number(self, name: str, *aliases: str, required: bool = False) -> Decimal | None:
        """Return an exact finite number."""
        given = self.take(name, *aliases)
        if given is None:
            if required:
                self.refuse(name, f"“{name}” is missing: give a number.")
            return None
        try:
            return exact(given)
        except ValueError as mistake:
            self.refuse(name, f"“{name}”: {mistake}")
            return None

    def positive(self, name: str, *aliases: str, most: Decimal | None = None) -> Decimal | None:
        """Return a number above 0 (and at most `most`)."""
        given = self.number(name, *aliases)
        if given is not None and (given <= 0 or (most is not None and given > most)):
            self.refuse(name, f"“{name}” must be above 0" + (f" and at most {most}." if most is not None else "."))
            return None
        return given

    def count(
        self, name: str, *aliases: str, least: int = 1, most: int = MOST_PERIODS, required: bool = False
    ) -> int | None:
        """Return a whole number, of periods unless `most` says otherwise."""
        given = self.number(name, *aliases, required=required)
        if given is None:
            return None
        if given != given.to_integral_value() or not least <= given <= most:
            self.refuse(name, f"“{name}” must be a whole number from {least} to {most}.")
            return None
        return int(given)

    def span(self, name: str, *, least: int) -> int | Duration | None:
        """Return a number of periods, or an ISO 8601 duration."""
        given = self._given.get(name)
        if not (isinstance(given, str) and given.strip().upper().startswith("P")):
            return self.count(name, least=least)
        self._taken.add(name)
        return self.duration(name)

    def duration(self, name: str) -> Duration | None:
        """Return an ISO 8601 duration."""
        given = self.take(name)
        if given is None:
            return None
        try:
            return Duration.parse(given if isinstance(given, str) else repr(given))
        except ValueError as mistake:
            self.refuse(name, f"“{name}”: {mistake}")
            return None

    def choice(self, name: str, allowed: Sequence[str], *aliases: str, required: bool = False) -> str | None:
        """Return one of the allowed words."""
        given = self.take(name, *aliases)
        if isinstance(given, str) and given in allowed:
            return given
        if given is not None or required:
            self.refuse(name, f"“{name}” must be one of {', '.join(allowed)}.")
        return None

    def flag(self, name: str) -> bool | None:
        """Return true or false."""
        given = self.take(name)
        if given is not None and not isinstance(given, bool):
            self.refuse(name, f"“{name}” must be true or false.")
            return None
        return given

    def text(self, name: str) -> str:
        """Return a short text, '' where there is none."""
        given = self.take(name)
        if given is not None and not (isinstance(given, str) and len(given) <= 200):
            self.refuse(name, f"“{name}” must be a short text.")
            return ""
        return given or ""

    def inner(self, name: str) -> "Fields":
        """Return an object within this one; its mistakes must be taken over with `adopt`."""
        given = self.take(name)
        if given is not None and not isinstance(given, dict):
            self.refuse(name, f"“{name}” must be an object.")
            given = None
        return Fields(given or {})

    def adopt(self, name: str, inner: "Fields") -> None:
        """Take over the mistakes of an object within this one."""
        for field, sentences in inner.errors.items():
            for words in sentences:
                self.refuse(f"{name}.{field}".rstrip("."), words)

    def refuse_unknown(self, allowed: Sequence[str] = ()) -> None:
        """Refuse every field that nobody asked for, so that a misspelt one is never silently without effect."""
        for name in self._given.keys() - self._taken - set(allowed):
            self.refuse(name[:60], f"“{name[:60]}” is not known here.")


def exact(given: Any) -> Decimal:
    """Return an exact finite decimal from a number or its text; anything else is a ValueError with a sentence."""
    if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
        raise ValueError("give a number.")
    try:
        number = given if isinstance(given, Decimal) else Decimal(str(given).strip())
    except (InvalidOperation, ValueError) as mistake:
        raise ValueError("give a number.") from mistake
    if not number.is_finite():
        raise ValueError("give a finite number.")
    if abs(number) > LARGEST or len(number.as_tuple().digits) > MOST_DIGITS or number.adjusted() < -MOST_DIGITS:
        if number:
            raise ValueError(f"give a number of at most {MOST_DIGITS} digits, not beyond ±1e18.")
        return Decimal(0)
    return number


def number_text(number: Decimal | None) -> str | None:
    """Write a decimal without exponent or trailing zeros."""
    if number is None:
        return None
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
