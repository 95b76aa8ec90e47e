"""The directory's files: a table each, CSV as people export them, some JSON."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

from loaders.demo.files import write_bytes

TABLES = (
    "organizations",
    "teams",
    "projects",
    "applications",
    "developers",
    "api_keys",
    "plans",
    "plan_endpoints",
    "cost_centers",
    "provider_accounts",
    "deployments",
    "sources",
)
_AS_JSON = ("plans", "plan_endpoints")
_UTC = "%Y-%m-%dT%H:%M:%SZ"
_SQL = Path(__file__).with_name("directory.sql")


def write_directory(con: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Path]:
    """Write each table with all its versions, and what was learnt too late.

    Args:
        con: Has the company.
        folder: For the files.

    Yields:
        Each file, once it is whole.
    """
    con.execute(_SQL.read_text())
    for table in TABLES:
        names, rows = _known_rows(con, table, "valid_from")
        as_text = _json if table in _AS_JSON else _csv
        suffix = "json" if table in _AS_JSON else "csv"
        path = folder / f"directory_{table}.{suffix}"
        yield write_bytes(path, as_text(names, rows))
    names, rows = _known_rows(con, "projects_moved", "recorded_at")
    if rows:
        path = folder / "directory_projects_2026-05-20.csv"
        yield write_bytes(path, _csv(names, rows))


def _known_rows(
    con: duckdb.DuckDBPyConnection, table: str, known_at: str
) -> tuple[list[str], list[tuple[object, ...]]]:
    """What the world knew by its end, as text; times in UTC and marked so."""
    found = con.execute(
        f"""
        select * replace (
            strftime(valid_from, '{_UTC}') as valid_from,
            strftime(recorded_at, '{_UTC}') as recorded_at
        )
        from directory_{table}
        where {known_at} < day_of_world(getvariable('days'))
        order by all
        """
    )
    return [column[0] for column in found.description or ()], found.fetchall()


def _csv(names: list[str], rows: list[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    file = csv.writer(text, lineterminator="\n")
    file.writerow(names)
    file.writerows([_plain(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _plain(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _json(names: list[str], rows: list[tuple[object, ...]]) -> bytes:
    things = [dict(zip(names, row, strict=True)) for row in rows]
    # Money is text: a number would be read as a double.
    return json.dumps(things, indent=1, default=str).encode()
