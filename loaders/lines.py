"""The lines of a text as Arrow, and where each of them stands."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from loaders.decoding import BLANK

# `line` counts the records of the package from 0; a text that is no UTF-8 is null.
SCHEMA = pa.schema([("record", pa.large_string()), ("line", pa.int64())])

_NEWLINE = ord("\n")
_BLANK = np.frombuffer(BLANK, dtype=np.uint8)
# Searched at once: what fits into a processor's cache.
_BLOCK = 1 << 20

Numbers = NDArray[np.int64]


class Places(NamedTuple):
    """Where records stand: line numbers, byte offsets, lengths without the line's end.

    Line numbers are -1 where a record need not begin a line.
    """

    line_nos: Numbers
    starts: Numbers
    lengths: Numbers


def lines_of(
    text: bytes, size: int, begin: int, line_no: int, line: int, is_json: bool
) -> tuple[pa.RecordBatch, Places]:
    """The lines of a text, blank ones left out; JSON may keep the line's end.

    Args:
        text: Begins with whole lines.
        size: Bytes of it that are whole lines.
        begin: Its offset.
        line_no: The number of its first line, from 0.
        line: Records before it.
        is_json: Whether a line that is no UTF-8 is no record; else it is repaired.
    """
    letters = np.frombuffer(text, dtype=np.uint8, count=size)
    ends = np.concatenate(
        [
            np.flatnonzero(letters[place : place + _BLOCK] == _NEWLINE) + place
            for place in range(0, size, _BLOCK)
        ]
    )
    starts = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1))
    offsets = pa.py_buffer(np.append(starts, size))
    records = _readable(
        pa.LargeBinaryArray.from_buffers(
            pa.large_binary(), len(ends), [None, offsets, pa.py_buffer(text)]
        ),
        is_json,
    )
    kept = np.arange(len(ends))
    # To a JSON parser only a blank before a record makes a difference.
    if not is_json or np.isin(letters[starts], _BLANK).any():
        records = pc.ascii_trim_whitespace(records)
        is_kept = pc.fill_null(pc.greater(pc.binary_length(records), 0), True)
        kept = np.flatnonzero(is_kept.to_numpy(zero_copy_only=False))
        if len(kept) < len(ends):
            records = records.filter(is_kept)
    places = Places(kept + line_no, starts[kept] + begin, (ends - starts)[kept])
    lines = pa.array(np.arange(line, line + len(kept)))
    return pa.record_batch([records, lines], schema=SCHEMA), places


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
