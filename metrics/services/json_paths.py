"""Find rows and cells in a JSON document by JSONPath (RFC 9535), without the parts of it that can take for ever."""

from itertools import islice
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError

from metrics.domain.answers import NoAnswer, Row

LONGEST_PATH = 200
MOST_STARS, MOST_COMMAS = 4, 8
# match() and search() take regular expressions, which can be written so that they never end.
_LANGUAGE = JSONPathEnvironment(strict=True)
for _name in ("match", "search"):
    del _LANGUAGE.function_extensions[_name]

MISSING = ""


def compiled(path: str) -> JSONPath:
    """Return a path ready for use; ValueError with a sentence for one that cannot be read, or would take for ever."""
    if len(path) > LONGEST_PATH:
        raise ValueError(f"Use at most {LONGEST_PATH} characters.")
    if path.count("..") > 1 or path.count("*") > MOST_STARS or path.count(",") > MOST_COMMAS:
        raise ValueError(f"Use “..” once and “*” up to {MOST_STARS} times: more may look at everything many times.")
    if path.count("$") > 1 or (".." in path and "?" in path):
        raise ValueError("Use “$” only at the start, and no filter beside “..”: they look at everything for each row.")
    try:
        found = _LANGUAGE.compile(path)
    except (JSONPathError, RecursionError, ValueError) as error:
        raise ValueError("This is not a JSONPath; write for example $.data[*].value.") from error
    if not isinstance(found, JSONPath):
        raise ValueError("Give one path.")
    return found


def check_cell(path: str) -> None:
    """Raise ValueError for what is neither the plain name of a field nor a path that begins with $."""
    if path.startswith("$"):
        compiled(path)


def rows(document: Any, *, rows: str, period: str, value: str, segment: str, sample: str, most: int) -> list[Row]:
    """Read the rows of a document, or, with no path to rows, the single value at a path.

    `period` may be empty for a single value only. NoAnswer where the paths lead nowhere.
    """
    try:
        found = _found(document, rows, most) if rows else [document]
        made = [_row(each, period=period, value=value, segment=segment, sample=sample) for each in found]
    except (JSONPathError, RecursionError) as error:
        raise NoAnswer("The paths cannot be followed in this answer.") from error
    if not made:
        raise NoAnswer("There is nothing at the path of the rows.")
    if all(row.value is None for row in made):
        raise NoAnswer("There is no value at the path of the value.")
    return made


def _found(document: Any, path: str, most: int) -> list[Any]:
    matches = [match.obj for match in islice(compiled(path).finditer(document), most + 1)]
    if len(matches) == 1 and isinstance(matches[0], list):
        matches = matches[0]  # the path names the list, not what is in it
    if len(matches) > most:
        raise NoAnswer(f"The answer has more than {most:,} rows; ask for fewer.")
    return matches


def _row(found: Any, *, period: str, value: str, segment: str, sample: str) -> Row:
    return Row(
        period=_cell(found, period, MISSING) if period else None,
        value=_cell(found, value, None),
        segment=_cell(found, segment, None) if segment else "",
        sample_size=_cell(found, sample, None) if sample else None,
    )


def _cell(row: Any, path: str, missing: Any) -> Any:
    """Return what is at a path within a row, or under a plain name; what is there twice is there not at all."""
    if not path.startswith("$"):
        return row.get(path, missing) if isinstance(row, dict) else missing
    found = [match.obj for match in islice(compiled(path).finditer(row), 2)]
    return found[0] if len(found) == 1 else missing
