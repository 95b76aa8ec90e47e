"""What a build on Spark builds anew, and what not; Spark itself is not started."""

from datetime import date

import pytest

from loaders.errors import BuildFailed, NotPublished
from nightly import spark
from tests.conftest import ndjson, record

TEAMS = b"team_id,organization_id,valid_from\nteam-a,org-a,2026-01-01\n"


@pytest.fixture
def build(home, monkeypatch):
    """Build with a dbt that does nothing; which days, and whether it was all."""

    class Idle:
        batch_size = "day"

        def __init__(self, *_, **__):
            pass

        def run(self, *_, **__):
            pass

        run_operation = close = run

    monkeypatch.setattr(spark, "Dbt", Idle)
    monkeypatch.setattr(spark, "spark_version", lambda: "4")

    def build(full=False):
        done = spark.build_on_spark(home, full, lambda line: None)
        return done.is_full, {day.isoformat() for day in done.days}

    build.dbt = Idle
    return build


def on(day, call="a"):
    return ndjson(record(call, startTime=f"{day} 12:00:00", endTime=None))


@pytest.fixture
def april(load, build):
    """Two loads of days far apart, built: all of April."""
    load(on("2026-04-01"), "a")
    load(on("2026-04-20", "b"), "b")
    is_full, days = build()
    assert is_full
    assert days == {date(2026, 4, day).isoformat() for day in range(1, 31)}


def test_the_same_lake_is_not_built_again(april, build):
    assert build() == (False, set())
    assert build(full=True)[0]


def test_a_load_has_its_days_and_those_beside_built(april, load, build):
    load(on("2026-04-21", "c"), "c")
    assert build() == (False, {"2026-04-20", "2026-04-21"})


def test_a_load_of_the_directory_has_everything_built(april, load, build):
    load(TEAMS, "directory_teams.csv")
    assert build()[0]
    assert build() == (False, set())


def test_a_changed_rule_table_has_everything_built(april, home, build):
    rules = home.path / "seeds" / "costs"
    rules.mkdir(parents=True)
    (rules / "provider_aliases.csv").write_text("provider,provider_id\nx,y\n")
    assert build()[0]
    assert build() == (False, set())
    (rules / "provider_aliases.csv").unlink()
    assert build()[0]


def test_a_load_that_left_the_ledger_has_everything_built(april, home, build):
    next((home.lake / "_loads").glob("*.json")).unlink()
    assert build()[0]


def test_other_settings_have_everything_built(april, build, monkeypatch):
    monkeypatch.setattr(spark, "code_hash", lambda: "other")
    assert build()[0]


def test_a_build_that_failed_is_followed_by_one_of_everything(
    april, home, load, build, monkeypatch
):
    def fail(*_, **__):
        raise BuildFailed("no")

    load(on("2026-04-21", "c"), "c")
    with monkeypatch.context() as broken:
        broken.setattr(build.dbt, "run", fail)
        with pytest.raises(BuildFailed):
            build()
    with pytest.raises(NotPublished, match="no build is complete"):
        spark.audit_on_spark(home)
    assert build()[0]
    assert build() == (False, set())
