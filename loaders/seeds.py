"""Rule tables, from CSV that people write to the Parquet that dbt reads.

`<home>/seeds/<folder>/<name>.csv` is read in place of the repository's file of that
name, whole. What changes no meaning is allowed: a byte order mark, Windows' line ends,
blank lines, spaces around a cell, columns in another order.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import duckdb

from loaders.errors import SettingsError
from loaders.seed_checks import Fault, type_rows
from loaders.seed_shapes import RuleTable
from loaders.seed_tables import TABLES
from loaders.sql import identifier, quoted

_SHIPPED = Path(__file__).parents[1]
# A file that is wrong throughout is wrong in one way.
_MOST_FAULTS = 10


def compile_seeds(
    home: Path, folder: Path, tables: Sequence[RuleTable] = TABLES
) -> dict[str, str]:
    """Write `<name>.parquet` of every rule table, typed; one without rows too.

    Args:
        home: `TOLLBOOK_HOME`.
        folder: Where the files go; each is replaced whole, and none where any is wrong.
        tables: In the order in which they refer to each other.

    Returns:
        SHA-256 of each file that the home has of its own, by table: with the code, all
        that these rules depend on.

    Raises:
        SettingsError: Files cannot be understood. The message names for each up to ten
            faults by line (the header is line 1) and field.
    """
    own: dict[str, str] = {}
    faults = list(_strangers(home, tables))
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for table in tables:
            name = Path("seeds") / table.folder / f"{table.name}.csv"
            file = home / name if (home / name).exists() else _SHIPPED / name
            content = _read(file)
            if file == home / name:
                own[table.name] = hashlib.sha256(content).hexdigest()
            faults += _load(con, table, content, file)
        if faults:
            raise SettingsError("\n".join(faults))
        folder.mkdir(parents=True, exist_ok=True)
        for table in tables:
            _write(con, table, folder)
    return own


def _strangers(home: Path, tables: Iterable[RuleTable]) -> Iterator[str]:
    """Files that nothing would read: rules that silently do not hold."""
    known = {(table.folder, table.name) for table in tables}
    for folder in sorted({table.folder for table in tables}):
        for file in sorted((home / "seeds" / folder).glob("*.csv")):
            if (folder, file.stem) not in known:
                names = sorted(name for of, name in known if of == folder)
                yield f"{file}: not a rule table (known: {', '.join(names)})"


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from error


def _load(
    con: duckdb.DuckDBPyConnection, table: RuleTable, content: bytes, file: Path
) -> list[str]:
    """Make the typed table; what is wrong with its file, as lines of a message."""
    rows: list[dict[str, object]] = []
    faults = _parse(table, content, rows)
    structure = {"line_no": "bigint"} | {c.name: "varchar" for c in table.columns}
    con.execute(
        """
        create or replace table texts as
        select unnest(r) from (select unnest(json_transform($rows, $structure)) as r)
        """,
        {"rows": json.dumps(rows), "structure": json.dumps([structure])},
    )
    faults = sorted(faults + type_rows(con, table))
    told = [
        f"{file} line {line}{' ' if field else ''}{field}: {wrong}"
        for line, field, wrong in faults[:_MOST_FAULTS]
    ]
    if len(faults) > _MOST_FAULTS:
        told.append(f"{file}: {len(faults) - _MOST_FAULTS} more")
    return told


def _parse(
    table: RuleTable, content: bytes, rows: list[dict[str, object]]
) -> list[Fault]:
    """Add the rows of a file, blank cells as None; what is wrong with its form."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [(content.count(b"\n", 0, error.start) + 1, "", "not UTF-8")]
    if "\0" in text:
        return [(text.count("\n", 0, text.index("\0")) + 1, "", "a NUL character")]
    faults: list[Fault] = []
    lines = _lines(text, faults)
    line_no, header = next(lines, (1, []))
    faults += _of_header(table, header, line_no)
    if faults:
        return faults
    for line_no, values in lines:
        if len(values) == len(header):
            named = zip(header, (value or None for value in values), strict=True)
            rows.append({"line_no": line_no, **dict(named)})
        else:
            wrong = f"{len(values)} cells under {len(header)} columns"
            faults.append((line_no, "", wrong))
    return faults


def _lines(text: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    before = 0
    try:
        for cells in reader:
            # A cell may hold line ends.
            line_no, before = before + 1, reader.line_num
            values = [cell.strip() for cell in cells]
            if any(values):
                yield line_no, values
    except csv.Error as error:
        faults.append((before + 1, "", str(error)))


def _of_header(table: RuleTable, header: list[str], line_no: int) -> list[Fault]:
    if not header:
        return [(line_no, "", "no header")]
    known = [column.name for column in table.columns]
    twice = sorted({name for name in header if header.count(name) > 1})
    return [
        *((line_no, name, "unknown column") for name in header if name not in known),
        *((line_no, name, "missing column") for name in known if name not in header),
        *((line_no, name, "column stands twice") for name in twice),
    ]


def _write(con: duckdb.DuckDBPyConnection, table: RuleTable, folder: Path) -> None:
    beside = folder / f"{table.name}.new"
    con.execute(
        f"copy {identifier(table.name)} to {quoted(beside)} "
        "(format parquet, compression zstd)"
    )
    beside.rename(folder / f"{table.name}.parquet")
