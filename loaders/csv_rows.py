"""Rows of a CSV text, each on its own: a broken one takes no other along.

For exports that people make of small tables; a quote that is never closed must cost a
row and not the rest of the file, which no CSV reader at hand can promise.
"""

import json
import re
from collections.abc import Iterator, Sequence

# A row's key for the reason why it cannot be read. `csv_refusal` of vocabulary.sql
# knows the reasons; anything else under this key is a client's own text.
REFUSED = "$refused"
# A quoted value may go over so many lines.
_MOST_LINES = 50
_NAME = re.compile(r"[A-Za-z_][\w .]*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_LINE_OF_CR = re.compile(r"[^\r]*\r|[^\r]+\Z")
_LINE_END = re.compile(r"\r*\n|\r")
_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"(?!")')
_NOT_UTF8 = re.compile("[\ud800-\udfff]")
_MARKS = "\ufeff\r\n"


def header_of(text: str) -> Sequence[str]:
    """Column names of a CSV text; none where its first line names no columns."""
    line, _ = _first_line(text, len(text) - len(text.lstrip(_MARKS)))
    names, _ = _columns(line, _delimiter(line))
    if len(names) < 2 or not all(_NAME.fullmatch(name) for name in names):
        return ()
    if len(set(names)) < len(names):
        return ()
    return names


def rows_of(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and JSON text of each row below the header.

    A row is an object of strings by column name, or says under `REFUSED` why it is
    none: `wrong_column_count`, `unclosed_quote`, `not_utf8`. What looked like a row of
    several lines and is none costs its first line alone.
    """
    start = len(text) - len(text.lstrip(_MARKS))
    header, line_end = _first_line(text, start)
    delimiter = _delimiter(header)
    names, surplus = _columns(header, delimiter)
    pattern = _LINE_OF_CR if line_end == "\r" else _LINE
    lines = [match.span() for match in pattern.finditer(text, start)][1:]
    number = 0
    while number < len(lines):
        first, end = lines[number]
        last = lines[min(number + _MOST_LINES, len(lines)) - 1][1]
        fields, reached = _fields(text, first, end, last, delimiter)
        number += 1
        row = _row(text[first:reached], fields, names, surplus)
        if reached > end and REFUSED in row:
            reached, row = end, {REFUSED: "unclosed_quote"}
        while number < len(lines) and lines[number][0] < reached:
            number += 1
        line = text[first:reached].rstrip("\r\n")
        if line.strip(" \t"):
            yield first, first + len(line), json.dumps(row)


def _row(
    line: str, fields: Sequence[str] | None, names: Sequence[str], surplus: int
) -> dict[str, str]:
    if _NOT_UTF8.search(line):
        return {REFUSED: "not_utf8"}
    if fields is None:
        return {REFUSED: "unclosed_quote"}
    values = fields[: len(names)]
    if len(fields) != len(names) + surplus or any(fields[len(names) :]):
        return {REFUSED: "wrong_column_count"}
    return dict(zip(names, values, strict=True))


def _first_line(text: str, start: int) -> tuple[str, str]:
    """The line that starts there, and what ends it."""
    found = _LINE_END.search(text, start)
    if found is None:
        return text[start:], "\n"
    return text[start : found.start()], found[0]


def _columns(header: str, delimiter: str) -> tuple[list[str], int]:
    """Names of the columns, and how many without a name come after them.

    Some exports end every line in a delimiter.
    """
    names = _fields(header, 0, len(header), len(header), delimiter)[0] or []
    named = len(names)
    while named and not names[named - 1]:
        named -= 1
    return names[:named], len(names) - named


def _fields(
    text: str, start: int, end: int, last: int, delimiter: str
) -> tuple[list[str] | None, int]:
    """Values of the row that starts there, none if a quote stays open; its end.

    A quote opens a value at its beginning alone: elsewhere it stands for itself.

    Args:
        text: The whole.
        start: Where the row starts.
        end: Where its first line does.
        last: Its quoted values may go up to here.
        delimiter: Between values.
    """
    line = text[start:end]
    if '"' not in line:
        return [value.strip() for value in line.split(delimiter)], end
    values: list[str] = []
    place, row_end = start, end
    while True:
        value, goes_on = "", False
        if text.startswith('"', place):
            quoted = _QUOTED.match(text, place, last)
            if quoted is None:
                return None, end
            value, place = quoted[1].replace('""', '"'), quoted.end()
            goes_on = place > end
            if place > row_end:
                row_end = _end_of_line(text, place, last, text[end - 1])
        cut = text.find(delimiter, place, row_end)
        rest = text[place : row_end if cut < 0 else cut]
        if goes_on and rest.strip():  # another row's quote, not this one's
            return None, end
        values.append((value + rest).strip())
        if cut < 0:
            return values, row_end
        place = cut + 1


def _end_of_line(text: str, place: int, last: int, mark: str) -> int:
    found = text.find(mark, place, last)
    return last if found < 0 else found + 1


def _delimiter(header: str) -> str:
    return max(",;\t|", key=header.count)
