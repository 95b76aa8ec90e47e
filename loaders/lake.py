"""The lake's folders: what belongs there, and what a killed run left behind."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from loaders.contract import QUARANTINE_COLUMNS, STREAMS, Stream, duckdb_type
from loaders.errors import LakeUnwritable
from loaders.json_files import sync_folder
from loaders.ledger import LakeFile, Ledger
from loaders.projection import Connection
from loaders.quarantine import Rejected, write_rejected
from loaders.sql import quoted

_SCRATCH = "_scratch"
_QUARANTINE = "_quarantine"
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
        shutil.rmtree(lake / _SCRATCH, ignore_errors=True)
        ledger = Ledger(lake)
        _sweep(lake, ledger)
        for stream in STREAMS.values():
            columns = {col.name: duckdb_type(col.type) for col in stream.columns}
            _write_empty(lake / stream.name / _NO_DAY / "contract.parquet", columns)
            quarantine = {
                name: duckdb_type(type_) for name, type_ in QUARANTINE_COLUMNS.items()
            }
            _write_empty(
                lake / _QUARANTINE / stream.name / "contract.parquet", quarantine
            )
    except OSError as error:
        raise LakeUnwritable(f"{lake}: {error.strerror}") from error
    return ledger


def write_load(
    con: Connection,
    stream: Stream,
    selected: str,
    rejected: Sequence[Rejected],
    identity: str,
    lake: Path,
) -> list[LakeFile]:
    """Write a load's files: beside, synced, renamed. The ledger is still silent.

    Args:
        con: Where `selected` can be run.
        stream: Of the load.
        selected: SQL of the fit rows, with their `event_date`.
        rejected: Rows for quarantine.
        identity: The load's id.
        lake: Root of the lake.

    Returns:
        The files of fit rows.

    Raises:
        LakeUnwritable: The disk is full or read-only; nothing is visible.
    """
    scratch = lake / _SCRATCH
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        if rejected:
            beside = scratch / _file_name(identity, 0)
            write_rejected(con, rejected, beside)
            _into_place(beside, lake / _QUARANTINE / stream.name / beside.name)
        con.execute(
            f"""
            copy ({selected}) to {quoted(scratch)} (
                format parquet, compression zstd, partition_by (event_date),
                overwrite_or_ignore, filename_pattern 'part_{{i}}'
            )
            """
        )
        return [
            _land_day_file(con, path, lake / stream.name, identity, number)
            for folder in sorted(scratch.glob("event_date=*"))
            for number, path in enumerate(sorted(folder.glob("*.parquet")))
        ]
    except OSError as error:
        raise LakeUnwritable(f"{lake}: {error.strerror}") from error
    except duckdb.IOException as error:
        raise LakeUnwritable(f"{lake}: cannot be written") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _file_name(load_id: str, number: int) -> str:
    return f"{load_id}_{number}.parquet"


def _land_day_file(
    con: Connection, path: Path, stream_folder: Path, identity: str, number: int
) -> LakeFile:
    day = path.parent.name
    final = stream_folder / day / _file_name(identity, number)
    rows = con.execute(
        "select num_rows from parquet_file_metadata($1)", [str(path)]
    ).fetchall()[0][0]
    content = path.read_bytes()
    _into_place(path, final)
    return LakeFile(
        path=f"{stream_folder.name}/{day}/{final.name}",
        event_date=day.removeprefix("event_date="),
        sha256=hashlib.sha256(content).hexdigest(),
        row_count=rows,
        size_bytes=len(content),
    )


def _into_place(beside: Path, final: Path) -> None:
    """Sync a finished file, then rename it to where readers look."""
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    final.parent.mkdir(parents=True, exist_ok=True)
    beside.rename(final)
    sync_folder(final.parent)


def _sweep(lake: Path, ledger: Ledger) -> None:
    live = ledger.live
    for folder in (*STREAMS, _QUARANTINE):
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
