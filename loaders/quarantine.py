"""Rejected records: where each stands and why it was refused, never what it says."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from loaders.contract import QUARANTINE_COLUMNS, duckdb_type
from loaders.engine import Connection
from loaders.load import Package
from loaders.source_file import SourceFile
from loaders.sql import write_rows

Rejected = Mapping[str, object]


def rejected_records(con: Connection, package: Package) -> list[Rejected]:
    """One row of `QUARANTINE_COLUMNS` per refused record of `projected`.

    Only refused records are looked up in the text; good ones never pass through Python.
    """
    found = con.execute(
        "select rowid, refused from projected where refused is not null order by rowid"
    ).fetchall()
    rows: list[Rejected] = []
    for load, refusals in groupby(found, key=lambda row: package.load_of(row[0])):
        refused = {row - load.first + 1: refusal for row, refusal in refusals}
        places = _places(load.source, refused)
        for record_no, refusal in refused.items():
            reason, _, field = refusal.partition(":")
            rows.append(
                {
                    "load_id": load.id,
                    "file_sha256": load.source.sha256,
                    "record_no": record_no,
                    **places.get(record_no, {}),
                    "reason": reason,
                    "field": field or None,
                }
            )
    return rows


def write_rejected(con: Connection, rows: Sequence[Rejected], path: Path) -> None:
    """Write quarantine rows as one Parquet file."""
    columns = {name: duckdb_type(type_) for name, type_ in QUARANTINE_COLUMNS.items()}
    write_rows(con, rows, columns, path)


def _places(source: SourceFile, wanted: Mapping[int, str]) -> dict[int, Rejected]:
    """Where the wanted records stand in the text, by record number."""
    if source.layout == "values":
        return {}
    found: dict[int, Rejected] = {}
    for record_no, (line_no, offset, line) in enumerate(source.lines(), start=1):
        if record_no in wanted:
            body = line.rstrip(b"\r\n")
            place: tuple[int | None, int, int] = (line_no, offset, len(body))
            if source.value_places is not None:
                place = (None, *source.value_places[record_no - 1])
            found[record_no] = {
                "line_no": place[0],
                "byte_offset": place[1],
                "length_bytes": place[2],
                "parser_position": _parser_position(body),
            }
    return found


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
