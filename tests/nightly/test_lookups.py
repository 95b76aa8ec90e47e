"""Which days change when what was valid then changes."""

import json

import duckdb
import pytest

from nightly.lookups import (
    LOOKUPS,
    OWNERS,
    SOURCES,
    days_of_changed_lookups,
    remember_lookups,
)
from tests.conftest import ndjson, published, record, tollbook

OPEN = "9999-12-31"
MIDNIGHT = 1775088000  # 2026-04-02 00:00 UTC


@pytest.fixture
def changed(tmp_path):
    """Days found when key k has these versions instead of those; k is used all April.

    A version is its first moment, the moment that it ends before, and a team.
    """

    def changed(before, after):
        warehouse = tmp_path / "tollbook.duckdb"
        warehouse.unlink(missing_ok=True)
        with duckdb.connect(str(warehouse)) as con:
            for schema in ("night", "consumers", "usage", "intermediate"):
                con.execute(f"create schema {schema}")
            con.execute(
                """
                create table usage.agg_usage_hourly as
                select hour_started_at, cast(hour_started_at as date) as event_date,
                    api_key_id, null::varchar as application_id,
                    null::varchar as project_id,
                    null::varchar as team_id, null::varchar as developer_id,
                    null::varchar as organization_id
                from generate_series(
                    timestamp '2026-04-01 10:00', timestamp '2026-04-30 10:00',
                    interval 1 day
                ) as hours(hour_started_at), (values ('k'), (null)) as k(api_key_id)
                """
            )
            con.execute(
                """
                create table usage.fct_attempts as
                select * exclude (hour_started_at), hour_started_at as requested_at,
                    null::varchar as gateway, null::varchar as environment,
                    true as is_counted
                from usage.agg_usage_hourly limit 0
                """
            )
            con.execute(
                "create table intermediate.int_requests_superseded as "
                "select requested_at, event_date, gateway, environment "
                "from usage.fct_attempts"
            )
            con.execute(
                "create table intermediate.int_usage_daily as "
                "select event_date, null::varchar as provider_id, "
                "null::varchar as price_provider_id, "
                "null::varchar as price_model_id, null::varchar as model_name "
                "from usage.fct_attempts"
            )
            for lookup in LOOKUPS:
                keys = " varchar, ".join(lookup.keys)
                dated = "valid_from timestamp, valid_before timestamp, "
                con.execute(
                    f"create table {lookup.schema}.{lookup.table} ({keys} varchar, "
                    f"{dated if lookup.is_dated else ''} says varchar)"
                )
            versions = "insert into consumers.dim_api_keys values ('k', ?, ?, ?)"
            for version in before:
                con.execute(versions, version)
            remember_lookups(con)
            con.execute("delete from consumers.dim_api_keys")
            for version in after:
                con.execute(versions, version)
        return found(warehouse, OWNERS)

    return changed


def found(warehouse, lookups):
    """Days of the month on which these have changed."""
    return [day.day for day in sorted(days_of_changed_lookups(warehouse, lookups))]


ONE = ("2026-01-01", OPEN, "a")


