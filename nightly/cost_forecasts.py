"""Forecasts of the month's cost as rows of a mart: one a scope, month and method.

Costs come and go as decimals; only the days ahead, an estimate, pass through doubles.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from nightly.forecast import Remainder, remainders
from nightly.forecast_paths import METHODS, SEASONAL_NAIVE, Doubles

# What each cost centre cost by day; None where nothing of a day's cost is known.
Costs = Mapping[date, Decimal | None]

# Cost centres beyond so many are only repeated: each model tried costs 0.1 s a night.
_MODELLED_CENTERS = 20
_RECENT_DAYS = 56
_DIGITS = Decimal("1e-12")
_SCORE_DIGITS = Decimal("1e-6")
_MOST_SCORE = 1e9

_MONEY, _SCORE = pa.decimal128(38, 12), pa.decimal128(18, 6)
SCHEMA = pa.schema(
    [
        ("as_of_date", pa.date32()),
        ("month", pa.date32()),
        ("scope", pa.string()),
        ("scope_id", pa.string()),
        ("method", pa.string()),
        ("method_basis", pa.string()),
        ("actual_to_date_usd", _MONEY),
        ("landing_p10_usd", _MONEY),
        ("landing_p50_usd", _MONEY),
        ("landing_p90_usd", _MONEY),
        ("landing_pinball_usd", _MONEY),
        ("mase", _SCORE),
        ("interval_coverage_ratio", _SCORE),
        ("origin_count", pa.int64()),
        ("is_chosen", pa.bool_()),
    ]
)


def forecast_costs(
    costs: Iterable[tuple[date, str | None, Decimal | None]], as_of: date | None
) -> pa.Table:
    """Forecast where this month lands, for everything and for each cost centre.

    On a month's last day, the next month too.

    Args:
        costs: UTC day, cost centre, cost in US dollars or None where unknown; a pair
            of day and cost centre once. Later days than `as_of` are left out.
        as_of: Last complete UTC day; None where there is none.

    Returns:
        Rows of `SCHEMA`, by scope, cost centre, month and method; none where nothing
        was recorded up to `as_of`.
    """
    by_center: dict[str | None, dict[date, Decimal | None]] = defaultdict(dict)
    for day, center, cost in costs:
        if as_of is not None and day <= as_of:
            by_center[center][day] = cost
    if as_of is None or not by_center:
        return SCHEMA.empty_table()
    rows = list(_rows("all", None, _together(by_center.values()), as_of, METHODS))
    modelled = set(_most_costly(by_center, as_of))
    for center in sorted(by_center, key=lambda name: (name is None, name or "")):
        methods = METHODS if center in modelled else (SEASONAL_NAIVE,)
        rows += _rows("cost_center", center, by_center[center], as_of, methods)
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _rows(
    scope: str, name: str | None, costs: Costs, as_of: date, methods: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    series = daily_series(costs, as_of)
    for month, days_ahead in _months(as_of):
        actual = _sum(cost for day, cost in costs.items() if day >= month)
        for found in remainders(series, days_ahead, methods):
            yield {
                "as_of_date": as_of,
                "month": month,
                "scope": scope,
                "scope_id": name,
                "method": found.method,
                "actual_to_date_usd": actual,
                **_said(found, actual),
            }


def _months(as_of: date) -> list[tuple[date, int]]:
    """First day and days ahead of this month, and of the next once this one is over."""
    days_ahead = days_of_month(as_of) - as_of.day
    this_month = as_of.replace(day=1), days_ahead
    if days_ahead > 0:
        return [this_month]
    next_month = as_of + timedelta(days=1)
    return [this_month, (next_month, days_of_month(next_month))]


def days_of_month(day: date) -> int:
    """How many days the month of that day has."""
    return monthrange(day.year, day.month)[1]


def _said(found: Remainder, actual: Decimal | None) -> dict[str, Any]:
    landings: list[Decimal | None] = [None] * 3
    if found.quantiles_usd is not None and actual is not None:
        landings = [actual + _money(ahead) for ahead in found.quantiles_usd]
    scores = found.scores
    return {
        "method_basis": found.method_basis,
        "landing_p10_usd": landings[0],
        "landing_p50_usd": landings[1],
        "landing_p90_usd": landings[2],
        "landing_pinball_usd": _money(scores.pinball_usd) if scores else None,
        "mase": _score(scores.mase) if scores else None,
        "interval_coverage_ratio": _score(scores.coverage_ratio) if scores else None,
        "origin_count": scores.origin_count if scores else 0,
        "is_chosen": found.is_chosen,
    }


def daily_series(costs: Costs, as_of: date) -> Doubles:
    """Cost of each day from the first with one up to `as_of`, US dollars.

    A day without a row cost nothing. A day whose cost is unknown is taken to be as the
    same weekday was before it, or as the mean day where there is none.
    """
    known = [float(cost) for cost in costs.values() if cost is not None]
    mean = float(np.mean(known)) if known else 0.0
    first = min(costs)
    days = [first + timedelta(days=n) for n in range((as_of - first).days + 1)]
    series: list[float] = []
    for number, day in enumerate(days):
        cost = costs.get(day, Decimal(0))
        before = series[number - 7] if number >= 7 else mean
        series.append(before if cost is None else float(cost))
    return np.array(series, dtype=np.float64)


def _together(centers: Iterable[Costs]) -> Costs:
    days: dict[date, list[Decimal | None]] = defaultdict(list)
    for costs in centers:
        for day, cost in costs.items():
            days[day].append(cost)
    return {day: _sum(costs) for day, costs in days.items()}


def _most_costly(centers: Mapping[str | None, Costs], as_of: date) -> list[str | None]:
    since = as_of - timedelta(days=_RECENT_DAYS)

    def recent(center: str | None) -> tuple[Decimal, str]:
        costs = centers[center].items()
        total = _sum(cost for day, cost in costs if day > since)
        return -(total or Decimal(0)), center or ""

    return sorted(centers, key=recent)[:_MODELLED_CENTERS]


def _sum(costs: Iterable[Decimal | None]) -> Decimal | None:
    """Of what is known; None where costs are and none of them is known."""
    found = list(costs)
    known = [cost for cost in found if cost is not None]
    return sum(known, Decimal(0)) if known or not found else None


def _money(amount: float) -> Decimal:
    return Decimal(amount).quantize(_DIGITS)


def _score(score: float | None) -> Decimal | None:
    # Against a series that hardly ever moved, any error is beyond measure.
    if score is None or score >= _MOST_SCORE:
        return None
    return Decimal(score).quantize(_SCORE_DIGITS)
