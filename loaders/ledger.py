"""The load ledger: one entry per landed file, written last. It is the commit."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from loaders.errors import LakeUnwritable
from loaders.formats import registry
from loaders.json_files import write_json
from loaders.sql import quoted


@dataclass(frozen=True)
class LakeFile:
    """One Parquet file of a load.

    Attributes:
        path: Relative to the lake. Small files that landed together share it.
        event_date: UTC day, `YYYY-MM-DD`.
        sha256: Of its bytes.
        row_count: Records in it of this load.
        size_bytes: On disk.
    """

    path: str
    event_date: str
    sha256: str
    row_count: int
    size_bytes: int


@dataclass(frozen=True)
class LedgerEntry:
    """What one file brought. Counts are records; times are UTC, ISO 8601.

    `read_count` is counted apart from the parser, and
    read = landed + quarantined + ignored.
    """

    load_id: str
    package_id: str
    package_size: int
    stream: str
    contract: str
    format: str
    format_version: str
    gateway: str
    timezone: str
    source_path: str
    source_sha256: str
    source_bytes: int
    source_mtime_ns: int
    content_sha256: str
    content_bytes: int
    content_key: str | None
    is_growable: bool
    is_truncated: bool
    is_demo: bool
    landed_at: str
    read_count: int
    landed_count: int
    quarantined_count: int
    ignored_count: int
    quarantined_by_reason: Mapping[str, int]
    ignored_by_reason: Mapping[str, int]
    masked_count: int
    min_time: str | None
    max_time: str | None
    files: tuple[LakeFile, ...]
    quarantine_path: str | None
    replaces: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Hash of everything that the entry says."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def days(self) -> frozenset[str]:
        """UTC days that it has records for."""
        return frozenset(file.event_date for file in self.files)


class Ledger:
    """Every committed load of a lake.

    Attributes:
        entries: By load id, replaced ones included.
        incomplete: Entries of packages that a kill cut short: not committed.
    """

    def __init__(self, lake: Path) -> None:
        self._folder = lake / "_loads"
        self.entries: dict[str, LedgerEntry] = {}
        for path in sorted(self._folder.glob("*.json")):
            try:
                entry = _entry(json.loads(path.read_text()))
            except (ValueError, TypeError, KeyError) as error:
                raise LakeUnwritable(
                    f"{path}: damaged ledger entry; restore it, or delete it and "
                    "run again"
                ) from error
            self.entries[entry.load_id] = entry
        self.incomplete = self._cut_short()

    def _cut_short(self) -> list[Path]:
        """Take out packages that were never committed; their entries' paths.

        Raises:
            LakeUnwritable: A committed package lacks entries.
        """
        paths = []
        sizes = Counter(entry.package_id for entry in self.entries.values())
        for entry in list(self.entries.values()):
            committed = entry.package_size == 1 or self._mark(entry).exists()
            if not committed:
                paths.append(self._path(entry))
                del self.entries[entry.load_id]
            elif sizes[entry.package_id] < entry.package_size:
                raise LakeUnwritable(
                    f"{self._folder}: entries of files that landed together are "
                    "missing; restore them, or delete "
                    f"{self._mark(entry).name} to have all of those files landed anew"
                )
        return paths

    @property
    def live(self) -> dict[str, LedgerEntry]:
        """Loads that readers see: committed, and not replaced by a later one."""
        replaced = {old for entry in self.entries.values() for old in entry.replaces}
        return {key: val for key, val in self.entries.items() if key not in replaced}

    def commit(self, entries: Iterable[LedgerEntry]) -> None:
        """Make a package visible, all of it at once.

        Raises:
            LakeUnwritable: It is not committed; the lake is as it was.
        """
        written = list(entries)
        try:
            for entry in written:
                write_json(self._path(entry), asdict(entry))
            if len(written) > 1:
                write_json(self._mark(written[0]), {"size": len(written)})
        except OSError as error:
            raise LakeUnwritable(f"{self._folder}: {error.strerror}") from error
        self.entries |= {entry.load_id: entry for entry in written}

    def _path(self, entry: LedgerEntry) -> Path:
        return self._folder / f"{entry.load_id}.json"

    def _mark(self, entry: LedgerEntry) -> Path:
        """Written after the entries of files that landed together: their commit."""
        return self._folder / f"{entry.package_id}.package"


def _entry(fields: dict[str, object]) -> LedgerEntry:
    files = fields.pop("files")
    replaces = fields.pop("replaces")
    assert isinstance(files, list)  # noqa: S101  narrows the type; we wrote the file
    assert isinstance(replaces, list)  # noqa: S101
    return LedgerEntry(
        files=tuple(LakeFile(**file) for file in files),
        replaces=tuple(replaces),
        **fields,  # type: ignore[arg-type]
    )


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
