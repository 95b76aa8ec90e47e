"""From the inbox to the lake: which files are new, and landing them one by one."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from loaders.errors import FileNotLanded, SettingsError
from loaders.formats import detect, registry
from loaders.home import DEMO_FOLDER, IGNORE, Home, InboxRule
from loaders.lake import prepare
from loaders.landing import Load, land, load_id
from loaders.ledger import Ledger, LedgerEntry
from loaders.privacy import masked, pseudonym_key
from loaders.projection import Connection, engine
from loaders.source_file import SourceFile, open_source

Status = Literal["landed", "known", "empty", "ignored", "not_recognised", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    Attributes:
        name: Path below the inbox, or as given.
        status: `known` means that the same bytes are in the lake already.
        entry: The committed load, where there is one.
        reason: For `failed`: why, without text from the file.
    """

    name: str
    status: Status
    entry: LedgerEntry | None = None
    reason: str | None = None


Progress = Callable[[str, int, int], None]


def load_inbox(
    home: Home,
    paths: Sequence[Path] = (),
    forced_format: str | None = None,
    progress: Progress = lambda name, done, total: None,
) -> list[Outcome]:
    """Land every new file of the inbox, or of the given files and folders.

    One file's failure never stops the others; what is committed stays committed.

    Args:
        home: Where the lake is.
        paths: Files or folders; empty means the inbox.
        forced_format: Format of every file, instead of rules and detection.
        progress: Called with (file name, files done, files in all).

    Raises:
        SettingsError: A given path does not exist, or the format is unknown.
        LakeUnwritable: The disk is full or the lake is read-only.
    """
    if forced_format is not None and forced_format not in registry():
        known = ", ".join(registry())
        raise SettingsError(f"--format {forced_format}: one of {known}")
    files = list(_files(paths or [home.inbox], must_exist=bool(paths)))
    key = pseudonym_key(home.path)
    outcomes = []
    with engine() as con:
        intake = _Intake(home, prepare(home.lake), key, forced_format, con)
        for done, path in enumerate(files):
            progress(masked(_name_of(home, path)), done, len(files))
            outcomes.append(intake.take(path))
    return outcomes


def waiting_files(home: Home, ledger: Ledger) -> list[str]:
    """Files of the inbox that the ledger does not know by path, size and time."""
    known = {_place(entry) for entry in ledger.entries.values()}
    waiting = []
    for path in _files([home.inbox], must_exist=False):
        name = _name_of(home, path)
        try:
            status = path.stat()
        except OSError:
            continue
        is_known = (masked(name), status.st_size, status.st_mtime_ns) in known
        if not is_known and home.rule_for(name).format != IGNORE:
            waiting.append(masked(name))
    return waiting


def _files(paths: Sequence[Path], must_exist: bool) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path, onerror=_refuse_folder):
                folders[:] = sorted(name for name in folders if name[0] != ".")
                for name in sorted(names):
                    if not name.startswith("."):
                        yield Path(folder) / name
        elif path.is_file() or path.is_fifo():
            yield path
        elif must_exist:
            raise SettingsError(f"{masked(str(path))}: no such file or folder")


def _refuse_folder(error: OSError) -> None:
    raise SettingsError(f"{masked(str(error.filename))}: {error.strerror}") from error


def _name_of(home: Home, path: Path) -> str:
    """Below the inbox where it is there, else the full path; links keep their name."""
    full, inbox = Path(os.path.abspath(path)), home.inbox
    return str(full.relative_to(inbox) if full.is_relative_to(inbox) else full)


@dataclass
class _Intake:
    """Landing with what the ledger knew at the start, kept up to date."""

    home: Home
    ledger: Ledger
    key: bytes
    forced_format: str | None
    con: Connection

    def __post_init__(self) -> None:
        self._seen = {_place(entry): entry for entry in self.ledger.entries.values()}

    def take(self, path: Path) -> Outcome:
        """Land one file, or say why not."""
        name = _name_of(self.home, path)
        rule = self.home.rule_for(name)
        name = masked(name)
        if rule.format == IGNORE and self.forced_format is None:
            return Outcome(name, "ignored")
        try:
            status = path.stat()
            seen = self._seen.get((name, status.st_size, status.st_mtime_ns))
            if seen and self._is_current(seen):
                return Outcome(name, "known", seen)
            growable = self._growable()
            with open_source(
                path, [entry.content_bytes for entry in growable]
            ) as source:
                return self._take_open(name, rule, source, growable)
        except OSError as error:
            return Outcome(name, "failed", reason=error.strerror or "cannot be read")
        except FileNotLanded as error:
            reason = str(error).removeprefix(f"{path}: ")
            return Outcome(name, "failed", reason=reason)

    def _take_open(
        self,
        name: str,
        rule: InboxRule,
        source: SourceFile,
        growable: list[LedgerEntry],
    ) -> Outcome:
        if source.line_count == 0:
            if source.is_truncated:
                raise FileNotLanded("damaged: nothing of it can be decompressed")
            return Outcome(name, "empty")
        forced = self.forced_format or rule.format
        format_ = registry()[forced] if forced else detect(source.head)
        if format_ is None:
            return Outcome(name, "not_recognised")
        identity = load_id(format_, source.sha256)
        known = self.ledger.entries.get(identity)
        if known:
            return Outcome(name, "known", known)
        load = Load(
            format=format_,
            gateway=rule.gateway or format_.default_gateway,
            timezone=rule.timezone,
            source_path=name,
            landed_at=datetime.now(UTC).replace(tzinfo=None).isoformat(),
            is_demo=Path(name).parts[0] == DEMO_FOLDER,
        )
        load = replace(load, replaces=self._replaced(load, source, growable))
        entry = land(self.con, source, load, self.home.lake, self.key)
        self.ledger.commit(entry)
        self._seen[_place(entry)] = entry
        return Outcome(name, "landed", entry)

    def _is_current(self, entry: LedgerEntry) -> bool:
        known = registry().get(entry.format)
        return known is not None and known.version == entry.format_version

    def _growable(self) -> list[LedgerEntry]:
        return [entry for entry in self.ledger.live.values() if entry.is_growable]

    def _replaced(
        self, load: Load, source: SourceFile, growable: list[LedgerEntry]
    ) -> tuple[str, ...]:
        """Live loads that this file contains whole: it grew, or is read anew."""
        same_bytes = {
            entry.load_id
            for entry in self.ledger.live.values()
            if entry.source_sha256 == source.sha256
            and entry.stream == load.format.stream
        }
        grown = {
            entry.load_id
            for entry in growable
            if (entry.format, entry.gateway, entry.timezone)
            == (load.format.name, load.gateway, load.timezone)
            and source.layout == "lines"
            and source.prefixes.get(entry.content_bytes) == entry.content_sha256
        }
        return tuple(sorted(same_bytes | grown))


def _place(entry: LedgerEntry) -> tuple[str, int, int]:
    return entry.source_path, entry.source_bytes, entry.source_mtime_ns
