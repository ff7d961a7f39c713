"""One SELECT and the columns that are read from it, as any database is asked for them."""

from dataclasses import dataclass
from typing import Any

from metrics.domain.answers import NoAnswer, Row
from metrics.services.reaching import Limits

WRITES = "The statement wants to do more than read; a pull only reads."
TOO_LONG = "The statement took too long."


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a database is asked. `columns`: part of a value (period, value, …) → the column of the answer."""

    statement: str
    columns: dict[str, str]
    limits: Limits

    @property
    def table(self) -> str:
        """Return the statement as a table to read from; on lines of its own, so that a comment at its end ends."""
        return f"FROM (\n{plain(self.statement)}\n) AS pulled"

    @property
    def heading(self) -> str:
        """Return what tells the columns of the statement without its rows."""
        return f"SELECT * {self.table} LIMIT 0"

    @property
    def most(self) -> int:
        """Return how many rows to ask for: one more than may come."""
        return self.limits.rows + 1

    def spelt(self, description: Any) -> list[str]:
        """Return the names of the wanted columns as the database spells them; NoAnswer names one that is not there."""
        names = [str(each[0]) for each in description or ()]
        return [_spelt(column, names) for column in self.columns.values()]

    def rows(self, cells: list[tuple[Any, ...]]) -> list[Row]:
        """Make rows of cells in the order of the columns; NoAnswer for too many."""
        if len(cells) > self.limits.rows:
            raise NoAnswer(f"The answer has more than {self.limits.rows:,} rows; ask for fewer.")
        return [Row(**dict(zip(self.columns, each, strict=True))) for each in cells]


def plain(statement: str) -> str:
    """Return one SELECT without its closing semicolon; ValueError for what is plainly something else."""
    text = statement.strip().rstrip(";").rstrip()
    if not text.lower().startswith(("select", "with", "values")):
        raise ValueError("Write one SELECT statement.")
    return text


def _spelt(column: str, names: list[str]) -> str:
    matching = [name for name in names if name == column]
    matching = matching or [name for name in names if name.casefold() == column.casefold()]
    if len(matching) != 1:
        raise NoAnswer(f"The answer has no single column {column[:60]}; its columns are {', '.join(names)[:150]}.")
    return matching[0]
