"""Landing: from a vendor's file to a committed load.

Every format takes this one road: project → check against the contract → mask →
pseudonymise → write good rows by UTC day and rejected ones to quarantine → ledger.
"""

import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from loaders import privacy
from loaders.contract import (
    ADDED_BY_LANDING,
    CLIENT_IP,
    DERIVED_FROM_CLIENT_IP,
    EARLIEST_TIME,
    LATEST_TIME,
    MAX_TEXT_BYTES,
    QUARANTINE_COLUMNS,
    STREAMS,
    Column,
    Stream,
    duckdb_type,
)
from loaders.errors import FileNotLanded, LakeUnwritable
from loaders.formats import Format
from loaders.lake import QUARANTINE, SCRATCH, lake_file_name
from loaders.ledger import LakeFile, LedgerEntry, sync_folder
from loaders.source_file import SourceFile
from loaders.sql import quoted

_VOCABULARY = Path(__file__).with_name("vocabulary.sql")
# No JSON record of a gateway is larger; a longer line is refused, not loaded.
_MAX_RECORD_BYTES = 256 << 20


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


def land(source: SourceFile, load: Load, lake: Path, key: bytes) -> LedgerEntry:
    """Write one file's records into the lake; the caller commits the entry.

    Args:
        source: The open file.
        load: Its identity.
        lake: Root of the lake.
        key: Pseudonym key.

    Returns:
        The entry to commit. Until then no reader sees any of this.

    Raises:
        FileNotLanded: The file changed while it was read, or DuckDB refuses all of it.
        LakeUnwritable: Nothing was committed; the lake is as it was.
    """
    stream = STREAMS[load.format.stream]
    identity = load_id(load.format, source.sha256)
    scratch = lake / SCRATCH / identity
    with _connection() as con:
        is_growable = source.layout == "lines"
        places = _project(con, source, load, stream)
        read_count = _read_count(con, source)
        masked_count = _mask(con, stream)
        _pseudonymise(con, stream, key)
        try:
            files = _write_good(con, stream, load, identity, scratch)
            rejected = _rejected(con, source, places, identity)
            _write_rejected(con, rejected, scratch / "rejected.parquet")
            _into_place(scratch, lake, stream, identity, files, bool(rejected))
        except (OSError, duckdb.IOException) as error:
            reason = getattr(error, "strerror", None) or "cannot write"
            raise LakeUnwritable(f"{lake}: {reason}") from None
        times = con.execute(
            f"""
            select cast(min({stream.time_column}) as varchar),
                cast(max({stream.time_column}) as varchar)
            from projected where refused is null
            """
        ).fetchall()[0]
    if source.changed_since_opened():
        raise FileNotLanded(f"{source.path}: changed while it was read; try again")
    landed_count = sum(file.row_count for file in files)
    return LedgerEntry(
        load_id=identity,
        stream=stream.name,
        format=load.format.name,
        format_version=load.format.version,
        gateway=load.gateway,
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
        landed_count=landed_count,
        quarantined_count=len(rejected),
        ignored_count=0,
        quarantined_by_reason=dict(Counter(row["reason"] for row in rejected)),
        ignored_by_reason={},
        masked_count=masked_count,
        min_time=times[0],
        max_time=times[1],
        files=tuple(files),
        replaces=load.replaces,
    )


