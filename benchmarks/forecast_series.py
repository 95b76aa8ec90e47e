"""Daily costs to forecast: of demo worlds, and drawn to be harder than those."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np

from loaders.demo import write_demo
from nightly.cost_forecasts import Costs, daily_series
from nightly.forecast_paths import Doubles

BEGIN = date(2026, 4, 1)
_REQUESTS_A_DAY = 300
_WEEK = np.array([0.1, 0.15, 0.15, 0.1, 0.0, -0.6, -0.7])


def demo_series(days: int, seed: int, folder: Path) -> dict[str, Doubles]:
    """Logged cost by day of a demo world: of `all`, and of each cost centre.

    Args:
        days: UTC days from 2026-04-01 on.
        seed: Of the world.
        folder: Where the world is written and deleted again.
    """
    world = Path(tempfile.mkdtemp(dir=folder))
    for _ in write_demo(world, days, seed, _REQUESTS_A_DAY):
        pass
    with duckdb.connect() as con:
        rows = con.execute(
            """
            select
                coalesce(cost_center_id, 'none'),
                cast(requested_at as date) as event_date,
                sum(logged_cost_usd)
            from read_parquet($file)
            where is_logged
            group by all
            """,
            {"file": str(world / "demo" / "truth" / "attempts.parquet")},
        ).fetchall()
    shutil.rmtree(world)
    centers: dict[str, dict[date, Decimal | None]] = {}
    together: dict[date, Decimal] = {}
    for center, day, cost in rows:
        centers.setdefault(center, {})[day] = cost
        together[day] = together.get(day, Decimal(0)) + (cost or Decimal(0))
    end = BEGIN + timedelta(days=days - 1)
    named: dict[str, Costs] = {"all": together, **dict(sorted(centers.items()))}
    return {name: daily_series(costs, end) for name, costs in named.items()}


def drawn_series(days: int) -> Iterator[tuple[str, Doubles]]:
    """Ten series of weeks, trend, up to three level shifts and heavy-tailed noise.

    Half of them also wander from day to day, and three have two days without cost.
    """
    for number in range(10):
        draw = np.random.default_rng(1000 + number)
        day = np.arange(days)
        week = np.exp(_WEEK * draw.uniform(0.2, 1.5))[(day + draw.integers(7)) % 7]
        logs = draw.normal(0, 0.004) * day
        for _ in range(draw.integers(0, 4)):
            logs[draw.integers(20, days) :] += draw.normal(0, 0.5)
        if number % 2:
            logs += np.cumsum(draw.normal(0, 0.03, days))
        tails = np.clip(draw.standard_t(3, days), -8, 8)
        series = 100 * week * np.exp(logs + 0.2 * draw.uniform(0.3, 1.2) * tails)
        if number % 3 == 1:
            series[draw.integers(0, days, 2)] = 0
        yield f"drawn {number}", series
