"""The lake's folders: what belongs there, and what a killed run left behind."""

import os
import shutil
from pathlib import Path

import duckdb

from loaders.contract import QUARANTINE_COLUMNS, STREAMS, duckdb_type
from loaders.errors import LakeUnwritable
from loaders.ledger import Ledger
from loaders.sql import quoted

SCRATCH = "_scratch"
QUARANTINE = "_quarantine"
# Sorts before every real day and holds no row, only the contract's columns.
_NO_DAY = "event_date=1970-01-01"


def prepare(lake: Path) -> Ledger:
    """Make the lake ready for a load or a build, and read its ledger.

    Files of no live load (a killed run, a replaced load) are deleted; every stream gets
    its zero-row files, so that readers find the contract's columns on the first night.

    Raises:
        LakeUnwritable: The folder cannot be written.
    """
    try:
        lake.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(lake / SCRATCH, ignore_errors=True)
        ledger = Ledger(lake)
        _sweep(lake, ledger)
        for stream in STREAMS.values():
            columns = {col.name: duckdb_type(col.type) for col in stream.columns}
            _write_empty(lake / stream.name / _NO_DAY / "contract.parquet", columns)
            quarantine = {
                name: duckdb_type(type_) for name, type_ in QUARANTINE_COLUMNS.items()
            }
            _write_empty(
                lake / QUARANTINE / stream.name / "contract.parquet", quarantine
            )
    except OSError as error:
        raise LakeUnwritable(f"{lake}: {error.strerror}") from error
    return ledger


def lake_file_name(load_id: str, number: int) -> str:
    """Name of a load's n-th Parquet file in one folder."""
    return f"{load_id}_{number}.parquet"


def _sweep(lake: Path, ledger: Ledger) -> None:
    live = ledger.live
    for folder in (*STREAMS, QUARANTINE):
        for path in (lake / folder).glob("*/*.parquet"):
            owner = path.name.split("_")[0]
            if path.name != "contract.parquet" and owner not in live:
                path.unlink()
    for beside in (lake / "_loads").glob("*.new"):
        beside.unlink()


def _write_empty(path: Path, columns: dict[str, str]) -> None:
    """A zero-row Parquet file of these columns, written once per contract."""
    connection = duckdb.connect()
    try:
        if path.exists():
            rows = connection.execute(
                "select name from parquet_schema($1) where num_children is null",
                [str(path)],
            ).fetchall()
            if [name for (name,) in rows] == list(columns):
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        selected = ", ".join(
            f"cast(null as {col}) as {name}" for name, col in columns.items()
        )
        beside = path.with_suffix(".new")
        connection.execute(
            f"copy (select {selected} limit 0) to {quoted(beside)} (format parquet)"
        )
        os.replace(beside, path)
    finally:
        connection.close()
