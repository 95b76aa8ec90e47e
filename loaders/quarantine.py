"""Rejected records: where each stands and why it was refused, never what it says."""

import json

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from loaders.contract import QUARANTINE_COLUMNS, duckdb_type
from loaders.engine import Connection
from loaders.lines import Numbers
from loaders.load import Package
from loaders.projection import Portion
from loaders.records import Records

_REFUSED = """
    projected inner join placed
        on projected.rowid = placed.row_id
        and refused is not null
        and not starts_with(refused, 'ignored:')
"""
_PLACES = ["line_no", "byte_offset", "length_bytes", "parser_position"]


def quarantine(con: Connection, package: Package, portion: Portion) -> int:
    """Fill `quarantined` with a row of `QUARANTINE_COLUMNS` per refused record.

    Args:
        con: Holds `projected` and `placed`.
        package: The files.
        portion: What they hold.

    Returns:
        How many there are.
    """
    found = con.execute(
        f"""
        select placed.line, refused = 'malformed_json' as is_malformed
        from {_REFUSED} order by projected.rowid
        """
    ).to_arrow_table()
    lines = found["line"].to_numpy()
    is_malformed = found["is_malformed"].to_numpy()
    con.register("places", _places(portion.records, lines, is_malformed))
    typed = ", ".join(
        f"cast({name} as {duckdb_type(type_)}) as {name}"
        for name, type_ in QUARANTINE_COLUMNS.items()
    )
    con.execute(
        f"""
        create or replace temp table quarantined as
        with refused_rows as (
            select
                placed.load_id,
                placed.record_no,
                split_part(refused, ':', 1) as reason,
                nullif(split_part(refused, ':', 2), '') as field
            from {_REFUSED}
            order by projected.rowid
        ),

        hashes as (
            select
                unnest($ids::varchar[]) as load_id,
                unnest($hashes::varchar[]) as file_sha256
        )

        select {typed}
        from (select * from refused_rows positional join places)
        inner join hashes using (load_id)
        """,
        {
            "ids": [load.id for load in package.loads],
            "hashes": [load.source.sha256 for load in package.loads],
        },
    )
    con.unregister("places")
    return len(lines)


def _places(
    records: Records, lines: Numbers, is_malformed: NDArray[np.bool_]
) -> pa.Table:
    found = records.places(lines)
    if found is None:
        nothing = pa.nulls(len(lines), pa.int64())
        return pa.table([nothing] * 4, _PLACES)
    positions = pa.nulls(len(lines), pa.int64()).to_pylist()
    texts = records.texts(lines[is_malformed])
    for row, text in zip(np.flatnonzero(is_malformed), texts, strict=True):
        positions[row] = _parser_position(text)
    return pa.table(
        [
            pa.array(found.line_nos, mask=found.line_nos < 0),
            pa.array(found.starts),
            pa.array(found.lengths),
            pa.array(positions, pa.int64()),
        ],
        _PLACES,
    )


def _parser_position(body: bytes) -> int | None:
    """Character of a malformed record at which a JSON parser gives up."""
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        return error.pos
    except UnicodeDecodeError as error:
        return error.start
    except (ValueError, RecursionError):  # a number with too many digits; too deep
        return None
    return None
