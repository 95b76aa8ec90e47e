"""A lake made row by row, past every format, and what is read and built from it."""

import hashlib
import json
import subprocess
import sys
from collections import defaultdict
from dataclasses import fields
from datetime import datetime

import duckdb

from loaders.contract import duckdb_type
from loaders.ledger import LakeFile, Ledger, LedgerEntry
from loaders.sql import write_rows
from loaders.streams import STREAMS, contract_of
from tests.conftest import PROJECT

LONG_AGO = datetime(1999, 1, 1)


def land(home, stream, rows, replaces=(), stowaways=()):
    """Put rows into the lake and the ledger, as landing would; the load's id.

    Requests of one load are of one format.

    Stowaways lie in the same files, but their load was never committed.
    """
    text = json.dumps([stream, rows, replaces], default=str)
    load_id = hashlib.sha256(text.encode()).hexdigest()
    by_day = defaultdict(list)
    for record_no, row in enumerate([*rows, *stowaways], 1):
        whose = load_id if record_no <= len(rows) else "nobody"
        made = row | {"load_id": whose, "record_no": record_no}
        day = str(row["requested_at"].date()) if "requested_at" in row else None
        by_day[day].append({k: v if v is None else str(v) for k, v in made.items()})
    files = []
    columns = {c.name: duckdb_type(c.type) for c in STREAMS[stream].columns}
    for day, some in by_day.items():
        folder = f"event_date={day}/" if day else ""
        name = f"{stream}/{folder}{load_id}_0.parquet"
        (home.lake / name).parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as con:
            write_rows(con, some, columns, home.lake / name)
        times = [row.get("requested_at") or row["valid_from"] for row in some]
        size = (home.lake / name).stat().st_size
        files.append(
            LakeFile(name, day, min(times), max(times), load_id, len(some), size)
        )
    entry = {field.name: None for field in fields(LedgerEntry)} | {
        "load_id": load_id, "package_id": load_id, "package_size": 1,
        "stream": stream, "contract": contract_of([stream]),
        "format": next((row["source_format"] for row in rows), "litellm")
        if stream == "gateway_requests"
        else stream,
        "read_count": len(rows), "landed_count": len(rows),
        "quarantined_count": 0, "ignored_count": 0, "is_demo": False,
        "files": tuple(files), "replaces": tuple(replaces),
    }  # fmt: skip
    Ledger(home.lake).commit([LedgerEntry(**entry)])
    return load_id


def as_of(versions, moment):
    """The row that holds at a moment, or an empty one: the plain reading."""
    begun = [row for row in versions if row["valid_from"] <= moment]
    if not begun:
        return {}
    latest = max(row["valid_from"] for row in begun)
    rivals = [row for row in begun if row["valid_from"] == latest]
    said = max((row["recorded_at"] or LONG_AGO) for row in rivals)
    rivals = [row for row in rivals if (row["recorded_at"] or LONG_AGO) == said]
    best = min(rivals, key=lambda row: row["row_hash"])
    return {} if best["is_deleted"] else best


def ask(home, sql):
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        return con.execute(sql).fetchall()


def books(home):
    return {
        name: ask(home, f"from {name} order by all")
        for (name,) in ask(
            home,
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('usage', 'consumers', 'performance')",
        )
    }


DIE = """
import os, sys
from pathlib import Path
from loaders.home import open_home
from nightly.build import build
from nightly.dbt import Dbt
run, count = Dbt.run, iter(range(99))
def run_or_die(dbt, *arguments, **selection):
    if next(count) == int(sys.argv[2]):
        os._exit(9)
    run(dbt, *arguments, **selection)
Dbt.run = run_or_die
build(open_home(Path(sys.argv[1])))
"""


def killed_build(home, after):
    """Build until dbt has run so many times, and die."""
    done = subprocess.run(
        [sys.executable, "-c", DIE, str(home.path), str(after)], cwd=PROJECT
    )
    assert done.returncode == 9
