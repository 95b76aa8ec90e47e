"""Homes of two nights before each step, and what became of them after a kill."""

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loaders.home import Home, open_home
from loaders.ledger import Ledger
from loaders.seed_tables import TABLES
from loaders.streams import STREAMS
from nightly.publish import mart_names
from nightly.status import status
from tests.conftest import PROJECT, published
from tests.nightly.two_nights import write_night

COMMANDS = ("load", "build", "audit", "publish")
KILLED = -9
# What differs between steps of one kind, of which the first and the last are enough.
_VARIES = re.compile(
    r"[0-9a-f]{32}|\d{4}-\d\d-\d\d|\d{8}T\d{6}Z-\d+|part_\d+|model\.\w+\.\w+"
    rf"|{'|'.join(sorted(STREAMS, key=len, reverse=True))}"
)
Books = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Point:
    """Where a run dies: right before a durable step of a command, or after its last.

    Nothing durable lies between the end of a step and the next, so this is before and
    after every step.
    """

    night: int
    command: str
    number: int
    when: str
    name: str

    def __str__(self) -> str:
        return f"night {self.night} {self.command} {self.when} {self.name}"


def books(home: Home) -> Books:
    """Every published mart, row for row; {} where none are.

    Without `fct_loads.landed_at`, the wall clock of the run that landed the file. All
    other columns are equal whenever a run was killed.
    """
    if not (home.published / "tollbook.json").exists():
        return {}
    return {
        f"{area}.{name}": published(
            home,
            f"select * {'exclude (landed_at)' if name == 'fct_loads' else ''} "
            f"from {area}.{name} order by all",
        )
        for area, name in mart_names()
    }


