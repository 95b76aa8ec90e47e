"""Landing: from vendors' files to loads that the caller commits.

Every format takes this one road: project and check against the contract → mask →
pseudonymise → write good rows by UTC day and rejected ones to quarantine → ledger.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import duckdb

from loaders.contract import STREAM, Column, Stream, duckdb_type
from loaders.descriptions import DESCRIPTIONS
from loaders.door import mask, pseudonymise
from loaders.engine import Connection, no_room
from loaders.errors import FileNotLanded
from loaders.formats import Format
from loaders.geography import Geography
from loaders.lake_files import PackageFiles, Written
from loaders.ledger import LedgerEntry
from loaders.load import Load, Package
from loaders.projection import project
from loaders.quarantine import quarantine
from loaders.sql import quoted
from loaders.streams import STREAMS, contract_of
from loaders.tally import Tally, count


def land(
    con: Connection, package: Package, lake: Path, key: bytes, geography: Geography
) -> list[LedgerEntry]:
    """Write a package's records into the lake, not yet visible to any reader.

    Args:
        con: From `engine.engine`.
        package: Files that are read in the same way.
        lake: Root of the lake.
        key: Pseudonym key.
        geography: Where addresses are.

    Returns:
        The entries to commit. Until then no reader sees any of this.

    Raises:
        FileNotLanded: A file cannot be read, or changed meanwhile.
        LakeUnwritable: Nothing was committed; the lake is as it was.
    """
    source = package.loads[0].source
    try:
        try:
            return _land(con, package, lake, key, geography)
        except FileNotLanded:
            if source.layout != "values" or source.changed_since_opened():
                raise
        # An array that is damaged anywhere: what is whole of it still lands.
        source.take_apart()
        return _land(con, package, lake, key, geography)
    except duckdb.Error as error:
        if full := no_room(error):
            raise full from None
        # Its message quotes the input: name the class alone.
        path, kind = package.loads[0].source.path, type(error).__name__
        raise FileNotLanded(f"{path}: cannot be landed ({kind})") from None


def _land(
    con: Connection, package: Package, lake: Path, key: bytes, geography: Geography
) -> list[LedgerEntry]:
    format_ = package.loads[0].format
    streams = [STREAMS[name] for name in format_.streams]
    tallies: dict[str, Tally] = defaultdict(Tally)
    with PackageFiles(con, package.id, lake) as files:
        for portion in project(con, package, key):
            columns = portion.columns
            mask(con, streams, columns, key)
            pseudonymise(con, streams, columns, key, geography)
            if quarantine(con, package, portion):
                files.reject()
            files.add(
                {name: _fit_rows(name, format_, columns) for name in format_.streams},
                {name: _days(con, name, columns) for name in format_.streams},
            )
            count(con, tallies)
            for load_id, held in portion.read.items():
                tallies[load_id].held += held
        written = files.finish(format_.stream)
    for load in package.loads:
        if load.source.changed_since_opened():
            path = load.source.path
            raise FileNotLanded(f"{path}: changed while it was read; try again")
    return [_entry(load, package, written, tallies[load.id]) for load in package.loads]


def _entry(load: Load, package: Package, written: Written, tally: Tally) -> LedgerEntry:
    source, files = load.source, tuple(written.files.get(load.id, ()))
    return LedgerEntry(
        load_id=load.id,
        package_id=package.id,
        package_size=len(package.loads),
        stream=load.format.stream,
        contract=contract_of(load.format.streams),
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
        read_count=tally.read_of(load),
        landed_count=sum(file.row_count for file in files),
        quarantined_count=tally.quarantined.total(),
        ignored_count=tally.ignored.total(),
        quarantined_by_reason=dict(tally.quarantined),
        ignored_by_reason=dict(tally.ignored),
        masked_count=tally.masked,
        unread_count=tally.unread,
        min_time=min((file.min_time for file in files), default=None),
        max_time=max((file.max_time for file in files), default=None),
        files=files,
        quarantine_path=written.quarantine if tally.quarantined else None,
        replaces=load.replaces,
        mapping=load.way_to_read[-1],
    )


def _is_fit(name: str, columns: frozenset[str]) -> str:
    """SQL: a row of `projected` lands in this stream."""
    is_of = f" and projected.{STREAM} = {quoted(name)}" if STREAM in columns else ""
    return f"projected.refused is null{is_of}"


def _days(con: Connection, name: str, columns: frozenset[str]) -> list[str]:
    rows = con.execute(
        f"""
        select distinct cast(cast({STREAMS[name].time_column} as date) as varchar)
        from projected where {_is_fit(name, columns)} order by all
        """
    ).fetchall()
    return [day for (day,) in rows]


def _fit_rows(name: str, format_: Format, columns: frozenset[str]) -> str:
    """SQL: every fit row of a stream in its columns, sorted for pruning."""
    stream = STREAMS[name]
    added = {
        "source_format": quoted(format_.name),
        "load_id": "placed.load_id",
        "record_no": "placed.record_no",
    }
    described = {
        name: table
        for table, (raw, names) in DESCRIPTIONS.items()
        if raw in columns
        for name in names
    }

    def value(column: Column) -> str:
        name = column.name
        if name in added:
            return added[name]
        if name in described:
            own = f"projected.{name}, " if name in columns else ""
            return f"coalesce({own}{described[name]}.{name})"
        if name not in columns:
            return "null"
        return f"{name}_pseudonym.kept" if column.personal else f"projected.{name}"

    if not stream.is_dated:
        del added["source_format"]
        added["row_hash"] = _hash_of(value(column) for column in _versioned(stream))
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
    joins += [
        f"left join {table} on {table}.raw = projected.{raw}"
        for table, (raw, _) in DESCRIPTIONS.items()
        if table in described.values()
    ]
    return f"""
        select {selected}, cast(projected.{stream.time_column} as date) as event_date
        from projected
        inner join placed on projected.rowid = placed.row_id
        {" ".join(joins)}
        where {_is_fit(name, columns)}
        order by event_date, {stream.time_column}, load_id, record_no
    """


def _versioned(stream: Stream) -> list[Column]:
    """What a directory's row says of a thing, and not since when or on whose word."""
    apart = stream.added_by_landing | {"valid_from", "recorded_at"}
    return [column for column in stream.columns if column.name not in apart]


def _hash_of(expressions: Iterable[str]) -> str:
    """SQL: a hash of values as they are landed, pseudonyms and not people."""
    texts = ", ".join(f"cast({expression} as varchar)" for expression in expressions)
    return f"md5(cast(to_json([{texts}]) as varchar))"
