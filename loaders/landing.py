"""Landing: from a vendor's file to a load that the caller commits.

Every format takes this one road: project and check against the contract → mask →
pseudonymise → write good rows by UTC day and rejected ones to quarantine → ledger.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from loaders.contract import (
    CLIENT_IP,
    DERIVED_FROM_CLIENT_IP,
    STREAMS,
    Column,
    Stream,
    duckdb_type,
)
from loaders.door import mask, pseudonymise
from loaders.errors import FileNotLanded
from loaders.formats import Format
from loaders.lake import write_load
from loaders.ledger import LedgerEntry
from loaders.projection import Connection, count_projected, project
from loaders.quarantine import rejected_records
from loaders.source_file import SourceFile
from loaders.sql import quoted


@dataclass(frozen=True)
class Load:
    """Identity of one landing.

    Attributes:
        format: How to read the file.
        gateway: `gateway` of its records.
        timezone: IANA zone of times that carry no offset.
        source_path: As the ledger shows it: relative to the inbox where possible.
        landed_at: UTC, ISO 8601; the one wall-clock time that the lake records.
        is_demo: The file was written by our own generator.
        replaces: Loads that this one takes the place of.
    """

    format: Format
    gateway: str
    timezone: str
    source_path: str
    landed_at: str
    is_demo: bool
    replaces: tuple[str, ...] = ()


def load_id(format_: Format, sha256: str) -> str:
    """Identity of a load: the bytes of the file and the format's version."""
    text = f"{format_.name}:{format_.version}:{sha256}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def land(
    con: Connection, source: SourceFile, load: Load, lake: Path, key: bytes
) -> LedgerEntry:
    """Write one file's records into the lake, not yet visible to any reader.

    Args:
        con: From `projection.engine`.
        source: The open file.
        load: Its identity.
        lake: Root of the lake.
        key: Pseudonym key.

    Returns:
        The entry to commit. Until then no reader sees any of this.

    Raises:
        FileNotLanded: The file cannot be read, or changed meanwhile.
        LakeUnwritable: Nothing was committed; the lake is as it was.
    """
    stream = STREAMS[load.format.stream]
    identity = load_id(load.format, source.sha256)
    is_growable = source.layout == "lines"
    parameters = {"gateway": load.gateway, "timezone": load.timezone}
    columns = project(con, source, load.format, stream, parameters)
    is_counted = source.layout == "lines"
    read_count = source.line_count if is_counted else count_projected(con)
    masked_count = mask(con, stream, columns)
    pseudonymise(con, stream, columns, key)
    rejected = rejected_records(con, source, identity)
    selected = _fit_rows(stream, load, columns, identity)
    files = write_load(con, stream, selected, rejected, identity, lake)
    min_time, max_time = _time_range(con, stream)
    if source.changed_since_opened():
        raise FileNotLanded(f"{source.path}: changed while it was read; try again")
    return LedgerEntry(
        load_id=identity,
        stream=stream.name,
        contract=stream.fingerprint,
        format=load.format.name,
        format_version=load.format.version,
        gateway=load.gateway,
        timezone=load.timezone,
        source_path=load.source_path,
        source_sha256=source.sha256,
        source_bytes=source.size_bytes,
        source_mtime_ns=source.mtime_ns,
        content_sha256=source.content_sha256,
        content_bytes=source.content_bytes,
        is_growable=is_growable,
        is_truncated=source.is_truncated,
        is_demo=load.is_demo,
        landed_at=load.landed_at,
        read_count=read_count,
        landed_count=sum(file.row_count for file in files),
        quarantined_count=len(rejected),
        ignored_count=0,
        quarantined_by_reason=dict(Counter(str(row["reason"]) for row in rejected)),
        ignored_by_reason={},
        masked_count=masked_count,
        min_time=min_time,
        max_time=max_time,
        files=tuple(files),
        replaces=load.replaces,
    )


def _time_range(con: Connection, stream: Stream) -> tuple[str | None, str | None]:
    first, last = con.execute(
        f"""
        select cast(min({stream.time_column}) as varchar),
            cast(max({stream.time_column}) as varchar)
        from projected where refused is null
        """
    ).fetchall()[0]
    return first, last


def _fit_rows(
    stream: Stream, load: Load, columns: frozenset[str], identity: str
) -> str:
    """SQL: every fit row in the stream's columns, sorted for pruning."""
    added = {
        "source_format": quoted(load.format.name),
        "load_id": quoted(identity),
        "record_no": "projected.rowid + 1",
    }
    has_ip = CLIENT_IP in columns

    def value(column: Column) -> str:
        name = column.name
        if name in added:
            return added[name]
        if has_ip and name in DERIVED_FROM_CLIENT_IP:
            return f"addresses.{name}"
        if name not in columns:
            return "null"
        return f"{name}_pseudonym.kept" if column.personal else f"projected.{name}"

    selected = ", ".join(
        f"cast({value(column)} as {duckdb_type(column.type)}) as {column.name}"
        for column in stream.columns
    )
    joins = [
        f"left join pseudonyms as {column.name}_pseudonym "
        f"on {column.name}_pseudonym.raw = projected.{column.name}"
        for column in stream.columns
        if column.personal and column.name in columns
    ]
    if has_ip:
        joins.append(f"left join addresses on addresses.raw = projected.{CLIENT_IP}")
    return f"""
        select {selected}, cast(projected.{stream.time_column} as date) as event_date
        from projected {" ".join(joins)}
        where projected.refused is null
        order by event_date, {stream.time_column}, record_no
    """
