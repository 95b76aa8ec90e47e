"""What tests of nights share: small books made by hand, and the crash labs."""

import json
from dataclasses import asdict
from datetime import date

import duckdb
import pytest

from loaders.ledger import Ledger
from nightly.audit import Audited, Broken
from nightly.warehouse import begin_build, end_audit, end_build, read_absorbed
from tests.nightly.crash_lab import Lab


@pytest.fixture
def book(home):
    """Build and audit a small warehouse by hand: marts of `rows`, books of `state`."""

    def book(rows: int, state: str, failed: tuple[Broken, ...] = ()):
        begin_build(home.warehouse, [date(2026, 1, 1)])
        with duckdb.connect(str(home.warehouse)) as con:
            for schema in ("usage", "quality", "staging", "intermediate"):
                con.execute(f"create schema if not exists {schema}")
            con.execute(
                f"create or replace table usage.fct_attempts as from range({rows})"
            )
            con.execute(
                f"create or replace table quality.fct_loads as from range({rows})"
            )
            con.execute("create or replace table usage.mine as select 1 as x")
            con.execute("create or replace table intermediate.c as select 1 as x")
            con.execute(
                "create or replace view staging.d as select * from usage.fct_attempts"
            )
        end_build(home.warehouse, state, {}, {})
        if not failed:
            end_audit(home.warehouse)
        audited = Audited(read_absorbed(home.warehouse).books, 1, (), failed)
        home.build.joinpath("audit.json").write_text(json.dumps(asdict(audited)))
        home.lake.mkdir(exist_ok=True)
        assert Ledger(home.lake).entries == {}

    return book


@pytest.fixture(scope="session")
def labs(tmp_path_factory):
    """Two labs that know the same story, for two processors."""
    labs = [Lab(tmp_path_factory.mktemp(f"lab{number}")) for number in range(2)]
    labs[0].tell()
    labs[1].share(labs[0])
    yield labs
    for lab in labs:
        lab.close()
