"""Sample paths: what the next days might cost, told many times over.

A path is one way the coming days may go. Sums of days are taken path by path, since
days go wrong together: the 90 % days of a month do not add up to its 90 % sum.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

SEASONAL_NAIVE = "seasonal_naive"
ETS_LOG = "ets_log"
METHODS = (SEASONAL_NAIVE, ETS_LOG)

# What the paths were really made of, where history allowed no more.
MEAN_OF_DAYS = "mean_of_days"
WEEK = 7
# A model of weekdays needs each of them three times.
_ETS_FROM_DAYS = 3 * WEEK
# Older days are of another year's habits, and cost time.
_WINDOW = 16 * WEEK
_PATHS = 400
_SEED = 20260401
# Of a mean day: what a day without cost stands at on the log scale.
_OFFSET = 0.02


def sample_paths(method: str, history: Doubles, days: int) -> tuple[Doubles, str]:
    """Draw what the next days might cost.

    Args:
        method: One of `METHODS`.
        history: Cost of each day, oldest first, none missing; seven or more.
        days: How many to look ahead, one or more.

    Returns:
        (days, paths) of costs, and what they were made of: the method, or the simpler
        one that a short or difficult history fell back to. A day of a path may be
        below zero: kept above it, days of many zeros would add up to too much.
    """
    recent = history[-_WINDOW:]
    if len(recent) < 2 * WEEK:
        return _of_mean(recent, days), MEAN_OF_DAYS
    if method == ETS_LOG and len(recent) >= _ETS_FROM_DAYS and _varies(recent):
        paths = _of_ets(recent, days)
        if paths is not None:
            return paths, ETS_LOG
    return _of_last_week(recent, days), SEASONAL_NAIVE


def _varies(history: Doubles) -> bool:
    """Whether weeks differ; where they never did, the last one says it all."""
    return bool(np.any(history[WEEK:] != history[:-WEEK]))


def _of_mean(history: Doubles, days: int) -> Doubles:
    """Any day may come again, whatever its weekday."""
    return _generator().choice(history, size=(days, _PATHS))


def _of_last_week(history: Doubles, days: int) -> Doubles:
    """The last week again, and each next one a past change away from the one before."""
    changes = history[WEEK:] - history[:-WEEK]
    changes = changes - changes.mean()
    steps = _generator().choice(changes, size=(-(-days // WEEK), WEEK, _PATHS))
    weeks = history[-WEEK:][None, :, None] + np.cumsum(steps, axis=0)
    return np.asarray(weeks.reshape(-1, _PATHS)[:days])


def _of_ets(history: Doubles, days: int) -> Doubles | None:
    """Level and weekdays that drift, on the log scale; None where nothing fits."""
    # In mean days: the currency must not decide where the search ends.
    mean_day = history.mean()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            logs = np.log(history / mean_day + _OFFSET)
            paths = (np.exp(_simulated(logs, days)) - _OFFSET) * mean_day
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        return None
    # A level that runs away has learnt from an accident.
    is_sound = np.isfinite(paths).all() and np.median(paths) <= 10 * history.max()
    return paths if is_sound else None


def _simulated(logs: Doubles, days: int) -> Doubles:
    # Imported here: it takes a second that a young warehouse need not wait for.
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    model: Any = ETSModel(
        logs, error="add", seasonal="add", seasonal_periods=WEEK,
        initialization_method="heuristic",
    )  # fmt: skip
    fitted = model.fit(disp=False, maxiter=60)
    drawn = fitted.simulate(
        days, anchor="end", repetitions=_PATHS, random_errors="bootstrap",
        rng=_generator(),
    )  # fmt: skip
    return np.asarray(drawn, dtype=np.float64).reshape(days, _PATHS)


def _generator() -> np.random.Generator:
    """The same draws each time: equal books give equal forecasts."""
    return np.random.default_rng(_SEED)