@pytest.mark.parametrize(
    ("before", "after", "days"),
    [
        pytest.param([ONE], [ONE], [], id="nothing"),
        pytest.param([], [ONE], list(range(1, 31)), id="a first version"),
        pytest.param([ONE], [], list(range(1, 31)), id="a version taken back"),
        pytest.param(
            [ONE],
            [("2026-01-01", "2026-04-28", "a"), ("2026-04-28", OPEN, "b")],
            [28, 29, 30],
            id="a successor changes nothing before it",
        ),
        pytest.param(
            [ONE], [("2026-01-01", "2026-04-28", "a")], [28, 29, 30], id="deleted"
        ),
        pytest.param(
            [("2026-01-01", "2026-04-03", "a"), ("2026-04-03", OPEN, "b")],
            [("2026-01-01", "2026-04-05", "a"), ("2026-04-05", OPEN, "b")],
            [3, 4],
            id="a border that moved",
        ),
        pytest.param(
            [("2026-01-01", "2026-04-03", "a"), ("2026-04-05", OPEN, "a")],
            [ONE],
            [3, 4],
            id="a gap that closed",
        ),
        pytest.param(
            [ONE],
            [("2026-01-01", "2026-04-03", "a"), ("2026-04-03", OPEN, "a")],
            [],
            id="the same in two versions",
        ),
        pytest.param(
            [ONE],
            [
                ("2026-01-01", "2026-04-03 10:59:59.999999", "a"),
                ("2026-04-03 10:59:59.999999", "2026-04-04 10:00", "b"),
                ("2026-04-04 10:00", OPEN, "a"),
            ],
            [3],
            id="the hour of the first moment, not of the last",
        ),
        pytest.param(
            [ONE],
            [
                ("2026-01-01", "2026-04-03 11:00", "a"),
                ("2026-04-03 11:00", "2026-04-04 10:00", "b"),
                ("2026-04-04 10:00", OPEN, "a"),
            ],
            [],
            id="between two hours with rows",
        ),
        pytest.param(
            [ONE],
            [("2026-01-01", "2026-05-01", "a"), ("2026-05-01", OPEN, "b")],
            [],
            id="what lies ahead",
        ),
    ],
)
def test_the_days_are_those_with_rows_where_versions_differ(
    changed, before, after, days
):
    assert changed(before, after) == days


@pytest.mark.parametrize("lookup", OWNERS, ids=lambda lookup: lookup.table)
def test_each_owner_is_looked_for_under_its_own_id(changed, tmp_path, lookup):
    changed([], [])
    warehouse = tmp_path / "tollbook.duckdb"
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            f"update usage.agg_usage_hourly set {lookup.keys[0]} = 'x' || event_date"
        )
        # In no hour, but in the books.
        con.execute(
            f"insert into usage.fct_attempts by name "
            "select requested_at, requested_at::date as event_date, is_counted, "
            f"'x2026-04-07' as {lookup.keys[0]} from (values "
            "(timestamp '2026-04-20 10:00', false), ('2026-04-21 10:00', true)) "
            "as attempts(requested_at, is_counted)"
        )
        con.execute(
            f"insert into consumers.{lookup.table} values "
            f"('x2026-04-07', '2026-01-01', '{OPEN}', 'a')"
        )
    assert found(warehouse, [lookup]) == [7, 20]


SOURCE = ("g", "prod", "2026-01-01", OPEN, "a")
ANY = ("g", None, "2026-01-01", OPEN, "a")


@pytest.mark.parametrize(
    ("before", "after", "days"),
    [
        pytest.param([SOURCE, ANY], [ANY, SOURCE], [], id="nothing"),
        pytest.param([ANY], [ANY, SOURCE], [1, 5], id="of an environment"),
        pytest.param([SOURCE], [ANY, SOURCE], [1, 2, 3, 5], id="of any environment"),
        pytest.param([ANY], [], [1, 2, 3, 5], id="taken back"),
        pytest.param([], [("g", "live", *ANY[2:])], [], id="of another environment"),
        pytest.param(
            [ANY],
            [("g", None, "2026-01-01", "2026-04-03", "a"),
             ("g", None, "2026-04-03", OPEN, "b")],
            [3, 5],
            id="a successor changes nothing before it",
        ),
    ],
)  # fmt: skip
def test_a_source_is_looked_for_in_all_records(changed, tmp_path, before, after, days):
    """On 1 and 5 prod, on 2 test, on 3 a copy of no environment; another on 4."""
    changed([], [])
    warehouse = tmp_path / "tollbook.duckdb"
    into = "insert into consumers.dim_sources values (?, ?, ?, ?, ?)"
    with duckdb.connect(str(warehouse)) as con:
        con.execute(
            """
            insert into usage.fct_attempts by name
            select requested_at, requested_at::date as event_date, gateway,
                environment, is_counted
            from (values
                (timestamp '2026-04-01 10:00', 'g', 'prod', true),
                ('2026-04-02 10:00', 'g', 'test', true),
                ('2026-04-04 10:00', 'h', 'prod', true),
                ('2026-04-05 10:00', 'g', 'prod', false)
            ) as attempts(requested_at, gateway, environment, is_counted)
            """
        )
        con.execute(
            "insert into intermediate.int_requests_superseded "
            "values ('2026-04-03 10:00', '2026-04-03', 'g', null)"
        )
        for version in before:
            con.execute(into, version)
        remember_lookups(con)
        con.execute("delete from consumers.dim_sources")
        for version in after:
            con.execute(into, version)
    assert found(warehouse, SOURCES) == days


