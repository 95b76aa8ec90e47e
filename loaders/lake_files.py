"""Writing a package's Parquet files: beside, synced, renamed to where readers look."""

import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import duckdb

from loaders.contract import Stream
from loaders.engine import Connection
from loaders.errors import LakeUnwritable
from loaders.json_files import sync_folder
from loaders.ledger import LakeFile
from loaders.sql import quoted
from loaders.streams import STREAMS

SCRATCH = "_scratch"
QUARANTINE = "_quarantine"
# DuckDB holds a buffer for each day that it writes to; a thousand need gigabytes.
_MOST_DAYS_AT_ONCE = 100
# So few are written one after the other, each by every thread.
_MOST_DAYS_ALONE = 4
# Level 1 is 4 % larger than the usual 3, and a third faster to write.
_PARQUET = "format parquet, compression zstd, compression_level 1"


@dataclass(frozen=True)
class Written:
    """What a package left in the lake.

    Attributes:
        files: By load id.
        quarantine: Path of its rejected records, if there are any.
    """

    files: Mapping[str, Sequence[LakeFile]]
    quarantine: str | None


class PackageFiles:
    """A package's files: beside, synced, renamed. The ledger is still silent.

    Any of its methods raises LakeUnwritable where the disk is full or read-only;
    nothing is visible then.
    """

    def __init__(self, con: Connection, package_id: str, lake: Path) -> None:
        """Begin with an empty scratch folder.

        Args:
            con: Where rows can be selected.
            package_id: Names the files.
            lake: Root of the lake.
        """
        self._con, self._package_id, self._lake = con, package_id, lake
        self._scratch = lake / SCRATCH
        self._files: dict[str, list[LakeFile]] = defaultdict(list)
        self._portions = 0
        self._rejected: list[Path] = []

    def __enter__(self) -> Self:
        """Make room beside the lake."""
        with _told(self._lake):
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing beside it."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    def add(
        self, selected: Mapping[str, str], days: Mapping[str, Sequence[str]]
    ) -> None:
        """Write one portion's fit rows.

        Args:
            selected: By stream, SQL of its fit rows, with their `load_id` and
                `event_date`.
            days: By stream, the days that its rows have, in order.
        """
        with _told(self._lake):
            for name, rows in selected.items():
                self._add_stream(STREAMS[name], rows, days[name])
        self._portions += 1

    def _add_stream(self, stream: Stream, rows: str, days: Sequence[str]) -> None:
        beside = self._scratch / str(self._portions) / stream.name
        for path in _write_stream(self._con, stream, rows, days, beside):
            folder = path.parent.relative_to(beside.parent)
            number = path.stem.removeprefix("part_")
            if self._portions:
                number = f"{self._portions}_{number}"
            final = (folder / f"{self._package_id}_{number}.parquet").as_posix()
            for load_id, file in _lake_file(self._con, stream, path, final):
                self._files[load_id].append(file)
            _into_place(path, self._lake / final)

    def reject(self) -> None:
        """Write one portion's `quarantined`."""
        with _told(self._lake):
            path = self._scratch / f"rejected_{len(self._rejected)}.parquet"
            self._con.execute(f"copy quarantined to {quoted(path)} ({_PARQUET})")
            self._rejected.append(path)

    def finish(self, stream: str) -> Written:
        """Put what was rejected into the stream's quarantine, as one file.

        Returns:
            What each load has in which file.
        """
        if not self._rejected:
            return Written(self._files, None)
        name = f"{QUARANTINE}/{stream}/{self._package_id}_0.parquet"
        with _told(self._lake):
            beside = self._rejected[0]
            if len(self._rejected) > 1:
                beside = self._scratch / "rejected.parquet"
                self._con.execute(
                    "copy (select * from read_parquet($1)) "
                    f"to {quoted(beside)} ({_PARQUET})",
                    [[str(path) for path in self._rejected]],
                )
            _into_place(beside, self._lake / name)
        return Written(self._files, name)


@contextmanager
def _told(lake: Path) -> Iterator[None]:
    """What the disk refuses, in the words of the lake."""
    try:
        yield
    except OSError as error:
        raise LakeUnwritable(f"{lake}: {error.strerror}") from error
    except duckdb.IOException as error:
        # It speaks of files, not of what is in them.
        raise LakeUnwritable(str(error).splitlines()[0]) from error


def _write_stream(
    con: Connection, stream: Stream, rows: str, days: Sequence[str], folder: Path
) -> list[Path]:
    """The finished Parquet files of a stream, in `folder` or one below it a day."""
    folder.mkdir(parents=True)
    if not stream.is_dated:
        path = folder / "part_0.parquet"
        return [path] if _copy(con, rows, path) else []
    if len(days) > _MOST_DAYS_ALONE:
        return _write_partitions(con, rows, days, folder)
    paths = [folder / f"event_date={day}" / "part_0.parquet" for day in days]
    for day, path in zip(days, paths, strict=True):
        path.parent.mkdir()
        _copy(con, f"select * from ({rows}) where event_date = '{day}'", path)
    return paths


def _copy(con: Connection, rows: str, path: Path) -> int:
    """Write rows into one Parquet file, their day left out; how many there were."""
    copied = con.execute(
        f"copy (select * exclude (event_date) from ({rows})) "
        f"to {quoted(path)} ({_PARQUET})"
    ).fetchall()
    return int(copied[0][0])


def _write_partitions(
    con: Connection, rows: str, days: Sequence[str], folder: Path
) -> list[Path]:
    for first in range(0, len(days), _MOST_DAYS_AT_ONCE):
        among = days[first : first + _MOST_DAYS_AT_ONCE]
        con.execute(
            f"""
            copy (
                select * from ({rows})
                where event_date between '{among[0]}' and '{among[-1]}'
            ) to {quoted(folder)} ({_PARQUET}, partition_by (event_date),
                overwrite_or_ignore, filename_pattern 'part_{{i}}')
            """
        )
    return sorted(folder.glob("event_date=*/*.parquet"))


def _lake_file(
    con: Connection, stream: Stream, path: Path, name: str
) -> Iterator[tuple[str, LakeFile]]:
    """What each load has in one Parquet file."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    _, _, day = Path(name).parent.name.partition("event_date=")
    counted = con.execute(
        f"""
        select
            load_id,
            count(*),
            cast(min({stream.time_column}) as varchar),
            cast(max({stream.time_column}) as varchar)
        from read_parquet($1)
        group by load_id
        """,
        [str(path)],
    ).fetchall()
    for load_id, rows, first, last in counted:
        yield (
            load_id,
            LakeFile(name, day or None, first, last, digest, rows, len(content)),
        )


def _into_place(beside: Path, final: Path) -> None:
    """Sync a finished file, then rename it to where readers look."""
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    final.parent.mkdir(parents=True, exist_ok=True)
    beside.rename(final)
    sync_folder(final.parent)
