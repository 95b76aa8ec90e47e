"""Text that must go into SQL as text."""

from pathlib import Path


def quoted(value: str | Path) -> str:
    """A SQL string literal, for the places where DuckDB takes no parameter."""
    return "'" + str(value).replace("'", "''") + "'"
