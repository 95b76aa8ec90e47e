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
LOCAL_LEVEL = "local_level"
METHODS = (SEASONAL_NAIVE, LOCAL_LEVEL)

# What the paths were really made of, where history allowed no more.
MEAN_OF_DAYS = "mean_of_days"
WEEK = 7
# A model of weekdays needs each of them three times.
_LEVEL_FROM_DAYS = 3 * WEEK
# Older days tell more of how things were than of how they are.
_WINDOW = 8 * WEEK
_PATHS = 400
_SEED = 20260401
# Of a mean day: what a day without cost stands at on the log scale.
_OFFSET = 0.2


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
    if method == LOCAL_LEVEL and len(recent) >= _LEVEL_FROM_DAYS and _varies(recent):
        paths = _of_level(recent, days)
        if paths is not None:
            return paths, LOCAL_LEVEL
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


def _of_level(history: Doubles, days: int) -> Doubles | None:
    """A level that wanders and weekdays that stay, on the log scale; None: no fit."""
    # In mean days: the currency must not decide where the search ends.
    mean_day = history.mean()
    logs = np.log(history / mean_day + _OFFSET)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            paths = (np.exp(_simulated(logs, days)) - _OFFSET) * mean_day
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        return None
    # A level that runs away has learnt from an accident.
    is_sound = np.isfinite(paths).all() and np.median(paths) <= 10 * history.max()
    return paths if is_sound else None


def _simulated(logs: Doubles, days: int) -> Doubles:
    # Imported here: it takes a second that a young warehouse need not wait for.
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    model: Any = UnobservedComponents(
        logs, level="local level", seasonal=WEEK, stochastic_seasonal=False
    )
    # Powell's search ends where the default one gives up; nothing reads covariances.
    fitted = model.fit(disp=False, method="powell", maxiter=50, cov_type="none")
    noise, drift = np.sqrt(fitted.params)
    generator = _generator()
    # What is not known of level and weekdays goes into the paths as well. statsmodels'
    # own simulation takes longer than the fit.
    states = generator.multivariate_normal(
        fitted.predicted_state[:, -1], fitted.predicted_state_cov[:, :, -1],
        size=_PATHS, method="eigh",
    ).T  # fmt: skip
    drawn = np.empty((days, _PATHS))
    for day in range(days):
        drawn[day] = model.ssm["design"][0] @ states
        states = model.ssm["transition"] @ states
        states[0] += drift * generator.standard_normal(_PATHS)
    return np.asarray(drawn + noise * generator.standard_normal(drawn.shape))


def _generator() -> np.random.Generator:
    """The same draws each time: equal books give equal forecasts."""
    return np.random.default_rng(_SEED)
