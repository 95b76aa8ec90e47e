"""Random pools are split to the minor unit, as fractions say, on both engines."""

import os
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal

import duckdb
import pytest

from loaders.home import open_home
from tests.conftest import PROJECT
from tests.parity.conftest import SPARK
from tests.parity.random_pools import COUNT, EXPONENTS, expected, write_world

MODELS = (
    "path:models/staging/seeds int_pools_governed int_pools_weighted "
    "int_pools_divided fct_pool_allocations"
)


def build(home, target):
    """Build the split of the pools and nothing else."""
    drivers = f"intermediate.int_pool_drivers={home.path / 'drivers.parquet'}"
    done = subprocess.run(
        [sys.executable, "-m", "tests.parity.build_models", str(home.path), target,
         MODELS, drivers],
        capture_output=True, text=True, cwd=PROJECT, env={**os.environ, **SPARK},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = open_home(tmp_path_factory.mktemp("pools"))
    pools, drivers = write_world(home, int(os.environ.get("WORLD", "0")))
    build(home, "duckdb")
    return home, pools, drivers


def lines_of(home):
    """By pool: cost centre, reason, amount, minor units."""
    found = defaultdict(list)
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        rows = con.execute(
            "select pool_id, cost_center_id, retained_reason, amount, amount_minor "
            "from costs.fct_pool_allocations"
        ).fetchall()
    for pool_id, *line in rows:
        found[pool_id].append(line)
    return found


def test_every_part_is_what_fractions_say(world):
    home, pools, drivers = world
    lines = lines_of(home)
    assert len(pools) == len(lines) == COUNT
    seen = set()
    for pool in pools:
        parts, exact = expected(pool, drivers)
        found = {
            center or reason: minor
            for center, reason, _, minor in lines[pool["pool_id"]]
            if reason != "rounding"
        }
        assert found == parts, pool
        assert all(abs(parts[center] - exact[center]) < 1 for center in exact)
        seen |= {reason for _, reason, _, _ in lines[pool["pool_id"]]}
    retained = {"unattributed", "no_policy", "method_none", "no_weights", "rounding"}
    assert seen == {None, *retained}


def test_the_lines_of_a_pool_are_the_pool_in_every_digit(world):
    home, pools, _ = world
    lines = lines_of(home)
    for pool in pools:
        found = lines[pool["pool_id"]]
        assert sum(amount for _, _, amount, _ in found) == pool["amount"], pool
        exponent = EXPONENTS[pool["currency_code"]]
        for _, reason, amount, minor in found:
            assert reason == "rounding" or amount == Decimal(minor).scaleb(-exponent)


def test_spark_splits_them_alike(engines, world):
    home, *_ = world
    build(home, "spark")
    books = "costs.fct_pool_allocations"
    folder = home.build / "spark" / "warehouse" / "costs.db" / "fct_pool_allocations"
    spark = f"read_parquet('{folder}/**/*.parquet')"
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        ((count,),) = con.execute(f"select count(*) from {spark}").fetchall()
        assert count > 5 * COUNT
        for one, other in ((books, spark), (spark, books)):
            differing = con.execute(f"from {one} except all from {other} limit 3")
            assert differing.fetchall() == []
