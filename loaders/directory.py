"""The directory and the price book: what holds since when; CSV or JSON, a table a file.

A table's columns are its stream's, `row_hash` and provenance aside. Files are known by
their columns, or by a name that begins with the table's, `directory_teams_2026.csv`.
"""

import json
from collections.abc import Mapping, Set
from functools import partial

from loaders.contract import Column, Stream
from loaders.csv_rows import REFUSED
from loaders.formats import Format
from loaders.prices.streams import PRICES
from loaders.streams import DIRECTORY

# Column type -> the word of vocabulary.sql that reads it, and what a misfit is called.
_READ_AS = {
    "string": ("known({})", ""),
    "boolean": ("boolean_of({})", "not_a_boolean"),
    "timestamp": ("instant({}, $timezone)", "not_a_time"),
    "bigint": ("whole_number({})", "not_a_count"),
    "decimal(38,12)": ("money({})", "not_an_amount"),
    "decimal(38,18)": ("price({})", "not_an_amount"),
}
_FALSE_WHERE_BLANK = ("is_deleted", "is_withdrawn")


def _columns(stream: Stream) -> list[Column]:
    return [col for col in stream.columns if col.name not in stream.added_by_landing]


def _projection(stream: Stream, _: Mapping[str, str]) -> str:
    """SQL: each column read as its type, or refused by name."""
    columns = _columns(stream)
    structure = {column.name: "VARCHAR" for column in columns} | {REFUSED: "VARCHAR"}
    read, refusals = [], []
    for column in columns:
        raw = f"known(thing.{column.name})"
        word, misfit = _READ_AS[column.type]
        value = word.format(raw)
        if column.type == "boolean" and column.name in _FALSE_WHERE_BLANK:
            value = f"coalesce({value}, false)"
        read.append(f"{value} as {column.name}")
        if misfit:
            refusals.append(
                f"refuse('{column.name}', {raw}, {word.format(raw)}, '{misfit}')"
            )
    return f"""
        with parsed as (
            select
                record is null as is_malformed,
                record not like '{{%' as is_not_object,
                json_transform(record, '{json.dumps(structure)}') as thing
            from raw_records
        )

        select
            {", ".join(read)},
            case
                when is_malformed then 'malformed_json'
                when is_not_object then 'not_an_object'
                else coalesce(csv_refusal(thing."{REFUSED}"), {", ".join(refusals)})
            end as reject
        from parsed
    """


def _recognises(stream: Stream, keys: Set[str]) -> bool:
    columns = _columns(stream)
    needed = {column.name for column in columns if column.is_required}
    return needed <= keys <= {column.name for column in columns}


TABLE_FORMATS = tuple(
    Format(
        name=stream.name,
        version="1",
        streams=(stream.name,),
        rank=0,
        projection=partial(_projection, stream),
        default_gateway=None,
        recognises=partial(_recognises, stream),
    )
    for stream in (*DIRECTORY, *PRICES)
)
