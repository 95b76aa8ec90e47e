"""Taking files in: what each one is, and landing it, alone or with others like it."""

import os
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from loaders.engine import Connection
from loaders.errors import FileNotLanded
from loaders.formats import Format, detect, registry
from loaders.geography import Geography
from loaders.home import DEMO_FOLDER, IGNORE, Home, InboxRule
from loaders.landing import land
from loaders.ledger import Ledger, LedgerEntry
from loaders.load import Load, Package, WayToRead, mapping_text
from loaders.outcome import Outcome
from loaders.privacy import key_of_lake, masked
from loaders.source_file import SourceFile, open_source

# Small files that are read alike are landed together, up to so many and so much.
_MOST_TOGETHER = 1000
_MOST_BYTES_TOGETHER = 64 << 20


class Intake:
    """Landing with what the ledger knows, kept up to date.

    Attributes:
        landed: What became of the files that waited for others, by load id.
    """

    def __init__(
        self,
        home: Home,
        ledger: Ledger,
        forced_format: str | None,
        con: Connection,
        geography: Geography,
    ) -> None:
        self._home, self._ledger, self._con = home, ledger, con
        self._geography = geography
        self._forced_format = forced_format
        self._key = key_of_lake(home.path, bool(ledger.entries))
        # What was read anew lies at the same place: the last reading counts.
        known = [*ledger.entries.values(), *ledger.live.values()]
        self._seen = {place_of(entry): entry for entry in known}
        self._live: set[str] = set()
        # Live loads by what a new file may share with them: all bytes, or the first.
        self._by_sha256: dict[str, list[LedgerEntry]] = defaultdict(list)
        self._by_key: dict[str, list[LedgerEntry]] = defaultdict(list)
        for entry in ledger.live.values():
            self._note(entry)
        self._waiting: dict[WayToRead, dict[str, Load]] = defaultdict(dict)
        self.landed: dict[str, Outcome] = {}

    def take(self, path: Path) -> Outcome | Load:
        """Land one file, or say why not; a small one waits for others like it."""
        name = name_of(self._home, path)
        rule = self._home.rule_for(name)
        is_masked = name != masked(name)
        name = masked(name)
        if rule.format == IGNORE and self._forced_format is None:
            return Outcome(name, "ignored")
        try:
            status = path.stat()
            seen = self._seen.get((name, status.st_size, status.st_mtime_ns))
            # Two masked names may be one.
            if seen and self._is_read_as(seen, rule) and not is_masked:
                return Outcome(name, "known", seen)
            source = open_source(path, self._lengths_for)
        except OSError as error:
            return Outcome(name, "failed", reason=error.strerror or "cannot be read")
        except FileNotLanded as error:
            return _failed(name, path, error)
        with source:
            return self._take_open(name, rule, source, is_place_known=not is_masked)

    def _take_open(
        self, name: str, rule: InboxRule, source: SourceFile, is_place_known: bool
    ) -> Outcome | Load:
        if source.line_count == 0:
            reason = "damaged: nothing of it can be decompressed"
            is_ruin = source.is_truncated
            return Outcome(name, "failed" if is_ruin else "empty", reason=reason)
        forced = self._forced_format or rule.format
        format_ = registry()[forced] if forced else detect(source.head)
        if format_ is None:
            return Outcome(name, "not_recognised")
        load = Load(
            source=source.as_lines() if not format_.is_json else source,
            format=format_,
            gateway=_gateway(format_, rule),
            timezone=rule.timezone,
            mapping=_mapping(format_, rule),
            source_path=name,
            landed_at=datetime.now(UTC).replace(tzinfo=None).isoformat(),
            is_demo=Path(name).parts[0] == DEMO_FOLDER,
            is_growable=source.layout != "values",
            is_place_known=is_place_known,
        )
        known = self._known(load)
        waiting = self._waiting[load.way_to_read]
        if known or load.id in waiting:
            return Outcome(name, "known", known)
        for group in self._waiting.values():
            if any(source.sha256 == other.source.sha256 for other in group.values()):
                self._land_together(group)  # it is to be replaced
        held = sum(other.source.content_bytes for other in waiting.values())
        is_full = len(waiting) >= _MOST_TOGETHER or held > _MOST_BYTES_TOGETHER
        if is_full or any(_begins_with(source, other) for other in waiting.values()):
            self._land_together(waiting)
        load.replaces = self._replaced(load)
        if not source.is_small:
            return self._land_alone(load)
        waiting[load.id] = load
        return load

    def _is_read_as(self, seen: LedgerEntry, rule: InboxRule) -> bool:
        """Whether a load was read as its file would be read now."""
        forced = self._forced_format or rule.format
        format_ = registry().get(seen.format)
        return (
            format_ is not None
            and forced in (None, seen.format)
            and (seen.format_version, seen.gateway, seen.timezone, seen.mapping)
            == (
                format_.version,
                _gateway(format_, rule),
                rule.timezone,
                mapping_text(_mapping(format_, rule)),
            )
        )

    def land_waiting(self) -> None:
        """Land the small files that wait."""
        for waiting in self._waiting.values():
            self._land_together(waiting)

    def _land_together(self, waiting: dict[str, Load]) -> None:
        """All at once; singly if one of them is bad."""
        loads = list(waiting.values())
        waiting.clear()
        if not loads:
            return
        try:
            self._land(Package(loads))
        except FileNotLanded:
            for load in loads:
                self.landed[load.id] = self._land_alone(load)

    def _land_alone(self, load: Load) -> Outcome:
        try:
            self._land(Package([load]))
        except FileNotLanded as error:
            return _failed(load.source_path, load.source.path, error)
        return self.landed[load.id]

    def _land(self, package: Package) -> None:
        entries = land(self._con, package, self._home.lake, self._key, self._geography)
        self._ledger.commit(entries)
        for entry in entries:
            self._seen[place_of(entry)] = entry
            self._note(entry)
            self.landed[entry.load_id] = Outcome(entry.source_path, "landed", entry)

    def _note(self, entry: LedgerEntry) -> None:
        self._live.add(entry.load_id)
        self._live -= set(entry.replaces)
        self._by_sha256[entry.source_sha256].append(entry)
        if entry.is_growable and entry.content_key is not None:
            self._by_key[entry.content_key].append(entry)

    def _lengths_for(self, key: str) -> list[int]:
        landed = [entry.content_bytes for entry in self._by_key.get(key, ())]
        waiting = (load for group in self._waiting.values() for load in group.values())
        return landed + [
            load.source.content_bytes
            for load in waiting
            if load.source.content_key == key
        ]

    def _known(self, load: Load) -> LedgerEntry | None:
        """The entry of these bytes, unless another rule read the file in between."""
        known = self._ledger.entries.get(load.id)
        for entry in self._by_sha256.get(load.source.sha256, ()) if known else ():
            if (
                entry.load_id in self._live
                and load.is_place_known
                and entry.source_path == load.source_path
                and entry.way_to_read != load.way_to_read
            ):
                load.after = entry.load_id
                return None
        return known

    def _replaced(self, load: Load) -> tuple[str, ...]:
        """Live loads that this file contains whole: it grew, or is read anew."""
        source = load.source
        found = {entry.load_id for entry in self._by_sha256.get(source.sha256, ())}
        found |= {
            entry.load_id
            for entry in self._by_key.get(source.content_key or "", ())
            if load.is_growable
            and (
                entry.way_to_read == load.way_to_read
                # It grew, and its rule changed meanwhile.
                or (load.is_place_known and entry.source_path == load.source_path)
            )
            and source.prefixes.get(entry.content_bytes) == entry.content_sha256
        }
        return tuple(sorted(found & self._live))


