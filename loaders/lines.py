"""The lines of a text as Arrow, and where each of them stands."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

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
    plain = pc.ascii_trim_whitespace(_readable(records, is_json))
    is_kept = pc.fill_null(pc.greater(pc.binary_length(plain), 0), fill_value=True)
    kept = np.flatnonzero(is_kept.to_numpy(zero_copy_only=False))
    places = Places(kept + line_no, starts[kept] + begin, (ends - starts)[kept])
    lines = pa.array(np.arange(line, line + len(kept)))
    return pa.record_batch([plain.filter(is_kept), lines], schema=SCHEMA), places


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
