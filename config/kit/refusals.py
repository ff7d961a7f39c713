"""The refusal that is neither 'not found' nor 'not allowed': the thing is not ready, or in the wrong state."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """One full sentence that says what to do, and, where there is one, the place to do it."""

    sentence: str
    url: str = ""

    def __str__(self) -> str:
        return self.sentence


class MoveRefused(Exception):
    """A verb is refused because of the state of things; carries every reason at once. HTTP 409."""

    def __init__(self, reasons: Iterable[str | Reason]) -> None:
        self.reasons = [reason if isinstance(reason, Reason) else Reason(reason) for reason in reasons]
        super().__init__(" ".join(reason.sentence for reason in self.reasons))


class StaleWrite(MoveRefused):
    """Somebody else saved in between. Carries what is stored now, for the comparison. HTTP 409."""

    def __init__(self, sentence: str, *, stored: object = None) -> None:
        self.stored = stored
        super().__init__([sentence])


class BadInput(Exception):
    """What was given is malformed; field name ('' for the whole) → sentences. HTTP 422 (API) or the form again."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__(" ".join(sentence for sentences in errors.values() for sentence in sentences))
