"""From a package's records to the stream's columns, each row fit or refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

from loaders.contract import UNREAD
from loaders.contract_check import checked
from loaders.engine import Connection, no_room
from loaders.equal_records import number_equal_records
from loaders.errors import FileNotLanded
from loaders.formats import Format
from loaders.load import Load, Package, mapping_text
from loaders.placing import held, place, unfold
from loaders.privacy import pseudonym
from loaders.records import Records
from loaders.sql import count_rows

# Few enough for a gigabyte, many enough for Parquet files of a useful size.
_MOST = 100000
_MOST_BYTES = 8 << 30
# Where a line holds many records, each is cut out of it first.
_MOST_BYTES_UNFOLDED = 20 << 20
# A format's SQL and its columns, which no file changes: finding them out takes as long
# as reading a thousand records.
_SHAPES: dict[tuple[Format, str], tuple[str, frozenset[str]]] = {}


@dataclass(frozen=True)
class Portion:
    """What `projected` and `placed` hold now.

    Attributes:
        records: Knows where they stand.
        columns: What the projection gave.
        read: Records by load id, counted apart from the parser.
    """

    records: Records
    columns: frozenset[str]
    read: Mapping[str, int]


def project(con: Connection, package: Package, key: bytes) -> Iterator[Portion]:
    """Fill `projected` and `placed` with one portion of the records after the other.

    `projected` has the columns that the projection gave, in the order of the records,
    and `refused`: null where the row keeps the contract of its stream, else
    `reason:field`, or `ignored:why` of what is none of ours. `placed` says of which
    load each row is, its `record_no` there, from 1, and its `line` of the package.

    Args:
        con: From `engine`.
        package: The files.
        key: Pseudonym key; salts ids that are made of content.

    Raises:
        FileNotLanded: A file cannot be read as a whole.
    """
    records, columns = _first_portion(con, package, key)
    number_equal_records(con, package, columns, is_first=True, is_last=records.is_over)
    yield Portion(records, columns, held(con, package))
    while not records.is_over:
        columns = _project(con, package, records, key)
        number_equal_records(
            con, package, columns, is_first=False, is_last=records.is_over
        )
        yield Portion(records, columns, held(con, package))
    source = package.loads[0].source
    if source.layout == "lines":
        counted = sum(load.source.line_count for load in package.loads)
        if records.read != counted:
            raise FileNotLanded(
                f"{source.path}: {counted} lines but {records.read} records; it is "
                "being written"
            )


def _records(package: Package) -> Records:
    format_, is_small = package.loads[0].format, package.loads[0].source.is_small
    # Small files are held in memory anyway, and one portion tells which are misread.
    most = 1 << 40 if is_small else _MOST
    most_bytes = _MOST_BYTES_UNFOLDED if format_.unfold else _MOST_BYTES
    return Records(package, format_.is_json, most, 1 << 40 if is_small else most_bytes)


def _first_portion(
    con: Connection, package: Package, key: bytes
) -> tuple[Records, frozenset[str]]:
    """The records and their columns; misread files are taken apart and read anew."""
    records = _records(package)
    columns = _project(con, package, records, key)
    is_json = package.loads[0].format.is_json
    misread = _misread(con, package) if is_json else []
    if not misread:
        return records, columns
    for load in misread:
        load.source.take_apart()
    records = _records(package)
    return records, _project(con, package, records, key)


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


def _project(
    con: Connection, package: Package, records: Records, key: bytes
) -> frozenset[str]:
    load = package.loads[0]
    first = records.read
    con.register("portion", records.portion())
    try:
        unfold(con, load.format)
        columns = _fill(con, load, key)
        place(con, package, records, first)
        records.held += count_rows(con, "projected")
    except duckdb.Error as error:
        if full := no_room(error):
            raise full from None
        if records.error:
            raise records.error from None
        # DuckDB's message quotes the input: name the class alone.
        path, kind = load.source.path, type(error).__name__
        raise FileNotLanded(f"{path}: cannot be read ({kind})") from None
    finally:
        con.unregister("portion")
    return columns


def _fill(con: Connection, load: Load, key: bytes) -> frozenset[str]:
    salt = pseudonym(key, "", "content")
    given = {"gateway": load.gateway, "timezone": load.timezone, "salt": salt}
    known = load.format, mapping_text(load.mapping)
    if known not in _SHAPES:
        projection, used = composed(con, load.format, load.mapping, given)
        described = con.execute(f"describe ({projection})", used).fetchall()
        _SHAPES[known] = projection, frozenset(name for (name, *_) in described)
    projection, columns = _SHAPES[known]
    con.execute(
        f"""
        create or replace temp table projected as
        select {checked(load.format, columns)}
        from ({projection})
        """,
        _used(projection, given),
    )
    return columns - {"reject", "ignored", UNREAD}


def composed(
    con: Connection,
    format_: Format,
    mapping: Mapping[str, str],
    given: Mapping[str, str | None],
) -> tuple[str, dict[str, str | None]]:
    """A format's whole SQL, and which of the given parameters it uses."""
    sql = format_.projection(mapping)
    if format_.finish:
        sql = format_.finish(con, sql, format_.is_json)
    return sql, _used(sql, given)


def _used(sql: str, given: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name: val for name, val in given.items() if f"${name}" in sql}
