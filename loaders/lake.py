"""The lake's folders: what belongs there, and what a killed run left behind."""

import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from loaders.contract import QUARANTINE_COLUMNS, Stream, duckdb_type
from loaders.errors import LakeUnwritable
from loaders.json_files import sync_folder
from loaders.ledger import LakeFile, Ledger
from loaders.projection import Connection
from loaders.quarantine import Rejected, write_rejected
from loaders.sql import quoted
from loaders.streams import STREAMS

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
            folder = lake / stream.name / (_NO_DAY if stream.is_dated else "")
            _write_empty(folder / "contract.parquet", columns)
            quarantine = {
                name: duckdb_type(type_) for name, type_ in QUARANTINE_COLUMNS.items()
            }
            _write_empty(
                lake / _QUARANTINE / stream.name / "contract.parquet", quarantine
            )
    except OSError as error:
        raise LakeUnwritable(f"{lake}: {error.strerror}") from error
    return ledger


@dataclass(frozen=True)
class Written:
    """What a package left in the lake.

    Attributes:
        files: By load id.
        quarantine: Path of its rejected records, if there are any.
    """

    files: Mapping[str, Sequence[LakeFile]]
    quarantine: str | None


def write_package(
    con: Connection,
    stream: Stream,
    selected: str,
    rejected: Sequence[Rejected],
    package_id: str,
    lake: Path,
) -> Written:
    """Write a package's files: beside, synced, renamed. The ledger is still silent.

    Args:
        con: Where `selected` can be run.
        stream: Of the package.
        selected: SQL of the fit rows, with their `load_id` and `event_date`.
        rejected: Rows for quarantine.
        package_id: Names the files.
        lake: Root of the lake.

    Returns:
        What each load has in which file.

    Raises:
        LakeUnwritable: The disk is full or read-only; nothing is visible.
    """
    scratch = lake / _SCRATCH
    try:
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        quarantine = None
        if rejected:
            beside = scratch / f"{package_id}_0.parquet"
            write_rejected(con, rejected, beside)
            quarantine = f"{_QUARANTINE}/{stream.name}/{beside.name}"
            _into_place(beside, lake / quarantine)
        con.execute(
            f"""
            copy ({selected}) to {quoted(scratch)} (
                format parquet, compression zstd, partition_by (event_date),
                overwrite_or_ignore, filename_pattern 'part_{{i}}'
            )
            """
        )
        files: dict[str, list[LakeFile]] = defaultdict(list)
        for folder in sorted(scratch.glob("event_date=*")):
            for number, path in enumerate(sorted(folder.glob("*.parquet"))):
                name = f"{stream.name}/{folder.name}/{package_id}_{number}.parquet"
                for load_id, file in _day_file(con, path, name):
                    files[load_id].append(file)
                _into_place(path, lake / name)
        return Written(files, quarantine)
    except OSError as error:
        raise LakeUnwritable(f"{lake}: {error.strerror}") from error
    except duckdb.IOException as error:
        raise LakeUnwritable(f"{lake}: cannot be written") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _day_file(con: Connection, path: Path, name: str) -> Iterator[tuple[str, LakeFile]]:
    """What each load has in one Parquet file."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    day = Path(name).parent.name.removeprefix("event_date=")
    counted = con.execute(
        "select load_id, count(*) from read_parquet($1) group by load_id", [str(path)]
    ).fetchall()
    for load_id, rows in counted:
        yield load_id, LakeFile(name, day, digest, rows, len(content))


def _into_place(beside: Path, final: Path) -> None:
    """Sync a finished file, then rename it to where readers look."""
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    final.parent.mkdir(parents=True, exist_ok=True)
    beside.rename(final)
    sync_folder(final.parent)


def _sweep(lake: Path, ledger: Ledger) -> None:
    """Delete what no live load has: leftovers of killed runs and replaced loads."""
    kept = {file.path for entry in ledger.live.values() for file in entry.files}
    kept |= {entry.quarantine_path or "" for entry in ledger.live.values()}
    for folder in (*STREAMS, _QUARANTINE):
        for path in (lake / folder).glob("*/*.parquet"):
            name = path.relative_to(lake).as_posix()
            if path.name != "contract.parquet" and name not in kept:
                path.unlink()
    for path in ledger.incomplete:
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
