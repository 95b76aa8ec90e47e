"""Every text that a file holds, whatever kind of file it is, and where it stands."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from loaders.engine import Connection
from loaders.sql import identifier, quoted
from nightly.scan_bytes import LINES_AT_ONCE, lines_of, pieces_of

# Columns of these types hold no text.
_NO_TEXT = re.compile(
    r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|BOOLEAN|DATE|TIME.*"
    r"|INTERVAL|UUID)"
)
# What is legible in bytes that are no text.
_LEGIBLE = re.compile(
    rb"(?:[\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}"
    rb"|[\xf0-\xf4][\x80-\xbf]{3}){6,}"
)
_MOST_JSON_BYTES = 64 << 20


@dataclass(frozen=True)
class Texts:
    """Texts of a file, each once per place.

    Attributes:
        sql: Gives `place` (column, JSON key, or what else tells where) and `value`.
        parameters: Of the SQL.
    """

    sql: str
    parameters: Mapping[str, object] = field(default_factory=dict)


def _held(found: Mapping[str, Iterable[str]]) -> Texts:
    """Texts that Python holds, by place."""
    rows = [
        {"place": _sound(place), "value": _sound(text)}
        for place, texts in found.items()
        for text in set(texts)
    ]
    # As JSON: a list as a parameter costs DuckDB's client much more for each item.
    return Texts(
        """
        select unnest(
            json_transform($rows, '[{"place": "VARCHAR", "value": "VARCHAR"}]'),
            recursive := true
        )
        """,
        {"rows": json.dumps(rows)},
    )


def _sound(text: str) -> str:
    """Without what JSON may hold and DuckDB may not."""
    return text.encode("utf-8", "replace").decode().replace("\0", " ")


def texts_of(
    con: Connection, path: Path, name: str, file: BinaryIO
) -> Generator[Texts]:
    """Every text of a file.

    Args:
        con: Runs the SQL of each `Texts`, before the next is asked for.
        path: Where the file is.
        name: Its name, which may hold something too.
        file: From `opened`.
    """
    yield _held({"(file name)": [name]})
    head = file.read(4096)
    file.seek(0)
    if head.startswith(b"PAR1"):
        # A descriptor: whatever the file's name is, it is no glob.
        yield from _parquet(con, f"/dev/fd/{file.fileno()}")
    elif head[8:12] == b"DUCK":
        yield from _duckdb(con, path)
    elif b"\0" in head:
        yield from _bytes(file)
    elif ".csv" in path.suffixes:
        yield from _csv(file)
    else:
        yield from _text(file, head)


def _parquet(con: Connection, path: str) -> Iterator[Texts]:
    relation = f"read_parquet({quoted(path)})"
    columns = con.execute(f"describe from {relation}").fetchall()
    yield from _columns(
        relation, [(column, column, type_) for column, type_, *_ in columns]
    )


def _duckdb(con: Connection, path: Path) -> Iterator[Texts]:
    con.execute(f"attach {quoted(path)} as scanned (type duckdb, read_only)")
    try:
        columns = con.execute(
            """
            select schema_name, table_name, column_name, data_type
            from duckdb_columns()
            semi join duckdb_tables() using (database_oid, table_oid)
            where database_name = 'scanned'
            order by schema_name, table_name, column_index
            """
        ).fetchall()
        for (schema, table), group in groupby(columns, key=itemgetter(0, 1)):
            yield from _columns(
                f"scanned.{identifier(schema)}.{identifier(table)}",
                [
                    (f"{schema}.{table}.{name}", name, type_)
                    for _, _, name, type_ in group
                ],
            )
    finally:
        con.execute("detach scanned")


def _columns(relation: str, columns: Iterable[tuple[str, str, str]]) -> Iterator[Texts]:
    """(place, column, type) of a relation's columns, as far as they hold text."""
    selects = [
        f"select {quoted(place)} as place, value from (select distinct "
        f"cast({identifier(name)} as varchar) as value from {relation})"
        for place, name, type_ in columns
        if not _NO_TEXT.fullmatch(type_)
    ]
    if selects:
        yield Texts(" union all ".join(selects))


def _bytes(file: BinaryIO) -> Iterator[Texts]:
    for block in pieces_of(file):
        legible = (match.group() for match in _LEGIBLE.finditer(block))
        yield _held({"(bytes)": (run.decode("utf-8", "replace") for run in legible)})


def _csv(file: BinaryIO) -> Iterator[Texts]:
    rows = csv.reader(line.decode("utf-8", "replace") for line in file)
    header = next(rows, [])
    yield _held({"(header)": header})
    while block := list(islice(rows, LINES_AT_ONCE)):
        cells: dict[str, set[str]] = defaultdict(set)
        for row in block:
            for number, cell in enumerate(row):
                cells[header[number] if number < len(header) else "(cell)"].add(cell)
        yield _held(cells)


def _text(file: BinaryIO, head: bytes) -> Iterator[Texts]:
    """JSON by key, one value or one a line; other lines as they are."""
    is_json = head.lstrip()[:1] in (b"{", b"[")
    if is_json:
        whole = file.read(_MOST_JSON_BYTES + 1)
        file.seek(0)
        value = _json(whole) if len(whole) <= _MOST_JSON_BYTES else None
        if value is not None:
            yield _held(_by_key([value]))
            return
    for lines in lines_of(file):
        values = [_json(line) if is_json else None for line in lines]
        found = _by_key(value for value in values if value is not None)
        found["(line)"].update(
            line.decode("utf-8", "replace")
            for line, value in zip(lines, values, strict=True)
            if value is None
        )
        yield _held(found)


def _json(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _by_key(values: Iterable[object]) -> dict[str, set[str]]:
    """Every string of JSON values by the key it stands under; the keys themselves."""
    found: dict[str, set[str]] = defaultdict(set)
    left = [("(value)", value) for value in values]
    while left:
        key, value = left.pop()
        if isinstance(value, str):
            found[key].add(value)
        elif isinstance(value, list):
            left += [(key, item) for item in value]
        elif isinstance(value, dict):
            found["(key)"].update(value)
            left += value.items()
    return found
