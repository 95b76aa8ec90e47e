"""Nothing lost and nothing twice: random worlds, in any order and delivered again.

Files of many worlds lie in one inbox and go through the real loaders. After each night
the books are what a plain reading of the records says; in the end they are the same as
one full build of the lake, and as a second home that got the same records in other
files at once.

A failure names its worlds: `WORLD=<seed>` in the environment draws all of them again,
`WORLD=<seed>:w12` one alone.
"""

from collections import Counter

import pytest

from tests.conftest import published
from tests.nightly.world_country import Country
from tests.nightly.world_sums import unequal_sums
from tests.nightly.worlds import NIGHTS

# Differs where files do.
OF_FILES = "quality."


def every_mart(home):
    tables = published(
        home, "select schema_name || '.' || table_name from duckdb_tables()"
    )
    assert len(tables) > 10
    return {name: Counter(published(home, f"from {name}")) for (name,) in tables}


def prove(seed, only, folder):
    country = Country(seed, only, folder)
    for night in NIGHTS:
        country.night(night)
    by_night = every_mart(country.home)
    country.run(country.home, "build --full", "audit --full", "publish")
    in_full = every_mart(country.home)
    country.at_once()
    at_once = every_mart(country.other)
    assert by_night.keys() == in_full.keys() == at_once.keys()
    for name, rows in in_full.items():
        country.same(f"{name} night by night", rows, by_night[name])
        if not name.startswith(OF_FILES):
            country.same(f"{name} at once", rows, at_once[name])
    return country


def test_books_depend_on_what_was_delivered_and_not_on_how(seed, tmp_path):
    number, _, only = seed.partition(":")
    country = prove(number, only, tmp_path)
    unequal = list(unequal_sums(lambda sql: published(country.home, sql)))
    assert not unequal, country.at("sums", *unequal)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(20))
def test_books_depend_on_what_was_delivered_in_thousands_of_worlds(
    seed, number, tmp_path
):
    test_books_depend_on_what_was_delivered_and_not_on_how(f"{seed}{number}", tmp_path)
