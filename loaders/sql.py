"""What Python hands to DuckDB: literals, and small tables."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb


def quoted(value: str | Path) -> str:
    """A SQL string literal, for the places where DuckDB takes no parameter."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


def count_rows(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """Rows of a table."""
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])


def write_rows(
    con: duckdb.DuckDBPyConnection,
    rows: Sequence[Mapping[str, object]],
    columns: Mapping[str, str],
    path: Path,
) -> None:
    """Write rows that Python holds as one Parquet file.

    Args:
        con: Any connection.
        rows: By column name; a missing name is null.
        columns: Name -> DuckDB type, in order.
        path: Overwritten.
    """
    con.execute(
        f"""
        copy (
            select unnest(r) from (
                select unnest(json_transform($rows, $structure)) as r
            )
        ) to {quoted(path)} (format parquet, compression zstd)
        """,
        {"rows": json.dumps(rows), "structure": json.dumps([columns])},
    )
