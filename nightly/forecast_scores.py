"""How well a method would have done: forecasts of days that are known by now.

From each of a series' later days a forecast is made with the days before it alone and
held against what came. What the intervals missed then widens, or narrows, the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nightly.forecast_paths import WEEK, Doubles, sample_paths

QUANTILES = (0.1, 0.5, 0.9)
# Sixty days of evidence; each origin costs a fit.
_ORIGINS, _STEP_DAYS = 20, 3
_LEARN_FROM_DAYS = 3 * WEEK
# Below it, a share of covered origins says nothing.
_FEWEST_ORIGINS = 5
# So many origins that found the raw interval right are assumed beforehand.
_TRUST_ORIGINS = 4
_LARGEST_FACTOR = 20.0


@dataclass(frozen=True)
class Scores:
    """What rolling origins found.

    Attributes:
        mase: Mean absolute error of a day over that of repeating the week before, as
            measured on each origin's own history; None where weeks never differed.
        pinball_usd: Mean pinball loss of the sum of the days ahead at 10, 50 and 90 %,
            as the paths gave it.
        coverage_ratio: Share of origins whose 80 % interval held the sum, each widened
            by what was known on its day; None from fewer than five.
        origin_count: Origins.
        spread_factor: What to multiply the next interval's width by.
    """

    mase: float | None
    pinball_usd: float
    coverage_ratio: float | None
    origin_count: int
    spread_factor: float


@dataclass(frozen=True)
class _Tried:
    """One origin: its day, the sum that came, what was said of it, the day's errors."""

    day: int
    actual: float
    said: Doubles
    mase: float | None


def rolling_origins(days_held: int, days_ahead: int) -> tuple[list[int], int]:
    """Where to forecast from, as numbers of days known there, and how far.

    A short history is tested on fewer days ahead than asked for, so that it is tested.
    """
    ahead = min(days_ahead, (days_held - _LEARN_FROM_DAYS) // 2)
    if ahead < 1:
        return [], 0
    newest = days_held - ahead
    found = range(newest, _LEARN_FROM_DAYS - 1, -_STEP_DAYS)[:_ORIGINS]
    return sorted(found), ahead


def scored(method: str, series: Doubles, days_ahead: int) -> Scores | None:
    """Try a method on the series' own past.

    Args:
        method: One of `forecast_paths.METHODS`.
        series: Cost of each day, oldest first, US dollars.
        days_ahead: How far the forecast that is wanted looks, days.

    Returns:
        None where the history is too short to try anything.
    """
    origins, ahead = rolling_origins(len(series), days_ahead)
    if not origins:
        return None
    tried = [_tried(method, series, day, ahead) for day in origins]
    misses = [_miss(each) for each in tried]
    covered = []
    for number, each in enumerate(tried):
        known_count = sum(past.day + ahead <= each.day for past in tried[:number])
        covered.append(misses[number] <= spread_factor(misses[:known_count]))
    ratios = [each.mase for each in tried if each.mase is not None]
    return Scores(
        mase=float(np.mean(ratios)) if ratios else None,
        pinball_usd=float(np.mean([pinball(each.actual, each.said) for each in tried])),
        coverage_ratio=(
            float(np.mean(covered)) if len(covered) >= _FEWEST_ORIGINS else None
        ),
        origin_count=len(tried),
        spread_factor=spread_factor(misses),
    )


def pinball(actual: float, said: Doubles) -> float:
    """Mean pinball loss of the 10, 50 and 90 % quantiles, in the unit of the sum."""
    over = actual - said
    return float(
        np.mean(np.maximum(QUANTILES * over, (np.array(QUANTILES) - 1) * over))
    )


def spread_factor(misses: Sequence[float]) -> float:
    """How much wider an interval must be to hold eight of ten of these.

    Args:
        misses: By origin, the error in half-widths of the raw 80 % interval.
    """
    if not misses:
        return 1.0
    ranks = (np.arange(len(misses)) + 0.5) / len(misses)
    eighth = float(np.interp(0.8, ranks, np.sort(misses)))
    clipped = min(max(eighth, 1 / _LARGEST_FACTOR), _LARGEST_FACTOR)
    weight = len(misses) / (len(misses) + _TRUST_ORIGINS)
    return float(clipped**weight)


def _tried(method: str, series: Doubles, day: int, ahead: int) -> _Tried:
    history, came = series[:day], series[day : day + ahead]
    paths, _ = sample_paths(method, history, ahead)
    usual = float(np.mean(np.abs(history[WEEK:] - history[:-WEEK])))
    error = float(np.mean(np.abs(came - np.median(paths, axis=1))))
    return _Tried(
        day=day,
        actual=float(came.sum()),
        said=np.quantile(paths.sum(axis=0), QUANTILES),
        mase=error / usual if usual > 0 else None,
    )


def _miss(tried: _Tried) -> float:
    """Error of the sum in half-widths of its interval, on the side where it fell."""
    low, middle, high = tried.said
    error = tried.actual - middle
    width = high - middle if error > 0 else middle - low
    if abs(error) <= 1e-9 * max(abs(middle), abs(tried.actual)):
        return 0.0
    return (
        float(min(abs(error) / width, _LARGEST_FACTOR))
        if width > 0
        else _LARGEST_FACTOR
    )
