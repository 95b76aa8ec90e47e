"""The questions in analyses/, asked of any books."""

from typing import Any

import duckdb

from tests.conftest import PROJECT

_MOMENT = "cast(null as timestamp)"


def answer(
    con: duckdb.DuckDBPyConnection, question: str, known_on: str | None = None
) -> list[dict[str, Any]]:
    """Rows of `analyses/<question>.sql` by column, in its order.

    Args:
        con: Books, or tables made like theirs.
        question: Stem of the file.
        known_on: In price_correction, the moment of knowledge, UTC; else its own.
    """
    sql = (PROJECT / "analyses" / f"{question}.sql").read_text()
    if known_on is not None:
        assert sql.count(_MOMENT) == 1
        sql = sql.replace(_MOMENT, f"cast('{known_on}' as timestamp)")
    found = con.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
