"""Many random worlds in one home, night by night, and all of it again at once."""

import hashlib
import os
import random
import re
import subprocess
import sys
from collections import Counter

import duckdb

from loaders.home import open_home
from loaders.ledger import Ledger
from tests.conftest import PROJECT, tollbook
from tests.nightly.world_books import Books
from tests.nightly.world_deliveries import Nights, at_once
from tests.nightly.world_files import Inbox
from tests.nightly.worlds import NIGHTS, calendar, random_world

WORLDS = 250
KEY = {"TOLLBOOK_PSEUDONYM_KEY": "ab" * 32}
GATEWAYS = ("g1", "g2")
# A record without an id has one that only the loaders know.
ID = "case when id_basis = 'content' then trace_id else request_id end"
ATTEMPTS = f"""
    select gateway, {ID}, requested_at,
        case when id_basis = 'content' then trace_id else logical_request_id end,
        logical_requested_at, attempt_no, recorded_attempt_count,
        input_uncached_tokens, output_tokens, logged_cost_usd,
        team_id, organization_id, cost_center_id
    from usage.fct_attempts
"""
REQUESTS = """
    select gateway,
        case when regexp_matches(logical_request_id, '^[0-9a-f]{32}')
            then trace_id else logical_request_id end,
        requested_at, recorded_attempt_count, outcome, logged_cost_usd,
        team_id, organization_id, cost_center_id
    from usage.fct_logical_requests
"""
SUMS = """
    select gateway, date_trunc('day', requested_at)::timestamp, count(*),
        coalesce(sum(input_uncached_tokens), 0)::bigint,
        coalesce(sum(output_tokens), 0)::bigint, sum(logged_cost_usd)
    from usage.fct_attempts group by all
"""
BREAK = """
import os, sys
from pathlib import Path
from loaders.home import open_home
from loaders.inbox import load_inbox
from nightly.build import build
from nightly.dbt import Dbt
home = open_home(Path(sys.argv[1]))
load_inbox(home)
run, count = Dbt.run, iter(range(99))
def run_or_fail(dbt, *arguments, **selection):
    if next(count) == int(sys.argv[2]):
        os._exit(9) if sys.argv[3] == "killed" else sys.exit(9)
    run(dbt, *arguments, **selection)
Dbt.run = run_or_fail
build(home)
"""


class Country:
    """Many worlds, their two homes, and what both must say."""

    def __init__(self, seed, only, folder):
        self.seed, self.rng = seed, random.Random(seed)  # noqa: S311
        self.calendar = calendar(self.rng)
        names = [only] if only else [f"w{number}" for number in range(WORLDS)]
        self.worlds = [
            random_world(name, f"{seed}:{name}", self.calendar) for name in names
        ]
        self.seen = set()
        self.home, self.other = open_home(folder / "nights"), open_home(folder / "once")
        self.inboxes = {w.name: Inbox(self.home.inbox, w.rng) for w in self.worlds}
        self.nights = {w.name: Nights(w, self.inboxes[w.name]) for w in self.worlds}

    def settle(self, home, night):
        """The rules of a home in a night."""
        first, second = self.calendar.zones
        zone = second if night >= self.calendar.zone_night else first
        home.path.mkdir(exist_ok=True)
        (home.path / "tollbook.toml").write_text(
            "[night]\nmax_rejected_ratio = 1.0\n"
            + "[prices]\nlibrary = false\n"
            + "[[inbox]]\nglob = 'naive/*'\ngateway = 'g1'\n"
            + f"timezone = 'Etc/GMT{-zone:+}'\n"
            + "".join(f"[[inbox]]\nglob = '{g}/*'\ngateway = '{g}'\n" for g in GATEWAYS)
        )
        return zone

    def night(self, night):
        zone = self.settle(self.home, night)
        for world in self.worlds:
            self.nights[world.name].bring(night)
        files = (path for path in self.home.inbox.rglob("*") if path.is_file())
        self.seen |= {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        if night == self.calendar.broken_night:
            self.broken_build()
            return
        # Most nights without their audit: it takes longer than the rest.
        is_last = night == NIGHTS[-1]
        self.run(self.home, *(("nightly",) if is_last else ("load", "build")))
        self.check_loads()
        self.check_books(night, zone)

    def run(self, home, *commands):
        for command in commands:
            done = tollbook(home, *command.split(), **KEY)
            assert done.returncode == 0, (
                f"WORLD={self.seed}: {done.stdout}{done.stderr}"
            )

    def broken_build(self):
        after, how = self.rng.choice([1, 2]), self.rng.choice(["killed", "failed"])
        done = subprocess.run(
            [sys.executable, "-c", BREAK, str(self.home.path), str(after), how],
            cwd=PROJECT, env={**os.environ, **KEY},
        )  # fmt: skip
        assert done.returncode == 9

    def check_loads(self):
        """Every file is in the ledger, with the counts that were written into it."""
        expected = {}
        for inbox in self.inboxes.values():
            expected |= inbox.expected
        entries = Ledger(self.home.lake).entries.values()
        assert {entry.source_sha256 for entry in entries} == self.seen
        for entry in entries:
            read, broken = expected[entry.source_sha256]
            found = entry.read_count, entry.quarantined_count, entry.landed_count
            assert found == (read, broken, read - broken), self.at(entry.source_path)
            assert entry.ignored_count == 0

    def check_books(self, night, zone):
        attempts, requests, sums = Counter(), Counter(), Counter()
        for world in self.worlds:
            brought = self.nights[world.name].brought
            books = Books(world, brought, zone, night)
            attempts += books.fct_attempts()
            requests += books.fct_logical_requests()
            for key, values in books.sums().items():
                for place, value in enumerate(values):
                    sums[*key, place] += value
        self.same(
            f"night {night} attempts", attempts, Counter(ask(self.home, ATTEMPTS))
        )
        self.same(
            f"night {night} requests", requests, Counter(ask(self.home, REQUESTS))
        )
        found = {
            (gateway, day, place): value
            for gateway, day, *values in ask(self.home, SUMS)
            for place, value in enumerate(values)
        }
        assert found == sums, f"WORLD={self.seed} night {night}"

    def same(self, what, expected, found):
        """Two tables are equal; else the first rows that differ, and whose they are."""
        if expected == found:
            return
        lines = [
            f"{sign} {row} × {count}"
            for sign, rows in (
                ("missing", expected - found),
                ("surplus", found - expected),
            )
            for row, count in sorted(rows.items(), key=repr)[:4]
        ]
        raise AssertionError("\n".join([self.at(what, *lines), *lines]))

    def at(self, what, *lines):
        worlds = sorted(set(re.findall(r"\bw\d+(?=-)", " ".join([what, *lines]))))
        which = ", ".join(f"WORLD={self.seed}:{world}" for world in worlds)
        return f"{what}; again with {which or f'WORLD={self.seed}'}"

    def at_once(self):
        self.settle(self.other, NIGHTS[-1])
        for world in self.rng.sample(self.worlds, len(self.worlds)):
            at_once(world, Inbox(self.other.inbox, world.rng))
        self.run(self.other, "nightly")


def ask(home, sql):
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        return con.execute(sql).fetchall()