def test_every_table_without_a_day_that_models_by_day_read_is_a_lookup(demo_home):
    manifest = json.loads((demo_home.build / "dbt/target/manifest.json").read_text())
    nodes = manifest["nodes"]
    by_day = [
        node
        for node in nodes.values()
        if node["config"].get("incremental_strategy") == "microbatch"
    ]
    read = {key for node in by_day for key in node["depends_on"]["nodes"]}
    tables = {
        nodes[key]["name"]
        for key in read & set(nodes)
        if nodes[key]["config"]["materialized"] == "table"
    }
    assert tables == {lookup.table for lookup in LOOKUPS}


def test_a_backdated_directory_file_moves_the_days_that_it_speaks_of(home):
    """Real files: logs by day, then a directory alone, then a correction of it."""

    def night(expected, **files):
        for name, content in files.items():
            (home.inbox / name).write_bytes(content)
        done = tollbook(home, "nightly")
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"built     {expected} days" in done.stdout
        return [
            (str(day), team, center, disputed)
            for day, team, center, disputed in published(
                home,
                "select event_date, team_id, cost_center_id, "
                "cast(sum(owner_disputed_count) as int) from usage.agg_usage_hourly "
                "group by all having sum(attempt_count) > 0 order by all",
            )
        ]

    def at(call, day, **changes):
        start = MIDNIGHT + day * 86400
        return record(call, startTime=start, endTime=start + 1, **changes)

    nobody = {
        "metadata__user_api_key_team_id": None,
        "metadata__user_api_key_org_id": None,
    }
    logs = ndjson(*(at(f"n{day}", day, **nobody) for day in range(5)), at("own", 2))
    assert night(5, a=logs)[0] == ("2026-04-02", None, None, 0)
    keys = "api_key_id,team_id,valid_from\n"
    teams = "team_id,organization_id,cost_center_id,valid_from\n"
    # From the fifth on the key is t1's; the record's own team has another organisation.
    assert night(
        4,
        keys=(keys + "key-hash,t1,2026-04-05\n").encode(),
        teams=(teams + "t1,o1,c1,2026-01-01\nteam-a,o1,c2,2026-04-04\n").encode(),
    ) == [
        ("2026-04-02", None, None, 0),
        ("2026-04-03", None, None, 0),
        ("2026-04-04", "team-a", "c2", 1),
        ("2026-04-04", None, None, 0),
        ("2026-04-05", "t1", "c1", 0),
        ("2026-04-06", "t1", "c1", 0),
    ]
    told = {"api_key_id": "key-hash", "team_id": "t2", "valid_from": "2026-04-03"}
    assert night(3, correction=json.dumps([told]).encode()) == [
        ("2026-04-02", None, None, 0),
        ("2026-04-03", "t2", None, 0),
        ("2026-04-04", "t2", None, 0),
        ("2026-04-04", "team-a", "c2", 1),
        ("2026-04-05", "t1", "c1", 0),
        ("2026-04-06", "t1", "c1", 0),
    ]
    night(0, ahead=(teams + "t1,o1,c9,2030-01-01\n").encode())
