"""What dbt knows of the ledger: two small Parquet files, written before a build."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import duckdb

from loaders.formats import registry
from loaders.ledger import Ledger
from loaders.sql import quoted

_LOADS = {
    "load_id": "varchar",
    "stream": "varchar",
    "format": "varchar",
    "format_version": "varchar",
    "format_rank": "bigint",
    "gateway": "varchar",
    "source_path": "varchar",
    "source_sha256": "varchar",
    "source_bytes": "bigint",
    "is_truncated": "boolean",
    "is_live": "boolean",
    "landed_at": "timestamp",
    "read_count": "bigint",
    "landed_count": "bigint",
    "quarantined_count": "bigint",
    "ignored_count": "bigint",
    "masked_count": "bigint",
    "min_time": "timestamp",
    "max_time": "timestamp",
}
_LOAD_DAYS = {
    "load_id": "varchar",
    "stream": "varchar",
    "event_date": "date",
    "landed_count": "bigint",
}


def compile_ledger(ledger: Ledger, folder: Path) -> None:
    """Write `loads.parquet` and `load_days.parquet`, what dbt knows of the ledger.

    Args:
        ledger: All entries.
        folder: Where the two files go; each is replaced whole.
    """
    live, formats = ledger.live, registry()
    loads, days = [], []
    for entry in ledger.entries.values():
        known = formats.get(entry.format)
        extra = {
            "is_live": entry.load_id in live,
            "format_rank": known.rank if known else None,
        }
        loads.append({name: (asdict(entry) | extra)[name] for name in _LOADS})
        rows: dict[str, int] = {}
        for file in entry.files:
            rows[file.event_date] = rows.get(file.event_date, 0) + file.row_count
        for day, count in rows.items():
            days.append((entry.load_id, entry.stream, day, count))
    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    named_days = [dict(zip(_LOAD_DAYS, day, strict=True)) for day in days]
    _write(connection, loads, _LOADS, folder / "loads.parquet")
    _write(connection, named_days, _LOAD_DAYS, folder / "load_days.parquet")
    connection.close()


def _write(
    connection: duckdb.DuckDBPyConnection,
    rows: Iterable[Mapping[str, object]],
    columns: Mapping[str, str],
    path: Path,
) -> None:
    beside = path.with_suffix(".new")
    structure = json.dumps([columns])
    connection.execute(
        f"""
        copy (
            select unnest(r) from (
                select unnest(json_transform($rows, $structure)) as r
            )
        ) to {quoted(beside)} (format parquet)
        """,
        {"rows": json.dumps(list(rows)), "structure": structure},
    )
    beside.rename(path)
