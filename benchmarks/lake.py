"""A lake of any size, its requests written straight into place.

Building is measured, not landing. A few of 1,200 keys make most calls; some calls are
tried twice, some records delivered twice: see `requests.sql`.
"""

from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from loaders.contract import duckdb_type
from loaders.home import Home
from loaders.inbox import load_inbox, load_prices
from loaders.ledger import LakeFile, Ledger, LedgerEntry
from loaders.sql import quoted
from loaders.streams import GATEWAY_REQUESTS, contract_of

FIRST = date(2026, 1, 1)
_FOLDER = Path(__file__).parent


def write_directory(home: Home) -> None:
    """Put the directory into the inbox, and load it and prices as a night would."""
    home.inbox.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.execute((_FOLDER / "directory.sql").read_text())
        views = con.execute(
            "select view_name from duckdb_views() where not internal"
        ).fetchall()
        for (view,) in views:
            con.execute(f"copy {view} to {quoted(home.inbox / f'{view}.csv')}")
    load_prices(home)
    load_inbox(home)


def write_days(home: Home, first: date, days: int, requests_a_day: int) -> None:
    """Add days of requests to the lake, a committed load each.

    Args:
        home: The installation, with its directory written.
        first: First day.
        days: So many from it on.
        requests_a_day: Records, copies included.
    """
    ledger = Ledger(home.lake)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"set variable requests_a_day = {requests_a_day}")
        for number in range(days):
            day = first + timedelta(days=number)
            ledger.commit([_write_day(con, home.lake, day)])


def _write_day(con: duckdb.DuckDBPyConnection, lake: Path, day: date) -> LedgerEntry:
    load_id = f"bench-{day}"
    con.execute(f"set variable day = date '{day}'")
    requests = (_FOLDER / "requests.sql").read_text()
    given = {name: name for name, *_ in con.execute(f"describe {requests}").fetchall()}
    given["load_id"] = quoted(load_id)
    columns = ", ".join(
        f"cast({given.get(col.name, 'null')} as {duckdb_type(col.type)}) as {col.name}"
        for col in GATEWAY_REQUESTS.columns
    )
    path = f"gateway_requests/event_date={day}/{load_id}_0.parquet"
    (lake / path).parent.mkdir(parents=True, exist_ok=True)
    ((rows,),) = con.execute(
        f"copy (select {columns} from ({requests})) to {quoted(lake / path)} "
        "(format parquet, compression zstd)"
    ).fetchall()
    size = (lake / path).stat().st_size
    times = (f"{day} 00:00:00", f"{day} 23:59:59")
    return _entry(load_id, LakeFile(path, str(day), *times, load_id, rows, size))


def _entry(load_id: str, file: LakeFile) -> LedgerEntry:
    entry: dict[str, Any] = dict.fromkeys(field.name for field in fields(LedgerEntry))
    entry |= {
        "load_id": load_id, "package_id": load_id, "package_size": 1,
        "stream": file.stream, "contract": contract_of([file.stream]),
        "format": "events", "format_version": "1", "source_path": load_id,
        "read_count": file.row_count, "landed_count": file.row_count,
        "quarantined_count": 0, "ignored_count": 0, "masked_count": 0,
        "unread_count": 0, "source_bytes": 0, "is_demo": False, "is_truncated": False,
        "landed_at": "2026-01-01T00:00:00", "min_time": file.min_time,
        "max_time": file.max_time, "files": (file,), "replaces": (),
    }  # fmt: skip
    return LedgerEntry(**entry)