@contextmanager
def _connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A private in-memory engine; what it spills is deleted with its folder."""
    with tempfile.TemporaryDirectory(prefix="tollbook-") as spill:
        con = duckdb.connect(config={"temp_directory": spill, "memory_limit": "3GB"})
        try:
            con.execute("set TimeZone = 'UTC'")
            con.execute(_VOCABULARY.read_text())
            yield con
        finally:
            con.close()


def _project(
    con: duckdb.DuckDBPyConnection, source: SourceFile, load: Load, stream: Stream
) -> list[tuple[int, int]] | None:
    """Fill `projected`: the projection's columns, and `refused` (`reason:field`).

    Returns:
        Where each value stands in the text, if the file had to be taken apart.
    """
    try:
        _create_projected(con, source, load, stream)
    except duckdb.Error as error:
        if source.layout == "lines":
            # DuckDB's message quotes the input: name the class alone.
            kind = type(error).__name__
            raise FileNotLanded(f"{source.path}: cannot be read ({kind})") from None
        places = source.split_values()
        _create_projected(con, source, load, stream)
        return places
    return None


def _create_projected(
    con: duckdb.DuckDBPyConnection, source: SourceFile, load: Load, stream: Stream
) -> None:
    reader = (
        "read_ndjson_objects({path}, ignore_errors = true, maximum_object_size = {max})"
        if source.layout == "lines"
        else "read_json_objects({path}, format = 'auto', maximum_object_size = {max})"
    ).format(path=quoted(source.duckdb_path), max=_MAX_RECORD_BYTES)
    con.execute(
        f"create or replace temp view raw_records as select json as record from {reader}"
    )
    projection = load.format.projection.read_text()
    given = {"gateway": load.gateway, "timezone": load.timezone}
    used = {name: value for name, value in given.items() if f"${name}" in projection}
    names = [
        name for (name, *_) in con.execute(f"describe ({projection})", used).fetchall()
    ]
    con.execute(
        f"""
        create or replace temp table projected as
        select *, coalesce(reject, {_contract_check(stream, names)}) as refused
        from ({projection})
        """,
        used,
    )


def _contract_check(stream: Stream, names: list[str]) -> str:
    """SQL: the first promise of the contract that a row breaks, as `reason:field`."""
    time = stream.time_column
    cases = [
        f"when {time} < '{EARLIEST_TIME}' or {time} >= '{LATEST_TIME}' "
        f"then 'time_out_of_range:{time}'"
    ]
    for column in stream.columns:
        name = column.name
        if column.name not in names:
            if column.is_required and name not in ADDED_BY_LANDING:
                cases.insert(0, f"when true then 'missing:{name}'")
            continue
        if column.is_required:
            cases.insert(0, f"when {name} is null then 'missing:{name}'")
        if column.values:
            allowed = ", ".join(quoted(value) for value in column.values)
            cases.append(f"when {name} not in ({allowed}) then 'unknown_value:{name}'")
        elif column.type == "bigint":
            cases.append(f"when {name} < 0 then 'negative:{name}'")
        elif column.type == "string":
            cases.append(
                f"when strlen({name}) > {MAX_TEXT_BYTES} then 'too_long:{name}'"
            )
    return "case " + " ".join(cases) + " end"


def _read_count(con: duckdb.DuckDBPyConnection, source: SourceFile) -> int:
    """Records read; for lines counted by us, and equal to what DuckDB saw."""
    projected = con.execute("select count(*) from projected").fetchall()[0][0]
    if source.layout == "values":
        return int(projected)
    if projected != source.line_count:
        raise FileNotLanded(
            f"{source.path}: {source.line_count} lines, but {projected} records parsed; "
            "the file is being written, or holds a line over "
            f"{_MAX_RECORD_BYTES >> 20} MiB"
        )
    return source.line_count


def _free_text(con: duckdb.DuckDBPyConnection, stream: Stream) -> list[str]:
    """Projected text columns that a client could have put anything into."""
    described = con.execute("describe projected").fetchall()
    projected = {name for (name, *_) in described}

    def is_free(column: Column) -> bool:
        return (
            column.type == "string"
            and not column.values
            and not column.personal
            and column.name in projected
        )

    return [column.name for column in stream.columns if is_free(column)]


def _mask(con: duckdb.DuckDBPyConnection, stream: Stream) -> int:
    """Replace values shaped like credentials or e-mail addresses; count them."""
    free = _free_text(con, stream)
    either = f"{privacy.CREDENTIAL}|{privacy.EMAIL}"
    # One pass over everything first: nearly every file is clean.
    everything = "concat_ws(' ', " + ", ".join(free) + ")"
    suspects = con.execute(
        f"select count(*) from projected where regexp_matches({everything}, $1)",
        [either],
    ).fetchall()[0][0]
    masked = 0
    if suspects:
        for name in free:
            for shape, mask in (
                (privacy.CREDENTIAL, privacy.MASKED_CREDENTIAL),
                (privacy.EMAIL, privacy.MASKED_EMAIL),
            ):
                masked += con.execute(
                    f"""
                    update projected set {name} = regexp_replace({name}, $1, $2, 'g')
                    where regexp_matches({name}, $1)
                    """,
                    [shape, mask],
                ).fetchall()[0][0]
    return masked


def _pseudonymise(con: duckdb.DuckDBPyConnection, stream: Stream, key: bytes) -> None:
    """Fill `pseudonyms` and `addresses`: once per distinct value, not once per row."""
    described = con.execute("describe projected").fetchall()
    projected = {name for (name, *_) in described}
    personal = [
        column.name
        for column in stream.columns
        if column.personal and column.name in projected
    ]
    listed = ", ".join(personal) or "cast(null as varchar)"
    values = _distinct(con, f"unnest([{listed}])")
    con.execute(
        """
        create or replace temp table pseudonyms as
        select unnest($raw::varchar[]) as raw, unnest($kept::varchar[]) as kept
        """,
        {"raw": values, "kept": [privacy.pseudonym(key, value) for value in values]},
    )
    addresses = _distinct(con, CLIENT_IP if CLIENT_IP in projected else "null")
    described_ips = [privacy.describe_ip(key, address) for address in addresses]
    con.execute(
        """
        create or replace temp table addresses as
        select
            unnest($raw::varchar[]) as raw,
            unnest($ip::varchar[]) as client_ip_hash,
            unnest($net::varchar[]) as client_net_hash,
            unnest($family::varchar[]) as ip_family
        """,
        {
            "raw": addresses,
            "ip": [described[0] for described in described_ips],
            "net": [described[1] for described in described_ips],
            "family": [described[2] for described in described_ips],
        },
    )


def _distinct(con: duckdb.DuckDBPyConnection, expression: str) -> list[str]:
    rows = con.execute(
        f"""
        with found as (
            select distinct {expression} as value from projected where refused is null
        )
        select value from found where value is not null
        """
    ).fetchall()
    return [value for (value,) in rows]


def _landing_sql(stream: Stream, projected: set[str], load: Load, identity: str) -> str:
    """The stream's columns, in order and in type, for every row that is fit."""
    added: Mapping[str, str] = {
        "source_format": quoted(load.format.name),
        "load_id": quoted(identity),
        "record_no": "projected.rowid + 1",
    }
    joins, selected = [], []
    for column in stream.columns:
        name = column.name
        if name in added:
            value = added[name]
        elif name in DERIVED_FROM_CLIENT_IP and CLIENT_IP in projected:
            value = f"addresses.{name}"
        elif name not in projected:
            value = "null"
        elif column.personal:
            joins.append(
                f"left join pseudonyms as {name}_pseudonym "
                f"on {name}_pseudonym.raw = projected.{name}"
            )
            value = f"{name}_pseudonym.kept"
        else:
            value = f"projected.{name}"
        selected.append(f"cast({value} as {duckdb_type(column.type)}) as {name}")
    if CLIENT_IP in projected:
        joins.append(f"left join addresses on addresses.raw = projected.{CLIENT_IP}")
    return f"""
        select {", ".join(selected)},
            cast(projected.{stream.time_column} as date) as event_date
        from projected {" ".join(joins)}
        where projected.refused is null
    """