def _begins_with(source: SourceFile, load: Load) -> bool:
    """Whether a file begins with all of one that waits, so that it replaces it."""
    earlier = load.source
    return (
        load.is_growable
        and source.prefixes.get(earlier.content_bytes) == earlier.content_sha256
    )


def _failed(name: str, path: Path, error: FileNotLanded) -> Outcome:
    return Outcome(name, "failed", reason=str(error).removeprefix(f"{path}: "))


def _mapping(format_: Format, rule: InboxRule) -> Mapping[str, str]:
    """What formats of fixed fields have no use for changes no load."""
    return dict(rule.mapping) if format_.is_mapped else {}


def _gateway(format_: Format, rule: InboxRule) -> str | None:
    return rule.gateway or format_.default_gateway


def name_of(home: Home, path: Path) -> str:
    """Below the inbox where it is there, else the full path; links keep their name.

    What the home wrote itself says so without saying where the home is.
    """
    full, inbox = Path(os.path.abspath(path)), home.inbox
    if full.is_relative_to(home.prices):
        return str(Path("..") / full.relative_to(home.path))
    return str(full.relative_to(inbox) if full.is_relative_to(inbox) else full)


def place_of(entry: LedgerEntry) -> tuple[str, int, int]:
    """Path, size and time: a file that has all three is not hashed again."""
    return entry.source_path, entry.source_bytes, entry.source_mtime_ns
