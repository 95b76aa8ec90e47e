"""Readers see a whole book, always: no error, no mixture, and the new one at once.

Two processes query the published file in a loop, with new connections and with old
ones that they keep, while a hundred books are published: by the publish alone in
`make test`, by a hundred nights in `make soak`. Every mart of a book tells its number.
"""

import json
import os
import subprocess
import sys
from contextlib import contextmanager

import duckdb
import pytest

from nightly.publish import mart_names, publish
from tests.conftest import PROJECT, ndjson, published
from tests.nightly.two_nights import call

BOOKS = 100
# Runs that are as old as if the grace were over. No reader takes that long to open one.
OLD = 20


@contextmanager
def readers(home, sql, count=2):
    """Looping readers; what they saw is in the list when they have ended."""
    command = [sys.executable, "-m", "tests.nightly.reader"]
    running = [
        subprocess.Popen(
            [*command, str(home.published / "tollbook.duckdb"), sql],
            cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for _ in range(count)
    ]  # fmt: skip
    seen = []

    def ask():
        for process in running:
            process.stdin.write("\n")
            process.stdin.flush()
        return [int(process.stdout.readline()) for process in running]

    yield ask, seen
    seen += [json.loads(process.communicate()[0]) for process in running]


def check(seen, numbers):
    for reader in seen:
        assert reader["wrong"] == []
        assert reader["numbers"] == numbers
        # It did read between publishes, and not only when asked.
        assert reader["queries"] > 3 * len(numbers)


def test_a_hundred_publishes_under_looping_readers(home, book):
    counts = ", ".join(
        f"(select count(*) from {area}.{name})" for area, name in mart_names()
    )

    def publish_book(number):
        book(number, str(number))
        with duckdb.connect(str(home.warehouse)) as con:
            for area, name in mart_names():
                con.execute(f"create schema if not exists {area}")
                con.execute(
                    f"create or replace table {area}.{name} as from range({number})"
                )
        assert publish(home).is_new
        runs = sorted((home.path / ".published").glob("*Z-*"))
        for run in runs[:-OLD]:
            os.utime(run, (0, 0))
        assert len(runs) <= OLD + 2

    publish_book(1)
    with readers(home, f"select {counts}") as (ask, seen):
        assert ask() == [1, 1]
        for number in range(2, BOOKS + 1):
            publish_book(number)
            assert ask() == [number, number]
    check(seen, list(range(1, BOOKS + 1)))


def test_who_followed_the_link_before_a_publish_opens_the_old_book(home, book):
    book(1, "1")
    publish(home)
    followed = home.published.resolve() / "tollbook.duckdb"
    for number in range(2, 8):
        book(number, str(number))
        publish(home)
    with duckdb.connect(str(followed), read_only=True) as con:
        assert con.execute("select count(*) from usage.fct_attempts").fetchall() == [
            (1,)
        ]


@pytest.mark.soak
def test_a_hundred_nights_under_looping_readers(labs, capsys):
    lab = labs[0]
    lab.restore("told")
    # The story landed as many files as it has attempts; each night brings one of each.
    sql = """
        select
            (select count(*) from usage.fct_attempts),
            (select count(*) from usage.fct_logical_requests),
            (select sum(attempt_count)::bigint from usage.agg_usage_hourly),
            (select count(*) from quality.fct_loads)
    """
    ((first, *_),) = published(lab.home, sql)
    with readers(lab.home, sql) as (ask, seen):
        assert ask() == [first, first]
        for number in range(first + 1, first + BOOKS + 1):
            file = lab.home.inbox / "litellm" / f"{number}.ndjson"
            file.write_bytes(ndjson(call(f"n{number}", 7 * 3600 + number)))
            lab.succeed("nightly")
            assert ask() == [number, number]
    with capsys.disabled():
        print(f"\n{sum(reader['queries'] for reader in seen)} queries")
    check(seen, list(range(first, first + BOOKS + 1)))
