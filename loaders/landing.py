"""Landing: from vendors' files to loads that the caller commits.

Every format takes this one road: project and check against the contract → mask →
pseudonymise → write good rows by UTC day and rejected ones to quarantine → ledger.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loaders.contract import (
    CLIENT_IP,
    DERIVED_FROM_CLIENT_IP,
    Column,
    Stream,
    duckdb_type,
)
from loaders.door import mask, pseudonymise
from loaders.errors import FileNotLanded
from loaders.formats import Format
from loaders.lake import Written, write_package
from loaders.ledger import LedgerEntry
from loaders.load import Load, Package
from loaders.projection import Connection, project
from loaders.quarantine import rejected_records
from loaders.sql import quoted
from loaders.streams import STREAMS


@dataclass(frozen=True)
class Measured:
    """What `projected` holds of one load; times of fit records, UTC."""

    records: int
    masked: int
    min_time: str | None
    max_time: str | None


def land(
    con: Connection, package: Package, lake: Path, key: bytes
) -> list[LedgerEntry]:
    """Write a package's records into the lake, not yet visible to any reader.

    Args:
        con: From `projection.engine`.
        package: Files that are read in the same way.
        lake: Root of the lake.
        key: Pseudonym key.

    Returns:
        The entries to commit. Until then no reader sees any of this.

    Raises:
        FileNotLanded: A file cannot be read, or changed meanwhile.
        LakeUnwritable: Nothing was committed; the lake is as it was.
    """
    stream = STREAMS[package.loads[0].format.stream]
    columns = project(con, package, stream)
    mask(con, stream, columns)
    pseudonymise(con, stream, columns, key)
    rejected = rejected_records(con, package)
    selected = _fit_rows(stream, package.loads[0].format, columns)
    written = write_package(con, stream, selected, rejected, package.id, lake)
    for load in package.loads:
        if load.source.changed_since_opened():
            path = load.source.path
            raise FileNotLanded(f"{path}: changed while it was read; try again")
    measured = _measure(con, stream)
    reasons: dict[object, Counter[str]] = defaultdict(Counter)
    for row in rejected:
        reasons[row["load_id"]][str(row["reason"])] += 1
    return [
        _entry(
            load,
            package,
            stream,
            written,
            measured.get(load.id, Measured(0, 0, None, None)),
            reasons[load.id],
        )
        for load in package.loads
    ]


def _entry(
    load: Load,
    package: Package,
    stream: Stream,
    written: Written,
    measured: Measured,
    reasons: Mapping[str, int],
) -> LedgerEntry:
    source, files = load.source, tuple(written.files.get(load.id, ()))
    return LedgerEntry(
        load_id=load.id,
        package_id=package.id,
        package_size=len(package.loads),
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
        content_key=source.content_key,
        is_growable=load.is_growable,
        is_truncated=source.is_truncated,
        is_demo=load.is_demo,
        landed_at=load.landed_at,
        # Lines are counted by us, not by the parser; an array only DuckDB can count.
        read_count=source.line_count if source.layout == "lines" else measured.records,
        landed_count=sum(file.row_count for file in files),
        quarantined_count=sum(reasons.values()),
        ignored_count=0,
        quarantined_by_reason=dict(reasons),
        ignored_by_reason={},
        masked_count=measured.masked,
        min_time=measured.min_time,
        max_time=measured.max_time,
        files=files,
        quarantine_path=written.quarantine if reasons else None,
        replaces=load.replaces,
    )


def _measure(con: Connection, stream: Stream) -> dict[str, Measured]:
    time = (
        f"case when projected.refused is null then projected.{stream.time_column} end"
    )
    rows = con.execute(
        f"""
        select loads.load_id, count(*), coalesce(sum(masked.value_count), 0),
            cast(min({time}) as varchar), cast(max({time}) as varchar)
        from projected
        asof join loads on projected.rowid >= loads.first
        left join masked on projected.rowid = masked.row_id
        group by loads.load_id
        """
    ).fetchall()
    return {load: Measured(*values) for load, *values in rows}


def _fit_rows(stream: Stream, format_: Format, columns: frozenset[str]) -> str:
    """SQL: every fit row in the stream's columns, sorted for pruning."""
    added = {
        "source_format": quoted(format_.name),
        "load_id": "loads.load_id",
        "record_no": "projected.rowid - loads.first + 1",
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
        from projected
        asof join loads on projected.rowid >= loads.first
        {" ".join(joins)}
        where projected.refused is null
        order by event_date, {stream.time_column}, load_id, record_no
    """
