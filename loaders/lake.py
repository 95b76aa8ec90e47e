"""The lake's folders: what belongs there, and what a killed run left behind."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from loaders.contract import QUARANTINE_COLUMNS, duckdb_type
from loaders.engine import Connection
from loaders.errors import LakeUnwritable, TollbookError
from loaders.lake_files import QUARANTINE, SCRATCH
from loaders.ledger import Ledger
from loaders.sql import quoted
from loaders.streams import STREAMS

_CONTRACT = "contract.parquet"
# Sorts before every real day and holds no row, only the contract's columns.
_NO_DAY = "event_date=1970-01-01"


def prepare(lake: Path) -> Ledger:
    """Make the lake ready for a load or a build, and read its ledger.

    Files of no live load (a killed run, a replaced load) are deleted; every stream gets
    its zero-row files, so that readers find the contract's columns on the first night.

    Raises:
        LakeDamaged: A file that landed is gone, or is not what landed.
        LakeUnwritable: The folder cannot be written.
    """
    try:
        lake.mkdir(parents=True, exist_ok=True)
        ledger = Ledger(lake)
        ledger.check_files()
        shutil.rmtree(lake / SCRATCH, ignore_errors=True)
        _sweep(lake, ledger)
        _write_contracts(lake)
    except OSError as error:
        raise LakeUnwritable(f"{lake}: {error.strerror}") from error
    except duckdb.IOException as error:
        raise LakeUnwritable(str(error).splitlines()[0]) from error
    return ledger


@contextmanager
def nothing_half_done(lake: Path) -> Iterator[None]:
    """Where the disk is full, give back what no load has committed."""
    try:
        yield
    except LakeUnwritable:
        with suppress(OSError, TollbookError):
            _sweep(lake, Ledger(lake))
        raise


def _sweep(lake: Path, ledger: Ledger) -> None:
    """Delete what no live load has: leftovers of killed runs and replaced loads."""
    kept = {file.path for entry in ledger.live.values() for file in entry.files}
    kept |= {entry.quarantine_path or "" for entry in ledger.live.values()}
    for folder in (*STREAMS, QUARANTINE):
        for path in (lake / folder).rglob("*.parquet"):
            name = path.relative_to(lake).as_posix()
            if path.name != _CONTRACT and name not in kept:
                path.unlink()
    for path in ledger.incomplete:
        path.unlink()
    for beside in (lake / "_loads").glob("*.new"):
        beside.unlink()


def _write_contracts(lake: Path) -> None:
    """A zero-row Parquet file for each stream, written anew where columns changed."""
    wanted: dict[Path, Mapping[str, str]] = {}
    for stream in STREAMS.values():
        folder = lake / stream.name / (_NO_DAY if stream.is_dated else "")
        wanted[folder / _CONTRACT] = {col.name: col.type for col in stream.columns}
        wanted[lake / QUARANTINE / stream.name / _CONTRACT] = QUARANTINE_COLUMNS
    there = [str(path) for path in wanted if path.exists()]
    with duckdb.connect() as con:
        found = _columns_of(con, there) if there else {}
        for path, columns in wanted.items():
            if found.get(str(path)) != list(columns):
                _write_empty(con, path, columns)


def _columns_of(con: Connection, paths: list[str]) -> dict[str, list[str]]:
    try:
        rows = con.execute(
            """
            select file_name, list(name) from parquet_schema($1)
            where num_children is null group by file_name
            """,
            [paths],
        ).fetchall()
    except duckdb.Error:  # one is damaged; all can be made again
        return {}
    return dict(rows)


def _write_empty(con: Connection, path: Path, columns: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    selected = ", ".join(
        f"cast(null as {duckdb_type(type_)}) as {name}"
        for name, type_ in columns.items()
    )
    beside = path.with_suffix(".new")
    con.execute(
        f"copy (select {selected} limit 0) to {quoted(beside)} (format parquet)"
    )
    os.replace(beside, path)
