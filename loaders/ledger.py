"""The load ledger: one entry per landed file, written last. It is the commit."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from loaders.errors import LakeDamaged, LakeUnwritable
from loaders.json_files import write_json


@dataclass(frozen=True)
class LakeFile:
    """One Parquet file of a load.

    Attributes:
        path: Relative to the lake. Small files that landed together share it.
        event_date: UTC day, `YYYY-MM-DD`; None in a stream without one.
        min_time: Earliest time of the load's records in it, UTC, ISO 8601.
        max_time: Latest one.
        sha256: Of its bytes.
        row_count: Records in it of this load.
        size_bytes: On disk.
    """

    path: str
    event_date: str | None
    min_time: str
    max_time: str
    sha256: str
    row_count: int
    size_bytes: int

    @property
    def stream(self) -> str:
        """Whose records it holds."""
        return self.path.partition("/")[0]


@dataclass(frozen=True)
class LedgerEntry:
    """What one file brought. Counts are records; times are UTC, ISO 8601.

    `read_count` is counted apart from the parser, and
    read = landed + quarantined + ignored. `unread_count` is of values in landed records
    that nobody could read and that are null now. `stream` is the first that the format
    gives; each of `files` says its own.
    """

    load_id: str
    package_id: str
    package_size: int
    stream: str
    contract: str
    format: str
    format_version: str
    gateway: str | None
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
    unread_count: int
    min_time: str | None
    max_time: str | None
    files: tuple[LakeFile, ...]
    quarantine_path: str | None
    replaces: tuple[str, ...]
    mapping: str = ""

    @property
    def fingerprint(self) -> str:
        """Hash of everything that the entry says."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def way_to_read(self) -> tuple[str, str | None, str, str]:
        """How its file was read, as `Load.way_to_read`."""
        return self.format, self.gateway, self.timezone, self.mapping

    @property
    def days(self) -> frozenset[str]:
        """UTC days that it has records for."""
        return frozenset(f.event_date for f in self.files if f.event_date is not None)


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

    @property
    def data_complete_through(self) -> dict[str, str]:
        """The watermark of each dated stream: its latest live record, UTC."""
        latest: dict[str, str] = {}
        for file in (file for entry in self.live.values() for file in entry.files):
            if file.event_date is not None:
                known = latest.get(file.stream, file.max_time)
                latest[file.stream] = max(known, file.max_time)
        return latest

    def check_files(self) -> None:
        """Refuse to go on without records that landed: the books would lose them.

        Raises:
            LakeDamaged: A file of a live load is gone, or is not what landed.
        """
        for entry in self.live.values():
            wanted: dict[str, int | None] = {f.path: f.size_bytes for f in entry.files}
            if entry.quarantine_path is not None:
                wanted[entry.quarantine_path] = None
            for name, wanted_size in wanted.items():
                path = self._folder.parent / name
                size = path.stat().st_size if path.exists() else None
                if size is None or wanted_size not in (None, size):
                    is_alone = entry.package_size == 1
                    raise LakeDamaged(
                        f"{path} {'is missing' if size is None else 'was changed'}: "
                        "restore it; or, to have it landed anew from the inbox, delete "
                        f"{self._path(entry) if is_alone else self._mark(entry)}"
                    )

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
    # Entries of before a file had times of its own.
    times = {name: fields[name] for name in ("min_time", "max_time")}
    fields.setdefault("unread_count", 0)
    replaces = fields.pop("replaces")
    assert isinstance(files, list)  # noqa: S101  narrows the type; we wrote the file
    assert isinstance(replaces, list)  # noqa: S101
    return LedgerEntry(
        files=tuple(LakeFile(**{**times, **file}) for file in files),
        replaces=tuple(replaces),
        **fields,  # type: ignore[arg-type]
    )