def _write_good(
    con: duckdb.DuckDBPyConnection,
    stream: Stream,
    load: Load,
    identity: str,
    scratch: Path,
) -> list[LakeFile]:
    """Write fit rows by UTC day into the scratch folder; list the files."""
    described = con.execute("describe projected").fetchall()
    names = {name for (name, *_) in described}
    days = scratch / "days"
    days.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"""
        copy (
            {_landing_sql(stream, names, load, identity)}
            order by event_date, {stream.time_column}, record_no
        )
        to {quoted(days)} (
            format parquet, compression zstd, partition_by (event_date),
            filename_pattern 'part_{{i}}'
        )
        """
    )
    found = []
    for folder in sorted(days.glob("event_date=*")):
        for number, path in enumerate(sorted(folder.glob("*.parquet"))):
            final = folder / lake_file_name(identity, number)
            path.rename(final)
            rows = con.execute(
                "select num_rows from parquet_file_metadata($1)", [str(final)]
            ).fetchall()[0][0]
            found.append(
                LakeFile(
                    path=f"{stream.name}/{folder.name}/{final.name}",
                    event_date=folder.name.removeprefix("event_date="),
                    sha256=hashlib.sha256(final.read_bytes()).hexdigest(),
                    row_count=rows,
                    size_bytes=final.stat().st_size,
                )
            )
    return found


