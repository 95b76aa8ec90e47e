"""What tests of several vendors' records need: changed copies, and what landed."""

import copy
from typing import Any

import duckdb

CANARY = "canary-3141 jane asks: what ails me?"


def changed(record: dict[str, Any], **changes: object) -> dict[str, Any]:
    """A copy; `a__b=1` sets record["a"]["b"], and `...` removes."""
    made = copy.deepcopy(record)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = made
        for parent in parents:
            place = place.setdefault(parent, {})
        if value is ...:
            place.pop(last)
        else:
            place[last] = value
    return made


def text_of(home: Any) -> str:
    """Every value of every Parquet file of the lake, the ledger's files too."""
    texts = []
    for file in sorted(home.lake.rglob("*.parquet")):
        with duckdb.connect() as con:
            rows = con.execute("select * from read_parquet($1)", [str(file)]).fetchall()
        texts += [str(value) for row in rows for value in row]
    texts += [file.read_text() for file in sorted(home.lake.rglob("*.json"))]
    return "\n".join(texts)
