"""Rows of a CSV text, each on its own: a broken one takes no other along.

For exports that people make of small tables; a quote that is never closed must cost a
row and not the rest of the file, which no CSV reader at hand can promise.
"""

import csv
import json
import re
from collections.abc import Iterator, Sequence

# A row's key for the reason why it cannot be read.
REFUSED = "$refused"
# A quoted value may go over so many lines.
_MOST_LINES = 50
_NAME = re.compile(r"[A-Za-z_][\w ]*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


def header_of(text: str) -> Sequence[str]:
    """Column names of a CSV text; none where its first line names no columns."""
    line = text.lstrip("\ufeff\r\n").partition("\n")[0].rstrip("\r")
    names = _fields(line, _delimiter(line))
    if len(names) < 2 or not all(_NAME.fullmatch(name) for name in names):
        return ()
    if len(set(names)) < len(names):
        return ()
    return names


def rows_of(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and JSON text of each row below the header.

    A row is an object of strings by column name, or says under `REFUSED` why it is
    none: `wrong_column_count`, `unclosed_quote`, `not_utf8`.
    """
    names = header_of(text)
    start = len(text) - len(text.lstrip("\ufeff\r\n"))
    delimiter = _delimiter(text[start:].partition("\n")[0])
    lines = [match.span() for match in _LINE.finditer(text, start)][1:]
    number = 0
    while number < len(lines):
        first, count = lines[number][0], 1
        while _is_open(text[first : lines[number + count - 1][1]]):
            count += 1
            if number + count > len(lines) or count > _MOST_LINES:
                count = 0
                break
        last = lines[number + max(count, 1) - 1][1]
        number += max(count, 1)
        line = text[first:last].rstrip("\r\n")
        if line.strip(" \t"):
            row = _row(line, names, delimiter) if count else {REFUSED: "unclosed_quote"}
            yield first, first + len(line), json.dumps(row)


def _row(line: str, names: Sequence[str], delimiter: str) -> dict[str, str]:
    if not line.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in line):
        return {REFUSED: "not_utf8"}
    values = _fields(line, delimiter)
    if len(values) != len(names):
        return {REFUSED: "wrong_column_count"}
    return dict(zip(names, values, strict=True))


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return [
            value.strip() for value in next(csv.reader([line], delimiter=delimiter))
        ]
    except (csv.Error, StopIteration):  # a value over 128 kB; a NUL; nothing
        return []


def _delimiter(header: str) -> str:
    return max(",;\t|", key=header.count)


def _is_open(text: str) -> bool:
    return text.count('"') % 2 == 1
