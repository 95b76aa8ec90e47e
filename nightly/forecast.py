"""What a month will cost: what it has cost, and what its other days may.

Two methods, each with the same promise of an 80 % interval: the last week repeated, and
a wandering level with fixed weekdays on the log scale. The second is chosen only where
it would have done better on the series' own past.
"""

from dataclasses import dataclass

import numpy as np

from nightly.forecast_paths import (
    LOCAL_LEVEL,
    METHODS,
    SEASONAL_NAIVE,
    WEEK,
    Doubles,
    sample_paths,
)
from nightly.forecast_scores import QUANTILES, Scores, scored

MONTH_IS_OVER = "month_is_over"
TOO_SHORT = "under_7_days"


@dataclass(frozen=True)
class Remainder:
    """What the days ahead may cost together, by one method.

    Attributes:
        method: `seasonal_naive` or `local_level`.
        method_basis: What really made the paths: a method, `mean_of_days` (under two
            weeks of history), `under_7_days` (nothing did), or `month_is_over`.
        quantiles_usd: Sum of the days ahead at 10, 50 and 90 %, US dollars, not
            rounded; None where history is too short.
        scores: What rolling origins found; None where history is too short.
        is_chosen: Of the two methods, the one to show.
    """

    method: str
    method_basis: str
    quantiles_usd: tuple[float, float, float] | None
    scores: Scores | None
    is_chosen: bool


def remainders(
    series: Doubles, days_ahead: int, methods: tuple[str, ...] = METHODS
) -> list[Remainder]:
    """Forecast the sum of the days ahead by each method, and choose one.

    Args:
        series: Cost of each UTC day, US dollars, oldest first, zero where nothing was
            spent. Days before the first cost tell nothing and are left out.
        days_ahead: Days to forecast; 0 where the month is over.
        methods: Which to try; the first is chosen unless another beats it.

    Returns:
        One a method, in their order. The same input gives the same output.
    """
    spent = np.flatnonzero(series)
    lived = series[spent[0] :] if len(spent) else series
    scores: dict[str, Scores | None] = dict.fromkeys(methods)
    if days_ahead > 0 and len(lived) >= WEEK:
        scores = {method: scored(method, lived, days_ahead) for method in methods}
    chosen = _chosen(scores)
    return [
        Remainder(
            method,
            *_summed(method, lived, days_ahead, scores[method]),
            scores=scores[method],
            is_chosen=method == chosen,
        )
        for method in methods
    ]


def _chosen(scores: dict[str, Scores | None]) -> str:
    """What loses less on sums like the one that is wanted; a tie is no reason."""
    naive, level = scores[SEASONAL_NAIVE], scores.get(LOCAL_LEVEL)
    is_better = naive and level and level.pinball_usd < naive.pinball_usd
    return LOCAL_LEVEL if is_better else SEASONAL_NAIVE


def _summed(
    method: str, history: Doubles, days_ahead: int, scores: Scores | None
) -> tuple[str, tuple[float, float, float] | None]:
    """What made the paths, and quantiles of their sums, spread as the past asks for."""
    if days_ahead == 0:
        return MONTH_IS_OVER, (0.0, 0.0, 0.0)
    if len(history) < WEEK:
        return TOO_SHORT, None
    paths, basis = sample_paths(method, history, days_ahead)
    sums = paths.sum(axis=0)
    middle = np.median(sums)
    factor = scores.spread_factor if scores else 1.0
    spread = np.maximum(middle + factor * (sums - middle), 0)
    low, half, high = np.quantile(spread, QUANTILES)
    return basis, (float(low), float(half), float(high))