class Lab:
    """One home at a time, restored to a moment of a story that was never interrupted.

    Attributes:
        steps: Durable steps of (night, command), by name, as the story took them.
        books: Books after each night.
        seconds: How long each night took.
        killed_count: Runs that were killed at some moment before they ended.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.home = open_home(folder / "home")
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.nightly.killed"], cwd=PROJECT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.steps: dict[tuple[int, str], list[str]] = {}
        self.books: dict[int, Books] = {0: {}}
        self._with_key: dict[bytes, dict[int, Books]] = {}
        self.seconds: dict[int, float] = defaultdict(float)
        self.killed_count = 0

    def close(self) -> None:
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.wait(60)

    def run(self, *arguments: str, **order: Any) -> int:
        """One command in a child; its exit code, or minus the signal that ended it."""
        order |= {"home": str(self.home.path), "arguments": arguments}
        order["log"] = str(self._folder / "log.txt")
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        done = json.loads(self._server.stdout.readline())
        self.took = done["took"]
        return done["code"]

    @property
    def log(self) -> str:
        """What the last command printed."""
        return (self._folder / "log.txt").read_text()

    def succeed(self, *arguments: str, **order: Any) -> None:
        """One command that must end with 0."""
        code = self.run(*arguments, **order)
        assert code == 0, f"{arguments} ended with {code}: {self.log}"

    def tell(self) -> None:
        """Live through both nights unharmed, keeping the home before each step."""
        self.restore(None)
        for night in (1, 2):
            write_night(self.home.inbox, night)
            for command in COMMANDS:
                self._keep(f"{night}-{command}")
                self.succeed(command, at=-1, seed=0)
                steps = (self._folder / "log.steps").read_text().splitlines()
                self.steps[night, command] = steps
                self.seconds[night] += self.took
            self.books[night] = books(self.home)
        self._keep("told")
        self._with_key = {self._key(): self.books}

    def share(self, other: "Lab") -> None:
        """Know the story that another lab told."""
        self.steps, self.books = other.steps, other.books
        self.seconds = other.seconds
        self._with_key = other._with_key
        shutil.copytree(
            other._folder / "kept", self._folder / "kept", symlinks=True,
            dirs_exist_ok=True,
        )  # fmt: skip

    def _keep(self, moment: str) -> None:
        shutil.copytree(
            self.home.path, self._folder / "kept" / moment, symlinks=True,
            ignore=shutil.ignore_patterns("dbt", ".lock"),
        )  # fmt: skip

    def restore(self, moment: str | None) -> None:
        """Make the home as it was; dbt's parse stays, for it takes seconds."""
        dbt, beside = self.home.build / "dbt", self._folder / "dbt"
        if dbt.exists():
            dbt.rename(beside)
        shutil.rmtree(self.home.path, ignore_errors=True)
        if moment is None:
            self.home.path.mkdir()
        else:
            kept = self._folder / "kept" / moment
            shutil.copytree(kept, self.home.path, symlinks=True)
        self.home.build.mkdir(exist_ok=True)
        beside.mkdir(exist_ok=True)
        beside.rename(dbt)

    def expected(self, night: int) -> Books:
        """Books after a night, made with the key that the home has now."""
        key = self._key()
        if key not in self._with_key:
            after: dict[int, Books] = {}
            aside = self.home.path.rename(self._folder / "aside")
            self.restore(None)
            (self.home.path / "secrets").mkdir(mode=0o700)
            file = self.home.path / "secrets" / "pseudonym.key"
            file.write_bytes(key)
            file.chmod(0o600)
            for number in (1, 2):
                write_night(self.home.inbox, number)
                self.succeed("nightly")
                after[number] = books(self.home)
            shutil.rmtree(self.home.path)
            aside.rename(self.home.path)
            # Whole at once: another lab may look.
            self._with_key[key] = after
        return {0: {}, **self._with_key[key]}[night]

    def _key(self) -> bytes:
        return (self.home.path / "secrets" / "pseudonym.key").read_bytes()

    def points(self, night: int, command: str) -> list[Point]:
        """Where to kill a command: at every kind of step, and after its last step."""
        steps = self.steps[night, command]
        kinds: dict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(steps):
            kinds[_VARIES.sub("*", name)].append(number)
        chosen = {n for some in kinds.values() for n in (some[0], some[-1])}
        found = [Point(night, command, n, "before", steps[n]) for n in sorted(chosen)]
        last = len(steps) - 1
        return [*found, Point(night, command, last, "after", steps[last])]

    def survive(self, point: Point) -> list[str]:
        """Kill a command at a point, run a clean night, and say what is wrong."""
        self.restore(f"{point.night}-{point.command}")
        code = self.run(point.command, at=point.number, when=point.when, seed=0)
        if code != KILLED:
            return [f"{point}: not killed but {code}: {self.log}"]
        return [f"{point}: {wrong}" for wrong in self.wrong_after_kill(point.night)]

    def survive_a_moment(self, night: int, share: float) -> list[str]:
        """Kill a whole night after a share of the time that it took in the story."""
        self.restore(f"{night}-load")
        seconds = share * self.seconds[night]
        code = self.run("nightly", kill_after_s=seconds, seed=0)
        self.killed_count += code == KILLED
        where = f"night {night} after {seconds:.3f} s ({code})"
        return [f"{where}: {wrong}" for wrong in self.wrong_after_kill(night)]

    def wrong_after_kill(self, night: int) -> list[str]:
        """What readers see now, and what they and the lake see after a clean night."""
        seen = books(self.home)
        before = self.books[night - 1]
        wrong = []
        if seen != before and seen != self.expected(night):
            wrong.append("readers of the killed run saw a mixed book")
        # With another seed: a key that was used and lost would not come back.
        code = self.run("nightly", seed=1)
        if code != 0:
            return [*wrong, f"the next night ended with {code}: {self.log}"]
        now, expected = books(self.home), self.expected(night)
        wrong += [f"{name} differs" for name in expected if now[name] != expected[name]]
        return wrong + self.untidy()

    def untidy(self) -> list[str]:
        """Leftovers, and what `status` should not say."""
        home, ledger = self.home, Ledger(self.home.lake)
        wrong = [f"left: {path}" for path in _strangers(home, ledger)]
        found = status(home)
        clean = {
            "is_running": False, "waiting_files": [], "stray_wals": [],
            "unbuilt_loads": 0, "unaudited_days": [], "is_code_current": True,
        }  # fmt: skip
        wrong += [
            f"status: {k} is {found[k]}" for k, v in clean.items() if found[k] != v
        ]
        return wrong + [str(path) for path in ledger.incomplete]


def _strangers(home: Home, ledger: Ledger) -> list[str]:
    """Files of lake, build and publish folders that nobody should find there."""
    known = {f"lake/{f.path}" for entry in ledger.live.values() for f in entry.files}
    known |= {f"lake/{entry.quarantine_path}" for entry in ledger.live.values()}
    known |= {f"lake/_loads/{key}.json" for key in ledger.entries}
    packages = {e.package_id for e in ledger.entries.values() if e.package_size > 1}
    known |= {f"lake/_loads/{package}.package" for package in packages}
    known |= {"lake/pseudonym_key.json", "secrets/pseudonym.key"}
    known |= {f"build/{name}" for name in (
        "tollbook.duckdb", "audit.json", "night.json",
        "ledger/loads.parquet", "ledger/load_days.parquet",
    )}  # fmt: skip
    known |= {f"build/seeds/{table.name}.parquet" for table in TABLES}
    there = [
        path.relative_to(home.path).as_posix()
        for folder in ("lake", "build", "secrets")
        for path in (home.path / folder).rglob("*")
        if not path.is_dir() or not any(path.iterdir())
    ]
    strange = [
        name
        for name in there
        if name not in known
        and not name.startswith("build/dbt/")
        and not name.endswith("/contract.parquet")
    ]
    for run in (home.path / ".published").iterdir():
        if sorted(p.name for p in run.iterdir()) != [
            "tollbook.duckdb",
            "tollbook.json",
        ]:
            strange.append(f".published/{run.name}")
    return strange + sorted(known.difference(there) - {"lake/None"})
