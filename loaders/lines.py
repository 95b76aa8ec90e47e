"""The lines of a text as Arrow, and where each of them stands."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from loaders.decoding import BLANK

# `line` counts the records of the package from 0; a text that is no UTF-8 is null.
SCHEMA = pa.schema([("record", pa.large_string()), ("line", pa.int64())])

Numbers = NDArray[np.int64]


class Places(NamedTuple):
    """Where records stand: line numbers, byte offsets, lengths without the line's end.

    Line numbers are -1 where a record need not begin a line.
    """

    line_nos: Numbers
    starts: Numbers
    lengths: Numbers


def lines_of(
    text: bytes, begin: int, line_no: int, line: int, is_json: bool
) -> tuple[pa.RecordBatch, Places]:
    """The lines of a text that ends one, blank ones left out.

    Args:
        text: Whole lines.
        begin: Its offset.
        line_no: The number of its first line, from 0.
        line: Records before it.
        is_json: Whether a line that is no UTF-8 is no record; else it is repaired.
    """
    letters = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(letters == ord("\n"))
    starts = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1))
    offsets = pa.py_buffer(np.append(starts, len(text)))
    records = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(ends), [None, offsets, pa.py_buffer(text)]
    )
    is_kept = ~_is_blank(text, letters, starts, ends)
    kept = np.flatnonzero(is_kept)
    if len(kept) < len(ends):
        records = records.filter(pa.array(is_kept))
    places = Places(kept + line_no, starts[kept] + begin, (ends - starts)[kept])
    lines = pa.array(np.arange(line, line + len(kept)))
    plain = pc.ascii_trim_whitespace(_readable(records, is_json))
    return pa.record_batch([plain, lines], schema=SCHEMA), places


def _is_blank(
    text: bytes, letters: NDArray[np.uint8], starts: Numbers, ends: Numbers
) -> NDArray[np.bool_]:
    """Lines of blanks alone. Most lines are long: their first letter tells."""
    is_blank = np.isin(letters[starts], np.frombuffer(BLANK, dtype=np.uint8))
    for number in np.flatnonzero(is_blank):
        is_blank[number] = not text[starts[number] : ends[number]].strip(BLANK)
    return is_blank


def _readable(records: pa.Array, is_json: bool) -> pa.Array:
    """As text; damaged JSON is null, damaged text has its damage marked."""
    try:
        return records.cast(pa.large_string())
    except pa.ArrowInvalid:
        errors = "strict" if is_json else "replace"
        return pa.array(
            (_decoded(each, errors) for each in records.to_pylist()), pa.large_string()
        )


def _decoded(record: bytes, errors: str) -> str | None:
    try:
        return record.decode("utf-8", errors)
    except UnicodeDecodeError:
        return None
