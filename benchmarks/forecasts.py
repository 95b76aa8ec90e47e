"""`python -m benchmarks.forecasts`: does the better method beat repeating the week?

From every third day of each series the month's landing is forecast as a night would,
with the days before it alone, and held against what came. Two tables: series by series,
then pooled. Ten minutes on two cores; OMP_NUM_THREADS=1
keeps them out of each other's way.
"""

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.forecast_series import BEGIN, demo_series, drawn_series
from nightly.cost_forecasts import days_of_month
from nightly.forecast import remainders
from nightly.forecast_paths import METHODS, WEEK, Doubles, sample_paths
from nightly.forecast_scores import pinball

_FIRST_ORIGIN, _STEP_DAYS = 28, 3
_WAYS = (*METHODS, "chosen")


@dataclass(frozen=True)
class Trial:
    """One forecast of one landing.

    Attributes:
        mase: By way: error of a day over that of repeating the week before.
        pinball_ratio: By way: pinball loss over a mean day's cost times days ahead.
        is_covered: By way: whether the 80 % interval held what came.
        is_level_chosen: Whether the night would have shown `local_level`.
    """

    mase: dict[str, float]
    pinball_ratio: dict[str, float]
    is_covered: dict[str, bool]
    is_level_chosen: bool


Job = tuple[str, str, Doubles]


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecasts")
    parser.add_argument("--folder", help="where to work; 100 MB")
    parser.add_argument("--days", type=int, default=180)
    parser.add_argument("--seeds", type=int, default=11, help="worlds 1 to this")
    asked = parser.parse_args()
    _print_head()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        jobs = list(_jobs(Path(folder), asked.days, asked.seeds))
    with ProcessPoolExecutor(2) as pool:
        tried = zip(jobs, pool.map(_trials, jobs), strict=True)
        pooled: dict[str, list[Trial]] = {}
        for (group, name, _), trials in tried:
            if not group.endswith("centres"):
                _print_row(f"{group}: {name}", trials)
            pooled.setdefault(group, []).extend(trials)
    print("\nPooled:\n")
    _print_head()
    for group, trials in pooled.items():
        _print_row(group, trials)


def _jobs(folder: Path, days: int, seeds: int) -> Iterator[Job]:
    yield "demo world, 61 days", "seed 1", demo_series(61, 1, folder)["all"]
    centres: list[Job] = []
    for seed in range(1, seeds + 1):
        for name, series in demo_series(days, seed, folder).items():
            if name == "all":
                yield f"worlds, {days} days", f"seed {seed}", series
            elif seed == 1:
                centres.append(("seed 1, cost centres", f"seed {seed} {name}", series))
    for name, series in drawn_series(days):
        yield f"drawn series, {days} days", name, series
    yield from centres


def _trials(job: Job) -> list[Trial]:
    group, _, series = job
    step = 2 * _STEP_DAYS if group.endswith("centres") else _STEP_DAYS
    found = []
    for known in range(_FIRST_ORIGIN, len(series), step):
        today = BEGIN + timedelta(days=known - 1)
        ahead = days_of_month(today) - today.day
        if 0 < ahead <= len(series) - known:
            found.append(_trial(series, known, ahead))
    return found


def _trial(series: Doubles, known: int, ahead: int) -> Trial:
    history, came = series[:known], series[known : known + ahead]
    usual = float(np.mean(np.abs(history[WEEK:] - history[:-WEEK])))
    trial = Trial({}, {}, {}, is_level_chosen=False)
    for found in remainders(history, ahead):
        assert found.quantiles_usd
        said = np.array(found.quantiles_usd)
        paths, _ = sample_paths(found.method, history, ahead)
        error = float(np.mean(np.abs(came - np.median(paths, axis=1))))
        loss = pinball(float(came.sum()), said) / (series.mean() * ahead)
        for way in (found.method, "chosen") if found.is_chosen else (found.method,):
            trial.mase[way] = error / usual
            trial.pinball_ratio[way] = float(loss)
            trial.is_covered[way] = bool(said[0] <= came.sum() <= said[2])
        if found.is_chosen:
            chosen = found.method
    return Trial(
        trial.mase, trial.pinball_ratio, trial.is_covered, chosen != METHODS[0]
    )


def _print_head() -> None:
    measures = ("MASE", "pinball, % of cost", "covered by 80 %")
    heads = [f"{measure}: naive / level / chosen" for measure in measures]
    print("| " + " | ".join(["series", "origins", *heads, "level chosen"]) + " |")
    print("|---" * 6 + "|")


def _print_row(name: str, trials: Iterable[Trial]) -> None:
    rows = list(trials)
    if not rows:
        return
    cells = [
        " / ".join(f"{np.mean([row.mase[way] for row in rows]):.2f}" for way in _WAYS),
        " / ".join(
            f"{np.mean([100 * row.pinball_ratio[way] for row in rows]):.1f}"
            for way in _WAYS
        ),
        " / ".join(
            f"{100 * np.mean([row.is_covered[way] for row in rows]):.0f} %"
            for way in _WAYS
        ),
        f"{100 * np.mean([row.is_level_chosen for row in rows]):.0f} %",
    ]
    print(f"| {' | '.join([name, str(len(rows)), *cells])} |", flush=True)


if __name__ == "__main__":
    main()
