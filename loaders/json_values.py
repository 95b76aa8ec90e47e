"""JSON values in a text, however they are laid out, and whatever is broken between."""

import json
import re
from collections.abc import Iterator, Set
from typing import Literal

from loaders.csv_rows import header_of
from loaders.decoding import BLANK

# NDJSON; an array, or objects over many lines; or CSV.
Layout = Literal["lines", "values", "csv"]

_DECODER = json.JSONDecoder()
# Brackets and commas of arrays, blanks, and RFC 7464's record separator.
_BETWEEN = re.compile(r"[\[\],\s\x1e]*")
# What begins an array of objects; a damaged brace of a first line begins none.
_ARRAY = re.compile(rb"\[[\s\[]*(?:[{\]]|\Z)")
# A line that begins an object; braces also stand around the ids of some tables.
_OBJECT_LINE = re.compile(rb"^\{[ \t\r]*(?:[\"}]|$)", re.MULTILINE)
# After damage so many characters are looked at per character of the text. Only nesting
# made to be slow needs more, and then the rest of the text is one stretch.
_MOST_LOOKS = 16
# What an object costs that is nested too deeply to be read.
_DEEP = 10_000


def values_of(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each object, and of each stretch that is none.

    Arrays are flattened. After damage the search goes on at the next object that looks
    like those before it, so that a part of the damaged one is not taken for a record.
    """
    known: Set[str] = frozenset()
    position = 0
    looks = [_MOST_LOOKS * len(text) + 100 * _DEEP]
    while (start := _BETWEEN.match(text, position).end()) < len(text):  # type: ignore[union-attr]
        found, end = _object_at(text, start)
        if found is None:
            position = _next_object(text, start + 1, known, looks)
        else:
            known, position = known or found, end
        yield start, position


def first_objects(text: str, most: int) -> Iterator[Set[str]]:
    """Top-level keys of the first objects of a text."""
    for start, _ in values_of(text):
        found, _ = _object_at(text, start)
        if found is not None:
            yield found
        most -= 1
        if not most:
            return


def _object_at(text: str, start: int) -> tuple[Set[str] | None, int]:
    """Keys of the object that starts there, if one does; how far it was read."""
    if text[start] != "{":
        return None, start
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        return None, error.pos
    except RecursionError:
        return None, start + _DEEP
    except ValueError:  # a number with too many digits
        return None, start + 1
    return value.keys(), end


def _next_object(text: str, position: int, known: Set[str], looks: list[int]) -> int:
    """Where the next object with most of the known keys starts, else the end.

    Args:
        text: The whole.
        position: Where to begin.
        known: The keys.
        looks: How many characters may be looked at, less those looked at so far.
    """
    while looks[0] > 0 and (position := text.find("{", position)) >= 0:
        found, reached = _object_at(text, position)
        if found is not None and 2 * len(found & known) >= len(known):
            return position
        looks[0] -= reached - position
        position += 1
    return len(text)


def layout_of(head: bytes) -> Layout:
    """`lines` as soon as one line is a whole JSON object; they may be damaged."""
    if _ARRAY.match(head.lstrip(BLANK)):
        return "values"
    lines = head.split(b"\n")
    has_objects = _OBJECT_LINE.search(head) is not None
    if not has_objects and header_of(head.decode("utf-8", errors="replace")):
        return "csv"
    if len(lines) == 1:
        return "lines"
    for line in lines[:100]:
        if line.startswith(b"{"):
            try:
                json.loads(line)
            except (ValueError, RecursionError):
                continue
            return "lines"
    # One huge first line that the head cuts off is still a line.
    return "lines" if len(lines[0].strip(BLANK)) > 2 else "values"
