"""A run may be killed at any point: the next night's books are those of one unharmed.

Runs die by SIGKILL right before each durable step of load, build, audit and publish,
and right after the last; the steps are found by counting what a whole run does
(`killed.py`), over a first night and over a second one on top of it. After each kill
readers see the old books or the new ones, whole. After a clean night every mart is
equal, row for row, apart from `fct_loads.landed_at`, and nothing is left over.
`make test` takes ten of the points; `make soak` all of them, and random moments.
"""

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest

from tests.nightly.crash_lab import COMMANDS, Lab

# Of each command of each night: which of its points, as shares of the way through.
A_FEW = {
    (1, "load"): [0.9],
    (1, "build"): [0.6],
    (1, "publish"): [0.8],
    (2, "load"): [0.3, 0.7],
    (2, "build"): [0.3, 0.8],
    (2, "audit"): [0.85],
    (2, "publish"): [0.5, 1.0],
}
MOMENTS = 20


def in_turns(labs, things, survive):
    """What went wrong with each thing, the labs working side by side."""
    waiting = list(reversed(things))

    def work(lab):
        found = []
        while waiting:
            thing = waiting.pop()
            try:
                found += survive(lab, thing)
            except Exception as error:  # the other points are still of interest
                found.append(f"{thing}: {error!r}")
        return found

    with ThreadPoolExecutor(len(labs)) as pool:
        return list(chain.from_iterable(pool.map(work, labs)))


def test_load_build_and_publish_have_at_least_ten_durable_steps_each(labs):
    for command in ("load", "build", "publish"):
        for night in (1, 2):
            names = set(labs[0].steps[night, command])
            assert len(names) >= 10, (night, command, names)


def test_the_second_night_changes_the_books_of_the_first(labs):
    first, second = labs[0].books[1], labs[0].books[2]
    assert len(first["usage.fct_attempts"]) == 5
    assert len(second["usage.fct_attempts"]) == 9
    # The correction of the directory reaches back.
    assert not set(first["usage.fct_attempts"]) <= set(second["usage.fct_attempts"])


def test_a_run_killed_at_one_of_ten_points_loses_and_repeats_nothing(labs):
    points = []
    for (night, command), shares in A_FEW.items():
        there = labs[0].points(night, command)
        points += [there[round(share * (len(there) - 1))] for share in shares]
    assert len(points) == 10
    assert in_turns(labs, points, Lab.survive) == []


@pytest.mark.soak
def test_a_run_killed_at_any_durable_step_loses_and_repeats_nothing(labs, capsys):
    points = [
        point
        for night in (1, 2)
        for command in COMMANDS
        for point in labs[0].points(night, command)
    ]
    with capsys.disabled():
        print(f"\n{len(points)} points")
    assert len(points) >= 50
    assert in_turns(labs, points, Lab.survive) == []


@pytest.mark.soak
def test_a_night_killed_at_any_moment_loses_and_repeats_nothing(labs, capsys):
    seed = int(os.environ.get("TOLLBOOK_SEED", time.time_ns() % 10**6))
    rng = random.Random(seed)  # noqa: S311
    moments = [(night, rng.random()) for night in (1, 2) for _ in range(MOMENTS)]
    wrong = in_turns(labs, moments, lambda lab, at: lab.survive_a_moment(*at))
    killed = sum(lab.killed_count for lab in labs)
    with capsys.disabled():
        print(f"\n{killed} of {len(moments)} killed, TOLLBOOK_SEED={seed}")
    assert wrong == [], seed
    assert killed >= MOMENTS
