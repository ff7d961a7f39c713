"""Ask for any of many values by one parameter: Django's `in` takes one for each, and longer to write than to answer."""

import json
from collections.abc import Collection
from typing import Any

from django.db.models import F, Lookup
from django.db.models.fields import BooleanField

from config.kit.prepared import Slot


class Among(Lookup):
    """A condition for `filter`: the column is one of these values, or of those given for a `prepared.Slot` later."""

    lookup_name = "among"
    prepare_rhs = False
    output_field = BooleanField()

    def __init__(self, column: str, values: "Collection[str] | Slot") -> None:
        super().__init__(F(column), values if isinstance(values, Slot) else list(values))

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Pass the values on as one."""
        return "%s", (value if connection.vendor == "postgresql" else json.dumps(value),)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Compare with an array."""
        column, before = self.process_lhs(compiler, connection)
        one, values = self.process_rhs(compiler, connection)
        return f"{column} = ANY({one})", (*before, *values)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Compare with a list written as JSON."""
        column, before = self.process_lhs(compiler, connection)
        one, values = self.process_rhs(compiler, connection)
        return f"{column} IN (SELECT value FROM json_each({one}))", (*before, *values)  # noqa: S608
