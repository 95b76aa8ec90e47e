"""What a rule table is: its columns, and what must hold of its rows."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Column:
    """A column of a rule table.

    Attributes:
        name: In the file's header and in Parquet.
        type: DuckDB's: varchar, bigint, date, timestamp (UTC) or decimal(p,s).
        is_required: Whether it must not be blank; blank is null.
        allowed: The only values; empty for any.
        holds: SQL over the column that must not be false, in the words of `says`.
        says: What the value must be, for the person who wrote it.
        refers_to: A table of `TABLES` further up that must have the value in its
            column of the same name.
    """

    name: str
    type: str = "varchar"
    is_required: bool = False
    allowed: tuple[str, ...] = ()
    holds: str = ""
    says: str = ""
    refers_to: str = ""


class Check(NamedTuple):
    """What must hold of a row: `holds` is SQL over its columns; null passes."""

    field: str
    holds: str
    says: str


@dataclass(frozen=True)
class Ranges:
    """Rows that say when they hold, from `valid_from` to before `valid_before`.

    Attributes:
        of: Columns of what holds; two rows that agree in all of them, nulls too, must
            not overlap.
        unless: SQL over `earlier` and `later`, two lines of the file, that lets them.
    """

    of: tuple[str, ...]
    unless: str = "false"


@dataclass(frozen=True)
class RuleTable:
    """A rule table.

    Attributes:
        name: Of its file, `seeds/<folder>/<name>.csv`, and of its Parquet file.
        columns: All of them; a file may have them in any order.
        key: Columns that no two rows share.
        checks: Of each row by itself.
        ranges: Where rows say when they hold.
        folder: Below `seeds/`.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    ranges: Ranges | None = None
    folder: str = "costs"
