"""One thing to measure, in a process of its own.

`python -m benchmarks.steps NAME HOME` prints seconds by part as JSON; imports are
not counted.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from loaders.home import Home, open_home
from loaders.inbox import load_inbox
from nightly import build as building
from nightly.dbt import Dbt
from nightly.night import night

_BY_HAND = Path(__file__).with_name("books_by_hand.sql")
Seconds = dict[str, float]


def load(home: Home) -> Seconds:
    """Land what lies in the inbox."""
    began = time.perf_counter()
    outcomes = load_inbox(home)
    seconds = time.perf_counter() - began
    assert {outcome.status for outcome in outcomes} == {"landed"}, outcomes
    return {"load": seconds}


def build(home: Home) -> Seconds:
    """Build everything anew; dbt's parsing of the project apart."""
    parsing = 0.0

    class Timed(Dbt):
        def __init__(self, *args: Any, **options: Any) -> None:
            nonlocal parsing
            began = time.perf_counter()
            super().__init__(*args, **options)
            parsing += time.perf_counter() - began

    building.Dbt = Timed  # type: ignore[misc]
    began = time.perf_counter()
    building.build(home, full=True)
    return {"build": time.perf_counter() - began - parsing, "parse": parsing}


def script(home: Home) -> Seconds:
    """The same tables by one hand-written script, in `build/by_hand.duckdb`."""
    target = home.build / "by_hand.duckdb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    began = time.perf_counter()
    with duckdb.connect(str(target)) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("set preserve_insertion_order = false")
        con.execute(f"set variable lake = '{home.lake}'")
        con.execute(_BY_HAND.read_text())
        con.execute("checkpoint")
    return {"build": time.perf_counter() - began}


def whole_night(home: Home) -> Seconds:
    """A night as the scheduler runs it, by its own clock."""
    done = night(home)
    assert done.exit_code == 0, done
    return done.seconds


STEPS: dict[str, Callable[[Home], Seconds]] = {
    "load": load, "build": build, "script": script, "night": whole_night,
}  # fmt: skip

if __name__ == "__main__":
    seconds = STEPS[sys.argv[1]](open_home(Path(sys.argv[2])))
    print(json.dumps(seconds))
