"""From a file's text to the stream's columns, each row fit or refused with a reason."""

import duckdb

from loaders.contract import STREAM, UNREAD
from loaders.contract_check import checked
from loaders.decoding import BLANK
from loaders.engine import Connection, no_room
from loaders.errors import FileNotLanded
from loaders.formats import Format
from loaders.load import Load, Package
from loaders.privacy import pseudonym
from loaders.source_file import SourceFile, temporary
from loaders.sql import quoted
from loaders.streams import STREAMS

# No gateway writes a larger record; a longer line fails the file by name.
_MAX_RECORD_BYTES = 256 << 20
# DuckDB reads a file in parallel, in pieces of twice the largest record.
_USUAL_RECORD_BYTES = 16 << 20


def project(con: Connection, package: Package, key: bytes) -> frozenset[str]:
    """Fill `projected`, one row per record in the order of the package, and `placed`.

    Args:
        con: From `engine`.
        package: The files.
        key: Pseudonym key; salts ids that are made of content.

    Returns:
        The columns that the projection gave. `projected` has them, and `refused`:
        null where the row keeps the contract of its stream, else `reason:field`.
        `placed` says of which load each row is, and its `record_no` there, from 1.

    Raises:
        FileNotLanded: DuckDB refuses a file as a whole, or the records parsed are not
            the lines counted.
    """
    columns = _project_once(con, package, key)
    misread = _misread(con, package)
    if misread:
        for load in misread:
            load.source.take_apart()
        columns = _project_once(con, package, key)
    _number_equal_records(con, package, columns)
    return columns


def _project_once(con: Connection, package: Package, key: bytes) -> frozenset[str]:
    (source, *others) = (load.source for load in package.loads)
    if source.layout == "csv":
        source.take_apart()
    try:
        if source.is_small:
            columns = _project_joined(con, package, key)
        else:
            columns = _fill(con, source.duckdb_path, _kind(source), package, key)
    except duckdb.Error as error:
        if full := no_room(error):
            raise full from None
        if others or source.layout == "lines":
            # DuckDB's message quotes the input: name the class alone.
            kind = type(error).__name__
            raise FileNotLanded(f"{source.path}: cannot be read ({kind})") from None
        source.take_apart()
        return _project_once(con, package, key)
    records, counted = count_projected(con), _place(package)
    if source.layout == "lines" and records != counted:
        raise FileNotLanded(
            f"{source.path}: {counted} lines but {records} records; it is "
            f"being written, or a line is longer than {_MAX_RECORD_BYTES >> 20} MiB"
        )
    _fill_placed(con, package)
    return columns


def _project_joined(con: Connection, package: Package, key: bytes) -> frozenset[str]:
    """Small files as one text of lines."""
    with temporary() as text:
        for load in package.loads:
            if load.source.layout == "values":
                load.source.take_apart()
            load.source.write_lines(text)
        text.flush()
        return _fill(con, f"/dev/fd/{text.fileno()}", "lines", package, key)


def _place(package: Package) -> int:
    """Set where each load's records begin; the records in all, counted by us."""
    total = 0
    for load in package.loads:
        load.first = total
        total += load.source.line_count
    return total


def _fill_placed(con: Connection, package: Package) -> None:
    """Fill `placed`: of which load a record is, and which one of it.

    Apart from `projected`, for whose width an inequality join would be sorted.
    """
    filled = [load for load in package.loads if not load.source.is_without_records]
    con.execute(
        """
        create or replace temp table placed as
        with loads as (
            select
                unnest($ids::varchar[]) as load_id,
                unnest($firsts::bigint[]) as first
        )
        select
            rows.row_id,
            loads.load_id,
            rows.row_id - loads.first + 1 as record_no
        from (select rowid as row_id from projected) as rows
        asof join loads on rows.row_id >= loads.first
        """,
        {
            "ids": [load.id for load in filled],
            "firsts": [load.first for load in filled],
        },
    )


def _misread(con: Connection, package: Package) -> list[Load]:
    """Files most of which is no record: arrays in arrays, several objects a line."""
    rows = con.execute(
        """
        select load_id
        from projected inner join placed on projected.rowid = placed.row_id
        group by load_id
        having 2 * count(*) filter (
            where refused in ('malformed_json', 'not_an_object')
        ) > count(*)
        """
    ).fetchall()
    found = {load_id for (load_id,) in rows}
    return [
        load
        for load in package.loads
        if load.id in found and load.source.value_places is None
    ]


def count_projected(con: Connection) -> int:
    """Records in `projected`."""
    return int(con.execute("select count(*) from projected").fetchall()[0][0])


def _fill(
    con: Connection, path: str, kind: str, package: Package, key: bytes
) -> frozenset[str]:
    con.execute(
        f"""
        create or replace temp view raw_records as
        select json as record from {_reader(path, kind, _largest(package, kind))}
        """
    )
    load = package.loads[0]
    salt = pseudonym(key, "", "content")
    projection, used = bound(load.format, load.gateway, load.timezone, salt)
    described = con.execute(f"describe ({projection})", used).fetchall()
    columns = frozenset(name for (name, *_) in described)
    con.execute(
        f"""
        create or replace temp table projected as
        select {checked(load.format, columns)}
        from ({projection})
        """,
        used,
    )
    return columns - {"reject", UNREAD}


def bound(
    format_: Format, gateway: str | None, timezone: str, salt: str
) -> tuple[str, dict[str, str | None]]:
    """A format's SQL and the parameters that it uses."""
    given = {"gateway": gateway, "timezone": timezone, "salt": salt}
    used = {
        name: val for name, val in given.items() if f"${name}" in format_.projection
    }
    return format_.projection, used


def _number_equal_records(
    con: Connection, package: Package, columns: frozenset[str]
) -> None:
    """Tell equal records of a file apart where their ids are made of content."""
    if "id_basis" not in columns:
        return
    for name in package.loads[0].format.streams:
        id_ = STREAMS[name].columns[0].name
        # The other stream's rows have a column of this name that is no identity.
        is_of = f"and projected.{STREAM} = {quoted(name)}" if STREAM in columns else ""
        con.execute(
            f"""
            with made as (
                select projected.rowid as row_id, row_number() over (
                    partition by placed.load_id, {id_} order by projected.rowid
                ) as place
                from projected inner join placed on projected.rowid = placed.row_id
                where id_basis = 'content' {is_of}
            )
            update projected set {id_} = {id_} || ':' || place
            from made where projected.rowid = made.row_id and place > 1
            """
        )


def _kind(source: SourceFile) -> str:
    if source.layout == "lines":
        return "lines"
    return "array" if source.head.lstrip(BLANK).startswith(b"[") else "unstructured"


def _largest(package: Package, kind: str) -> int:
    """Bytes that a record may have: what the lines need, where they were measured."""
    if kind != "lines":
        return _MAX_RECORD_BYTES
    longest = max(load.source.longest_line for load in package.loads)
    return min(max(longest + 1, _USUAL_RECORD_BYTES), _MAX_RECORD_BYTES)


def _reader(path: str, kind: str, largest: int) -> str:
    if kind == "lines":
        # With ignore_errors a line that is not JSON is a null record, in its place.
        return (
            f"read_ndjson_objects({quoted(path)}, ignore_errors = true, "
            f"maximum_object_size = {largest})"
        )
    return (
        f"read_json_objects({quoted(path)}, format = '{kind}', "
        f"maximum_object_size = {largest})"
    )
