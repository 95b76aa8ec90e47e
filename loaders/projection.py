"""From a file's text to the stream's columns, each row fit or refused with a reason."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from loaders.contract import (
    ADDED_BY_LANDING,
    EARLIEST_TIME,
    LATEST_TIME,
    MAX_TEXT_BYTES,
    MOST,
    MOST_USD,
    Column,
    Stream,
)
from loaders.decoding import BLANK
from loaders.errors import FileNotLanded
from loaders.formats import Format
from loaders.source_file import SourceFile
from loaders.sql import quoted

_VOCABULARY = Path(__file__).with_name("vocabulary.sql")
# No gateway writes a larger record; a longer line fails the file by name.
_MAX_RECORD_BYTES = 256 << 20
Connection = duckdb.DuckDBPyConnection


@contextmanager
def engine() -> Iterator[Connection]:
    """A private in-memory DuckDB; what it spills is deleted with its folder."""
    with tempfile.TemporaryDirectory(prefix="tollbook-") as spill:
        con = duckdb.connect(config={"temp_directory": spill, "memory_limit": "3GB"})
        try:
            con.execute("set TimeZone = 'UTC'")
            # It turns a long IN list into a join, and a join loses the file's order.
            con.execute("set disabled_optimizers = 'in_clause'")
            con.execute(_VOCABULARY.read_text())
            yield con
        finally:
            con.close()


def project(
    con: Connection,
    source: SourceFile,
    format_: Format,
    stream: Stream,
    parameters: dict[str, str],
) -> frozenset[str]:
    """Fill the table `projected`, one row per record in file order.

    Args:
        con: From `engine`.
        source: The file.
        format_: How to read it.
        stream: What it must become.
        parameters: Values for the projection's $gateway and $timezone.

    Returns:
        The columns that the projection gave. `projected` has them, and `refused`:
        null where the row keeps the contract, else `reason:field`.

    Raises:
        FileNotLanded: DuckDB refuses the file as a whole, or the records parsed are not
            the lines counted.
    """
    try:
        columns = _fill(con, source, format_, stream, parameters)
    except duckdb.Error as error:
        if source.layout == "lines":
            # DuckDB's message quotes the input: name the class alone.
            kind = type(error).__name__
            raise FileNotLanded(f"{source.path}: cannot be read ({kind})") from None
        source.split_values()
        columns = _fill(con, source, format_, stream, parameters)
    records = count_projected(con)
    if source.layout == "lines" and records != source.line_count:
        raise FileNotLanded(
            f"{source.path}: {source.line_count} lines but {records} records; it is "
            f"being written, or a line is longer than {_MAX_RECORD_BYTES >> 20} MiB"
        )
    if source.layout == "lines" and source.value_places is None and _is_misread(con):
        source.split_values()
        columns = _fill(con, source, format_, stream, parameters)
    return columns


def _is_misread(con: Connection) -> bool:
    """Most lines are no record: arrays by line, several objects in one, separators."""
    return bool(
        con.execute(
            """
            select 2 * count(*) filter (
                where refused in ('malformed_json', 'not_an_object')
            ) > count(*) from projected
            """
        ).fetchall()[0][0]
    )


def count_projected(con: Connection) -> int:
    """Records in `projected`."""
    return int(con.execute("select count(*) from projected").fetchall()[0][0])


def _fill(
    con: Connection,
    source: SourceFile,
    format_: Format,
    stream: Stream,
    parameters: dict[str, str],
) -> frozenset[str]:
    con.execute(
        f"""
        create or replace temp view raw_records as
        select json as record from {_reader(source)}
        """
    )
    projection = format_.projection.read_text()
    used = {
        name: value for name, value in parameters.items() if f"${name}" in projection
    }
    described = con.execute(f"describe ({projection})", used).fetchall()
    columns = frozenset(name for (name, *_) in described) - {"reject"}
    con.execute(
        f"""
        create or replace temp table projected as
        select
            * exclude (reject),
            coalesce(reject, {contract_check(stream, columns)}) as refused
        from ({projection})
        """,
        used,
    )
    return columns


def _reader(source: SourceFile) -> str:
    path = quoted(source.duckdb_path)
    if source.layout == "lines":
        # With ignore_errors a line that is not JSON is a null record, in its place.
        return (
            f"read_ndjson_objects({path}, ignore_errors = true, "
            f"maximum_object_size = {_MAX_RECORD_BYTES})"
        )
    kind = "array" if source.head.lstrip(BLANK).startswith(b"[") else "unstructured"
    return (
        f"read_json_objects({path}, format = '{kind}', "
        f"maximum_object_size = {_MAX_RECORD_BYTES})"
    )


def contract_check(stream: Stream, projected: frozenset[str]) -> str:
    """SQL: the first promise of the contract that a row breaks, as `reason:field`."""
    missing, wrong = [], []
    for column in stream.columns:
        if column.name in projected:
            wrong += _wrong(column)
        if column.is_required and column.name not in ADDED_BY_LANDING:
            given = column.name if column.name in projected else "null"
            missing.append(f"when {given} is null then 'missing:{column.name}'")
    return "case " + " ".join([*missing, *wrong]) + " end"


def _wrong(column: Column) -> list[str]:
    name = column.name
    if column.values:
        allowed = ", ".join(quoted(value) for value in column.values)
        return [f"when {name} not in ({allowed}) then 'unknown_value:{name}'"]
    if column.type == "bigint":
        return [
            f"when {name} < 0 then 'negative:{name}'",
            f"when {name} > {MOST} then 'too_large:{name}'",
        ]
    if column.type == "timestamp":
        return [
            f"when {name} < '{EARLIEST_TIME}' or {name} >= '{LATEST_TIME}' "
            f"then 'time_out_of_range:{name}'"
        ]
    if column.name.endswith("_usd"):
        return [f"when abs({name}) > {MOST_USD} then 'too_large:{name}'"]
    if column.type == "string":
        return [f"when strlen({name}) > {MAX_TEXT_BYTES} then 'too_long:{name}'"]
    return []