def _rejected(
    con: duckdb.DuckDBPyConnection,
    source: SourceFile,
    places: list[tuple[int, int]] | None,
    identity: str,
) -> list[dict[str, object]]:
    """Quarantine rows: where each rejected record stands and why, never what it says."""
    refused = dict(
        con.execute(
            "select rowid + 1, refused from projected where refused is not null"
        ).fetchall()
    )
    if not refused:
        return []
    found: dict[int, dict[str, object]] = {}
    if source.layout == "lines":
        for record_no, (line_no, offset, line) in enumerate(source.lines(), start=1):
            if record_no in refused:
                body = line.rstrip(b"\r\n")
                found[record_no] = {
                    "line_no": line_no,
                    "byte_offset": offset,
                    "length_bytes": len(body),
                    "parser_position": _parser_position(body),
                }
    rows = []
    for record_no, refusal in sorted(refused.items()):
        reason, _, field = str(refusal).partition(":")
        place = found.get(record_no, {})
        if places is not None:
            offset, length = places[record_no - 1]
            place |= {"line_no": None, "byte_offset": offset, "length_bytes": length}
        rows.append(
            {
                "load_id": identity,
                "file_sha256": source.sha256,
                "record_no": record_no,
                **place,
                "reason": reason,
                "field": field or None,
            }
        )
    return rows


def _parser_position(body: bytes) -> int | None:
    """Byte of a malformed record at which a JSON parser gives up."""
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        return error.pos
    except (UnicodeDecodeError, RecursionError) as error:
        return getattr(error, "start", None)
    return None


def _write_rejected(
    con: duckdb.DuckDBPyConnection, rows: list[dict[str, object]], path: Path
) -> None:
    if not rows:
        return
    columns = {name: duckdb_type(type_) for name, type_ in QUARANTINE_COLUMNS.items()}
    con.execute(
        f"""
        copy (
            select unnest(r) from (
                select unnest(json_transform($rows, $structure)) as r
            )
        ) to {quoted(path)} (format parquet, compression zstd)
        """,
        {"rows": json.dumps(rows), "structure": json.dumps([columns])},
    )


def _into_place(
    scratch: Path,
    lake: Path,
    stream: Stream,
    identity: str,
    files: list[LakeFile],
    has_rejected: bool,
) -> None:
    """Sync and rename every file to where readers look; the ledger is still silent."""
    moves = {
        scratch / "days" / Path(file.path).relative_to(stream.name): lake / file.path
        for file in files
    }
    if has_rejected:
        name = lake_file_name(identity, 0)
        target = lake / QUARANTINE / stream.name / name
        moves[scratch / "rejected.parquet"] = target
    for beside, final in moves.items():
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        final.parent.mkdir(parents=True, exist_ok=True)
        beside.rename(final)
    for folder in {final.parent for final in moves.values()}:
        sync_folder(folder)
