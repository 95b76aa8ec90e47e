"""What dbt knows of the ledger: two small Parquet files, written before a build."""

from dataclasses import asdict
from pathlib import Path

import duckdb

from loaders.formats import registry
from loaders.ledger import Ledger
from loaders.sql import write_rows

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
    "unread_count": "bigint",
    "min_time": "timestamp",
    "max_time": "timestamp",
}
_LOAD_DAYS = {
    "load_id": "varchar",
    "stream": "varchar",
    "event_date": "date",
    "landed_count": "bigint",
    "min_time": "timestamp",
    "max_time": "timestamp",
}


def compile_ledger(ledger: Ledger, folder: Path) -> None:
    """Write `loads.parquet` and `load_days.parquet`, what dbt knows of the ledger.

    Args:
        ledger: All entries.
        folder: Where the two files go; each is replaced whole.
    """
    live, formats = ledger.live, registry()
    loads: list[dict[str, object]] = []
    days: list[dict[str, object]] = []
    for entry in ledger.entries.values():
        known = formats.get(entry.format)
        row = asdict(entry) | {
            "is_live": entry.load_id in live,
            "format_rank": known.rank if known else None,
        }
        loads.append({name: row[name] for name in _LOADS})
        days += [
            {
                "load_id": entry.load_id,
                "stream": file.stream,
                "event_date": file.event_date,
                "landed_count": file.row_count,
                "min_time": file.min_time,
                "max_time": file.max_time,
            }
            for file in entry.files
            if file.event_date is not None
        ]
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        for name, rows, columns in (
            ("loads", loads, _LOADS),
            ("load_days", days, _LOAD_DAYS),
        ):
            beside = folder / f"{name}.new"
            write_rows(con, rows, columns, beside)
            beside.rename(folder / f"{name}.parquet")
