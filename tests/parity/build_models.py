"""Build a few models of a home on one engine, over tables that a test wrote.

`python -m tests.parity.build_models HOME TARGET MODELS [TABLE=PARQUET …]`: each table
is there, as the Parquet file has it, before the models are built.
"""

import sys
from pathlib import Path

import duckdb

from loaders.compiled_ledger import compile_ledger
from loaders.home import open_home
from loaders.lake import prepare
from loaders.seeds import compile_seeds
from nightly.dbt import Dbt, Target


def main(path: str, target: str, models: str, *given: str) -> None:
    home = open_home(Path(path))
    tables = dict(table.split("=", 1) for table in given)
    compile_ledger(prepare(home.lake), home.build / "ledger")
    compile_seeds(home.path, home.build / "seeds")
    on_spark = target == Target.SPARK
    if not on_spark:
        with duckdb.connect(str(home.warehouse)) as con:
            for table, file in tables.items():
                con.execute(f"create schema if not exists {table.split('.')[0]}")
                con.execute(f"create table {table} as from '{file}'")
    dbt = Dbt(home.path, home.warehouse, target=Target(target))
    try:
        if on_spark:
            dbt.run_operation("lake_views")
            from pyspark.sql import SparkSession

            # dbt's own: it lives in this process.
            session = SparkSession.getActiveSession()
            for table, file in tables.items():
                session.sql(f"create schema if not exists {table.split('.')[0]}")
                session.sql(f"create view {table} as select * from parquet.`{file}`")
        dbt.run(select=models)
    finally:
        dbt.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
