"""What may be set of a check: typed, read from forms and JSON, refused with a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from config.kit.canonical import decimal_text


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One thing that may be set: a count, a number, a choice (of `choices`) or a metric's key."""

    name: str
    label: str
    kind: str = "count"  # count | number | choice | key
    default: Any = None
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(10**12)
    choices: Sequence[tuple[str, str]] = ()
    help: str = ""
    optional: bool = False

    def read(self, raw: Any) -> Any:
        """Return a stored or typed value as the check takes it; ValueError with a sentence for one it cannot take."""
        if self.kind == "key":
            return str(raw or "").strip()
        if self.kind == "choice":
            return self._choice(raw)
        return self._number(raw)

    def _choice(self, raw: Any) -> str:
        if raw not in dict(self.choices):
            raise ValueError(f"Choose {' or '.join(label.lower() for _, label in self.choices)}.")
        return str(raw)

    def _number(self, raw: Any) -> Any:
        if raw is None or raw == "":
            if self.optional:
                return None
            raise ValueError("Enter a number.")
        try:
            number = Decimal(str(raw))
        except InvalidOperation as error:
            raise ValueError("Enter a number.") from error
        whole = self.kind == "count"
        if not number.is_finite() or (whole and number != int(number)):
            raise ValueError("Enter a whole number." if whole else "Enter a number.")
        if not self.least <= number <= self.most:
            raise ValueError(f"Enter a number from {decimal_text(self.least)} to {decimal_text(self.most)}.")
        return int(number) if whole else number

    def write(self, value: Any) -> Any:
        """Return the value as JSON keeps it."""
        return decimal_text(value) if isinstance(value, Decimal) else value
