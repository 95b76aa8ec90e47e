"""What a forecast of the month promises, whatever the series."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightly.cost_forecasts import SCHEMA, daily_series, forecast_costs
from nightly.forecast import MONTH_IS_OVER, TOO_SHORT, remainders
from nightly.forecast_paths import (
    LOCAL_LEVEL,
    MEAN_OF_DAYS,
    METHODS,
    SEASONAL_NAIVE,
    sample_paths,
)
from nightly.forecast_scores import pinball, rolling_origins, scored, spread_factor

WEEK = np.array([10.0, 11, 12, 11, 10, 4, 3])
BEGIN = date(2026, 4, 1)


def weekly(days, seed=7, noise=0.1):
    """Weeks with noise around a level that stays."""
    draw = np.random.default_rng(seed)
    return np.resize(WEEK, days) * np.exp(draw.normal(0, noise, days))


def as_costs(series, center="cc-1", begin=BEGIN):
    """Rows of a cost centre, as the model reads them."""
    return [
        (
            begin + timedelta(days=n),
            center,
            cost if cost is None else Decimal(str(cost)),
        )
        for n, cost in enumerate(series)
    ]


def rows(costs, as_of):
    return forecast_costs(costs, as_of).to_pylist()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("days", [7, 13, 14, 20, 21, 60])
def test_a_constant_series_lands_exactly(method, days):
    (found,) = [each for each in remainders(np.full(days, 2.5), 9)
                if each.method == method]  # fmt: skip
    assert found.quantiles_usd == (22.5, 22.5, 22.5)


def test_a_week_that_repeats_goes_on_repeating():
    for found in remainders(np.resize(WEEK, 63), 10):
        assert found.quantiles_usd == pytest.approx((WEEK.sum() + 33,) * 3)


def test_nothing_spent_lands_at_nothing():
    for found in remainders(np.zeros(90), 30):
        assert found.quantiles_usd == (0, 0, 0)
        assert found.scores.mase is None


@pytest.mark.parametrize("method", METHODS)
def test_the_interval_of_the_sum_is_narrower_than_the_sum_of_intervals(method):
    paths, basis = sample_paths(method, weekly(60), 20)
    assert basis == method
    low, high = np.quantile(paths.sum(axis=0), (0.1, 0.9))
    lows, highs = np.quantile(paths, (0.1, 0.9), axis=1)
    assert lows.sum() < low < high < highs.sum()


@pytest.mark.parametrize(
    ("days", "basis"),
    [
        (6, [TOO_SHORT, TOO_SHORT]),
        (7, [MEAN_OF_DAYS, MEAN_OF_DAYS]),
        (13, [MEAN_OF_DAYS, MEAN_OF_DAYS]),
        (14, [SEASONAL_NAIVE, SEASONAL_NAIVE]),
        (20, [SEASONAL_NAIVE, SEASONAL_NAIVE]),
        (21, [SEASONAL_NAIVE, LOCAL_LEVEL]),
    ],
)
def test_a_short_history_falls_back_and_says_so(days, basis):
    # Days before the first cost are no history.
    found = remainders(np.concatenate([np.zeros(30), weekly(days)]), 10)
    assert [each.method_basis for each in found] == basis
    assert [each.is_chosen for each in found] == [True, False]
    assert all((each.quantiles_usd is None) == (days < 7) for each in found)


@pytest.mark.parametrize(
    "broken",
    [
        np.where(np.arange(60) == 59, 0, weekly(60)),  # an outage on the last day
        np.where(np.arange(60) >= 40, 0, weekly(60)),  # it ended
        np.where(np.arange(60) >= 50, 100, 1) * weekly(60),  # another level
        np.where(np.arange(60) % 9 == 0, weekly(60), 0),  # hardly ever
        np.where(np.arange(60) == 30, 1e9, weekly(60)),  # an accident
        weekly(60) * 1e-12,
    ],
    ids=["outage", "ended", "shift", "sparse", "accident", "tiny"],
)
def test_a_difficult_series_is_forecast_all_the_same(broken):
    for found in remainders(broken, 20):
        low, half, high = found.quantiles_usd
        assert 0 <= low <= half <= high < 100 * 20 * broken.max() + 1


@settings(max_examples=5)
@given(seed=st.integers(0, 99), power=st.integers(-20, 20))
def test_another_currency_gives_the_same_forecast(seed, power):
    series = weekly(45, seed, noise=0.3)
    for one, other in zip(
        remainders(series, 12), remainders(series * 2.0**power, 12), strict=True
    ):
        assert other.quantiles_usd == pytest.approx(
            tuple(2.0**power * each for each in one.quantiles_usd), rel=1e-6
        )
        assert other.is_chosen == one.is_chosen


def test_the_same_books_give_the_same_forecast():
    costs = as_costs(weekly(50).round(6))
    first = forecast_costs(costs, date(2026, 5, 20))
    assert first.equals(forecast_costs(reversed(costs), date(2026, 5, 20)))


def test_a_forecast_sees_nothing_after_its_day():
    costs = as_costs(weekly(50).round(6))
    later = as_costs([9e6], begin=date(2026, 5, 21))
    as_of = date(2026, 5, 20)
    assert rows(costs + later, as_of) == rows(costs, as_of)


def test_scores_of_an_origin_use_the_days_before_it_alone():
    series = weekly(60)
    origins, ahead = rolling_origins(60, 10)
    assert ahead == 10
    assert origins == list(range(23, 51, 3))
    changed = series.copy()
    changed[-10:] *= 3  # seen by the last origins only, as what came
    for method in METHODS:
        one, other = scored(method, series, 10), scored(method, changed, 10)
        assert one.origin_count == other.origin_count == 10
        assert other.pinball_usd > one.pinball_usd


def test_a_short_history_is_tested_on_fewer_days_ahead():
    assert rolling_origins(61, 30) == (list(range(23, 42, 3)), 20)
    assert rolling_origins(22, 30) == ([], 0)
    assert len(rolling_origins(365, 30)[0]) == 20


def test_intervals_that_missed_are_widened_and_wide_ones_narrowed():
    assert spread_factor([]) == 1
    assert spread_factor([3.0] * 20) > 2
    assert spread_factor([0.2] * 20) < 0.5
    assert 1 < spread_factor([3.0] * 2) < spread_factor([3.0] * 20) < 3


def test_pinball_loss_is_least_where_the_quantiles_are_right():
    assert pinball(10, np.array([10.0, 10, 10])) == 0
    # 0.1 × 5 + 0.5 × 2 + 0.1 × 10, over three.
    assert pinball(10, np.array([5.0, 8, 20])) == pytest.approx(2.5 / 3)


def test_the_better_method_is_chosen_where_weeks_are_noise_around_a_level():
    naive, level = remainders(weekly(120, noise=0.5), 14)
    assert level.scores.pinball_usd < naive.scores.pinball_usd
    assert (naive.is_chosen, level.is_chosen) == (False, True)


def test_intervals_cover_eight_of_ten_landings():
    covered = []
    for seed in range(60):
        series = weekly(70, seed, noise=0.3)
        found = remainders(series[:60], 10)
        low, _, high = next(e.quantiles_usd for e in found if e.is_chosen)
        covered.append(low <= series[60:].sum() <= high)
    # Three standard errors of sixty draws.
    assert 0.65 <= np.mean(covered) <= 0.95


def test_the_last_day_of_a_month_gives_the_actual_and_the_next_month():
    costs = as_costs(["0.1", "0.000000000002"] * 15)
    found = rows(costs, date(2026, 4, 30))
    over = [row for row in found if row["month"] == date(2026, 4, 1)]
    assert {row["method_basis"] for row in over} == {MONTH_IS_OVER}
    for name in ("actual_to_date_usd", "landing_p10_usd", "landing_p90_usd"):
        assert {row[name] for row in over} == {Decimal("1.500000000030")}
    coming = [row for row in found if row["month"] == date(2026, 5, 1)]
    assert len(coming) == len(over) == 4
    assert {row["actual_to_date_usd"] for row in coming} == {Decimal(0)}
    assert all(row["landing_p50_usd"] > 0 for row in coming)


def test_scopes_are_everything_and_each_cost_centre():
    costs = (
        as_costs([1] * 20) + as_costs([2] * 20, None) + as_costs([None] * 20, "cc-2")
    )
    found = rows(costs, date(2026, 4, 20))
    assert [(row["scope"], row["scope_id"]) for row in found[::2]] == [
        ("all", None), ("cost_center", "cc-1"), ("cost_center", "cc-2"),
        ("cost_center", None),
    ]  # fmt: skip
    by_scope = {(row["scope"], row["scope_id"]): row for row in found}
    assert by_scope["all", None]["actual_to_date_usd"] == 60
    assert by_scope["all", None]["landing_p50_usd"] == 90
    # Unknown is null, never zero.
    assert by_scope["cost_center", "cc-2"]["actual_to_date_usd"] is None
    assert by_scope["cost_center", "cc-2"]["landing_p50_usd"] is None


def test_only_the_costliest_centres_are_modelled():
    costs = [row for n in range(25) for row in as_costs([n + 1] * 9, f"cc-{n:02}")]
    found = rows(costs, date(2026, 4, 9))
    modelled = {row["scope_id"] for row in found if row["method"] == LOCAL_LEVEL}
    assert modelled == {None} | {f"cc-{n:02}" for n in range(5, 25)}


def test_a_day_without_a_row_cost_nothing_and_an_unknown_one_as_a_week_before():
    costs = {BEGIN + timedelta(days=n): Decimal(n) for n in range(10) if n != 4}
    costs[BEGIN + timedelta(days=9)] = None
    found = daily_series(costs, BEGIN + timedelta(days=10))
    assert found.tolist() == [0, 1, 2, 3, 0, 5, 6, 7, 8, 2, 0]


def test_without_a_complete_day_there_is_no_forecast():
    costs = as_costs([1])
    for as_of in (None, BEGIN - timedelta(days=1)):
        empty = forecast_costs(costs, as_of)
        assert (empty.num_rows, empty.schema) == (0, SCHEMA)
