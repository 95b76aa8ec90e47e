"""What the build file knows of itself: which loads, days and code it holds.

Written into the file that it speaks of, so that deleting the file forgets it too.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import duckdb

from loaders.formats import registry
from loaders.ledger import LedgerEntry
from nightly.dbt import PROJECT

# Everything that decides what a row of the books looks like.
_CODE_FOLDERS = ("models", "macros", "seeds")
_SCHEMA = "night"


@dataclass(frozen=True)
class Absorbed:
    """What a build file holds.

    Attributes:
        code: Hash of the code that built it.
        loads: Fingerprint of each live load at that time.
        unaudited: Days built since the last audit that passed.
    """

    code: str
    loads: Mapping[str, str]
    unaudited: frozenset[date]

    @property
    def books(self) -> str:
        """Identity of the books: equal loads and code give equal books."""
        text = "\n".join([self.code, *sorted(self.loads.values())])
        return hashlib.sha256(text.encode()).hexdigest()


def code_hash() -> str:
    """Hash of models, macros, seeds, ranks and engine."""
    digest = hashlib.sha256(version("duckdb").encode())
    digest.update((PROJECT / "dbt_project.yml").read_bytes())
    for folder in _CODE_FOLDERS:
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.suffix in (".sql", ".csv", ".yml"):
                digest.update(str(path.relative_to(PROJECT)).encode())
                digest.update(path.read_bytes())
    for name, format_ in registry().items():
        digest.update(f"{name}:{format_.rank}".encode())
    return digest.hexdigest()


def read_absorbed(warehouse: Path) -> Absorbed | None:
    """What the file holds, or None where there is no finished build."""
    if not warehouse.exists():
        return None
    try:
        with duckdb.connect(str(warehouse)) as con:
            code = con.execute(f"select code from {_SCHEMA}.built").fetchall()
            loads = con.execute(f"from {_SCHEMA}.loads").fetchall()
            days = con.execute(f"select event_date from {_SCHEMA}.unaudited").fetchall()
    except duckdb.CatalogException:
        return None
    if not code:
        return None
    return Absorbed(
        code=code[0][0],
        loads=dict(loads),
        unaudited=frozenset(day for (day,) in days),
    )


def begin_build(warehouse: Path, days: Iterable[date]) -> None:
    """Note, before anything changes, which days an audit must look at again."""
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(warehouse)) as con:
        con.begin()
        con.execute(f"create schema if not exists {_SCHEMA}")
        con.execute(f"create table if not exists {_SCHEMA}.unaudited (event_date date)")
        con.execute(
            f"""
            insert into {_SCHEMA}.unaudited
            select unnest($1::date[]) except select event_date from {_SCHEMA}.unaudited
            """,
            [list(days)],
        )
        con.commit()


def end_build(warehouse: Path, code: str, live: Mapping[str, LedgerEntry]) -> None:
    """Note, after every model succeeded, what the file now holds."""
    with duckdb.connect(str(warehouse)) as con:
        con.begin()
        con.execute(
            f"create or replace table {_SCHEMA}.built as select $1 as code", [code]
        )
        con.execute(
            f"""
            create or replace table {_SCHEMA}.loads as
            select
                unnest($1::varchar[]) as load_id,
                unnest($2::varchar[]) as fingerprint
            """,
            [list(live), [entry.fingerprint for entry in live.values()]],
        )
        con.commit()


def end_audit(warehouse: Path) -> None:
    """Note that every test passed on the days that were to be audited."""
    with duckdb.connect(str(warehouse)) as con:
        con.execute(f"delete from {_SCHEMA}.unaudited")
