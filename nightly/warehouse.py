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
from nightly.database import opened
from nightly.dbt import PROJECT
from nightly.lookups import LOOKUPS, remember_lookups

# Everything that decides what a row of the books looks like.
_CODE_FOLDERS = ("models", "macros", "seeds")
_SCHEMA = "night"


@dataclass(frozen=True)
class Absorbed:
    """What a build file holds.

    Attributes:
        code: Hash of the code that built it.
        loads: Fingerprint of each live load at that time.
        rules: SHA-256 of each rule table that the home had of its own.
        unaudited: Days built since the last audit that passed.
        building: Days of a build that began and did not end; None when it ended.
    """

    code: str
    loads: Mapping[str, str]
    rules: Mapping[str, str]
    unaudited: frozenset[date]
    building: frozenset[date] | None

    @property
    def books(self) -> str:
        """Identity of the books: equal loads, rules and code give equal books."""
        rules = [f"{name} {sha256}" for name, sha256 in sorted(self.rules.items())]
        text = "\n".join([self.code, *sorted(self.loads.values()), *rules])
        return hashlib.sha256(text.encode()).hexdigest()


def code_hash() -> str:
    """Hash of models, macros, seeds, lookups, ranks, settings and engine."""
    digest = hashlib.sha256(version("duckdb").encode())
    digest.update(version("statsmodels").encode())
    for name in ("dbt_project.yml", "profiles.yml"):
        digest.update((PROJECT / name).read_bytes())
    for folder in _CODE_FOLDERS:
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.suffix in (".sql", ".py", ".csv", ".yml"):
                digest.update(str(path.relative_to(PROJECT)).encode())
                digest.update(path.read_bytes())
    for path in sorted((PROJECT / "nightly").glob("*forecast*.py")):
        digest.update(path.read_bytes())
    digest.update(repr(LOOKUPS).encode())
    for name, format_ in registry().items():
        digest.update(f"{name}:{format_.rank}".encode())
    return digest.hexdigest()


def read_absorbed(warehouse: Path, read_only: bool = False) -> Absorbed | None:
    """What the file holds, or None where no build of it has ever ended."""
    if not warehouse.exists():
        return None
    try:
        with opened(warehouse, read_only) as con:
            code = con.execute(f"select code from {_SCHEMA}.built").fetchall()
            loads = con.execute(f"from {_SCHEMA}.loads").fetchall()
            rules = con.execute(f"from {_SCHEMA}.rules").fetchall()
            unaudited = _days(con, "unaudited")
            is_building = con.execute(
                "select 1 from duckdb_tables() where schema_name = $1 "
                "and table_name = 'building'",
                [_SCHEMA],
            ).fetchall()
            building = _days(con, "building") if is_building else None
    except duckdb.CatalogException:
        return None
    return Absorbed(code[0][0], dict(loads), dict(rules), unaudited, building)


def _days(con: duckdb.DuckDBPyConnection, table: str) -> frozenset[date]:
    rows = con.execute(f"select distinct event_date from {_SCHEMA}.{table}").fetchall()
    return frozenset(day for (day,) in rows)


def begin_build(warehouse: Path, days: Iterable[date]) -> None:
    """Note, before anything changes, which days change and need an audit."""
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    with opened(warehouse) as con:
        con.begin()
        con.execute(f"create schema if not exists {_SCHEMA}")
        for table in ("unaudited", "building"):
            con.execute(
                f"create table if not exists {_SCHEMA}.{table} (event_date date)"
            )
            con.execute(
                f"insert into {_SCHEMA}.{table} select unnest($1::date[])", [list(days)]
            )
        con.commit()


def end_build(
    warehouse: Path,
    code: str,
    live: Mapping[str, LedgerEntry],
    rules: Mapping[str, str],
) -> None:
    """Note, after every model succeeded, what the file now holds."""
    with opened(warehouse) as con:
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
        con.execute(
            f"""
            create or replace table {_SCHEMA}.rules as
            select unnest($1::varchar[]) as name, unnest($2::varchar[]) as sha256
            """,
            [list(rules), list(rules.values())],
        )
        remember_lookups(con)
        con.execute(f"drop table if exists {_SCHEMA}.building")
        con.commit()
        # Closing would swallow a full disk.
        con.execute("checkpoint")


def distrust(warehouse: Path, days: Iterable[date]) -> None:
    """Note that an audit found these days wrong, so that no publish forgets it."""
    with opened(warehouse) as con:
        con.execute(
            f"insert into {_SCHEMA}.unaudited select unnest($1::date[])", [list(days)]
        )


def end_audit(warehouse: Path) -> None:
    """Note that every test passed on the days that were to be audited."""
    with opened(warehouse) as con:
        con.execute(f"delete from {_SCHEMA}.unaudited")
