"""What tests of several vendors' records need: a planted text, and what landed."""

from typing import Any

import duckdb

CANARY = "canary-3141 jane asks: what ails me?"


def text_of(home: Any) -> str:
    """Every value of every Parquet file of the lake, the ledger's files too."""
    texts = []
    for file in sorted(home.lake.rglob("*.parquet")):
        with duckdb.connect() as con:
            rows = con.execute("select * from read_parquet($1)", [str(file)]).fetchall()
        texts += [str(value) for row in rows for value in row]
    texts += [file.read_text() for file in sorted(home.lake.rglob("*.json"))]
    return "\n".join(texts)
