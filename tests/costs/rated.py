"""Attempts rated by the models of costs alone, past everything that leads to them."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import yaml

from loaders.compiled_ledger import compile_ledger
from loaders.contract import duckdb_type
from loaders.home import open_home
from loaders.inbox import load_prices
from loaders.lake import prepare
from loaders.seeds import compile_seeds
from nightly.database import opened
from nightly.dbt import Dbt
from tests.conftest import PROJECT

_LOOKUPS = (
    "stg_lake__loads stg_prices__price_book stg_prices__price_models "
    "stg_seeds__provider_aliases stg_seeds__model_aliases "
    "stg_seeds__price_overrides int_prices_observed "
    "dim_prices int_price_bands int_prices_banded int_price_clauses "
    "int_price_overrides_known"
)
_BY_DAY = (
    "int_providers_matched int_models_matched int_attempts_metered int_usage_daily "
    "fct_usage_lines int_lines_priced int_overrides_matched fct_cost_lines "
    "fct_unpriced_usage agg_cost_daily"
)


def rate(home, attempts: pa.Table) -> None:
    """Build what these attempts cost into the home's warehouse.

    In a process of its own: dbt leaves its log open.

    Args:
        home: Its warehouse is made.
        attempts: Some columns of `fct_attempts`; the others are null.
    """
    first, last = write_attempts(home, attempts)
    subprocess.run(
        [sys.executable, "-m", "tests.costs.rated", home.path, str(first), str(last)],
        cwd=PROJECT,
        check=True,
        timeout=500,
    )


def _build(home, first: date, last: date) -> None:
    load_prices(home)
    compile_ledger(prepare(home.lake), home.build / "ledger")
    compile_seeds(home.path, home.build / "seeds")
    dbt = Dbt(home.path, home.warehouse, "year")
    try:
        dbt.run(select=_LOOKUPS)
        dbt.run(
            "--event-time-start", first.replace(month=1, day=1).isoformat(),
            "--event-time-end", (last + timedelta(days=1)).isoformat(),
            select=_BY_DAY,
        )  # fmt: skip
    finally:
        dbt.close()


def write_attempts(home, attempts: pa.Table) -> tuple[date, date]:
    """Make `usage.fct_attempts` of these; the first and the last of their days."""
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    path = PROJECT / "models/marts/usage/fct_attempts.yml"
    (model,) = yaml.safe_load(path.read_text())["models"]
    given = set(attempts.column_names)
    columns = ", ".join(
        f"cast({column['name'] if column['name'] in given else 'null'} as "
        f"{duckdb_type(column['data_type'])}) as {column['name']}"
        for column in model["columns"]
    )
    with opened(home.warehouse) as con:
        con.register("attempts", attempts)
        con.execute("create schema if not exists usage")
        con.execute(
            f"create or replace table usage.fct_attempts as select {columns} "
            "from attempts"
        )
        days = con.execute(
            "select min(event_date), max(event_date) from usage.fct_attempts"
        ).fetchall()
    return days[0]


if __name__ == "__main__":
    _build(open_home(Path(sys.argv[1])), *map(date.fromisoformat, sys.argv[2:]))
