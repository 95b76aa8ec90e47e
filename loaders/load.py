"""What a load is: one file, how it is read, and the files it is landed with."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loaders.formats import Format
from loaders.source_file import SourceFile

# Format, gateway, time zone, and the operator's names of fields as JSON, if any.
WayToRead = tuple[str, str | None, str, str]


def mapping_text(mapping: Mapping[str, str]) -> str:
    """As the ledger has it: JSON, or nothing."""
    return json.dumps(dict(mapping), sort_keys=True) if mapping else ""


def load_id(format_: Format, way: WayToRead, sha256: str, after: str = "") -> str:
    """Identity of a load: the bytes of the file, and how they are read.

    Read again as they once were, they are another load, known by the one `after` which
    they come: an entry of the ledger is never written anew.
    """
    *always, mapping = way
    named = f":{mapping}" if mapping else ""
    text = f"{':'.join(map(str, always))}{named}:{format_.version}:{sha256}{after}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass
class Load:
    """One file on its way into the lake.

    Attributes:
        source: The open file.
        format: How to read it.
        gateway: `gateway` of its records; None where they have none.
        timezone: IANA zone of times that carry no offset.
        mapping: Our words -> the operator's keys, where a rule names any.
        source_path: As the ledger shows it: relative to the inbox where possible.
        landed_at: UTC, ISO 8601; the one wall-clock time that the lake records.
        is_demo: The file was written by our own generator.
        is_growable: A line format: a longer file that begins with this one replaces it.
        replaces: Loads that this one takes the place of.
        is_place_known: Its path is its own; two masked paths may be one.
        after: The load of the same file that was read otherwise in between, or nothing.
        first: Records of the package before its own.
    """

    source: SourceFile
    format: Format
    gateway: str | None
    timezone: str
    mapping: Mapping[str, str]
    source_path: str
    landed_at: str
    is_demo: bool
    is_growable: bool
    replaces: tuple[str, ...] = ()
    is_place_known: bool = True
    after: str = ""
    first: int = 0

    @property
    def id(self) -> str:
        """See `load_id`."""
        return load_id(self.format, self.way_to_read, self.source.sha256, self.after)

    @property
    def way_to_read(self) -> WayToRead:
        """Loads that share it may be landed together."""
        named = mapping_text(self.mapping)
        return self.format.name, self.gateway, self.timezone, named


@dataclass(frozen=True)
class Package:
    """Loads that are landed together, all or none: a large one, or many small ones.

    A gateway that writes an object per request would otherwise pay a whole landing for
    each, and leave a Parquet file for each.
    """

    loads: Sequence[Load]

    @property
    def id(self) -> str:
        """Names its Parquet files."""
        joined = "\n".join(sorted(load.id for load in self.loads))
        return hashlib.sha256(joined.encode()).hexdigest()[:32]
