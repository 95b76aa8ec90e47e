"""Which source counts: every sum is that of the records that count, alone in a lake."""

import hashlib
import json
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from loaders.home import open_home
from tests.conftest import ndjson, published, record, tollbook
from tests.nightly.made_lake import LONG_AGO, as_of, ask, books, killed_build, land

MIDNIGHT = datetime(2026, 4, 2, tzinfo=UTC)
DAY_COUNT = 7
SOURCES = "gateway,environment,source_format,valid_from\n"
SUMS = """
    select event_date::varchar, sum(attempt_count)::int,
        sum(logical_request_count)::int, sum(succeeded_count)::int,
        sum(input_uncached_tokens)::int, sum(output_tokens)::int,
        sum(logged_cost_usd)::double,
        (select sum(logged_cost_usd)::double from usage.fct_logical_requests as asked
            where asked.event_date = hours.event_date),
        (select sum(attempt_count)::int from performance.agg_latency_hourly as timed
            where timed.event_date = hours.event_date)
    from usage.agg_usage_hourly as hours group by all order by all
"""


def at(day, minutes=0):
    return MIDNIGHT + timedelta(days=day, minutes=minutes)


def logged(call, day, minutes=0, **changes):
    """LiteLLM's log of a call, in environment prod."""
    begin = at(day, minutes).timestamp()
    return record(call, startTime=begin, endTime=begin + 1, **changes)


def spent(call, day):
    """The same call in LiteLLM's spend table, dearer, of no environment."""
    return {
        "request_id": f"chatcmpl-{call}", "call_type": "acompletion",
        "api_key": "key-hash", "spend": 5.0, "prompt_tokens": 1000,
        "completion_tokens": 200, "total_tokens": 1200, "model": "openai/gpt-4o",
        "startTime": str(at(day)), "endTime": str(at(day) + timedelta(seconds=1)),
        "metadata": json.dumps({"litellm_call_id": call}), "status": "success",
        "request_tags": "[]", "messages": "{}", "response": "{}",
    }  # fmt: skip


def forwarded(call, day, minutes=0, logical=None):
    """The same call as another source saw it, by an id of its own."""
    return {
        "event_type": "api_request", "event_time": at(day, minutes).isoformat(),
        "request_id": f"edge-{call}", "logical_request_id": logical,
        "api": {"endpoint": "/v1/chat/completions"},
        "timings": {"request_duration_ms": 1100}, "result": {"status_code": 200},
        "usage": {"input_uncached_tokens": 1000, "output_tokens": 200,
                  "logged_cost_usd": "0.5"},
    }  # fmt: skip


@pytest.fixture
def night(home):
    """Bring files, and give each day's sums after a night that built so many days."""
    (home.path / "tollbook.toml").write_text(
        "[[inbox]]\nglob = 'edge*'\ngateway = 'edge'\n"
        "[[inbox]]\nglob = 'shadow*'\ngateway = 'litellm'\n"
    )

    def night(days, **files):
        for name, content in files.items():
            (home.inbox / name).write_bytes(content)
        done = tollbook(home, "nightly")
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"built     {days} days" in done.stdout
        return published(home, SUMS)

    return night


def test_a_call_seen_by_two_formats_and_two_gateways_counts_once(home, night):
    days = range(DAY_COUNT)
    log = ndjson(
        *(logged(f"n{day}", day) for day in days),
        # An id that comes back after two hours; another source sees it meanwhile.
        logged("back", 1, 180),
        logged("late", 1, 300, litellm_call_id="back"),
    )
    alone = night(DAY_COUNT, log=log)
    assert [row[1:3] for row in alone] == [(1, 1), (3, 3)] + [(1, 1)] * 5
    told = "litellm,,litellm,2026-01-01\nedge,,none,2026-01-01\n"
    both = night(
        DAY_COUNT,
        spend=ndjson(*(spent(f"n{day}", day) for day in days)),
        edge=ndjson(*(forwarded(f"n{day}", day) for day in days)),
        shadow=ndjson(*(forwarded(n, 1, 180 + n * 30, "back") for n in range(5))),
        sources=(SOURCES + told).encode(),
    )
    assert both == alone
    kept = "select source_format, is_counted, count(*) from usage.fct_attempts"
    assert published(home, f"{kept} group by all order by all") == [
        ("events", False, DAY_COUNT + 5),
        ("litellm", True, DAY_COUNT + 2),
    ]
    # Another source from the fifth day on: the two days before it can hold a copy, or
    # an attempt of the same request; the two at the beginning stay.
    later = SOURCES + "litellm,,litellm_spend_logs,2026-04-06\n"
    rows = night(5, later=later.encode())
    assert rows[:4] == alone[:4]
    assert [row[6:8] for row in rows[4:]] == [(5.0, 5.0)] * 3
    assert [row[1:6] for row in rows[4:]] == [row[1:6] for row in alone[4:]]
    # Of one environment the log again; of two copies that count it is the better one.
    own = SOURCES + "litellm,prod,litellm,2026-04-08\n"
    assert night(3, own=own.encode()) == [*rows[:6], alone[6]]
    # What lies ahead, and what nobody calls, builds nothing.
    night(0, far=(SOURCES + "litellm,,none,2030-01-01\nx,,none,2020-01-01\n").encode())


WORLDS = 80
FORMATS = ("litellm", "events", "litellm_spend_logs")
DAYS = [datetime(2026, 4, day) for day in range(1, 7)]
# Calls and versions share their moments, so that both ends of a range are met.
MOMENTS = [
    day + timedelta(minutes=minutes)
    for day in DAYS
    for minutes in (0, 12 * 60, 23 * 60 + 30, 23 * 60 + 30)
]
# It brings sources alone, and they reach back to the fourth day and no further: before
# it change copies, and requests that were tried again after midnight.
LAST = 4


class World:
    """Two gateways' calls, each seen by one source or more, with its night."""

    def __init__(self, rng, prefix):
        self.rng, self.prefix = rng, prefix
        self.gateways = [f"{prefix}-1", f"{prefix}-2"]
        self.records = [r for n in range(8) for r in self.call(n)]
        self.sources = [self.version() for _ in range(rng.randint(1, 12))]
        self.keys = [self.key() for _ in range(3)]

    def call(self, number):
        """Some attempts of one request, each in some formats."""
        rng = self.rng
        first, gateway = rng.choice(MOMENTS), rng.choice(self.gateways)
        environment = rng.choice([None, "prod", "test"])
        for attempt in range(rng.choice([1, 1, 2, 3])):
            name = f"{number}.{attempt}"
            for format_ in rng.sample(FORMATS, rng.choice([1, 2, 3])):
                is_known = format_ != "events" or rng.random() < 0.3
                late = rng.choice([0, 0, 0, 1, 3600, 86400])
                status = rng.choice([200, 200, 503])
                record = {
                    "request_id": name if is_known else f"{format_}-{name}",
                    "id_basis": "vendor",
                    "logical_request_id": rng.choice([*[str(number)] * 4, None]),
                    "requested_at": first
                    + timedelta(minutes=attempt * 50, seconds=late),
                    "gateway": gateway,
                    "environment": rng.choice([environment, environment, None]),
                    "api_key_id": self.prefix,
                    "request_duration_us": rng.randint(1, 10**6),
                    "status_code": status,
                    "token_basis": "provider_reported",
                    "output_tokens": rng.randint(1, 999),
                    "logged_cost_usd": rng.randint(1, 999),
                    "source_format": format_,
                }
                yield record, rng.choice([1, 1, 1, 2, 3])

    def version(self):
        row = {
            "gateway": self.rng.choice(self.gateways),
            "environment": self.rng.choice([None, None, "prod", "test"]),
            "source_format": self.rng.choice([*FORMATS, *FORMATS, "none", None]),
        }
        return self.dated(row, self.rng.randint(1, LAST))

    def key(self):
        row = {"api_key_id": self.prefix, "team_id": self.rng.choice(["t1", "t2"])}
        return self.dated(row, self.rng.randint(1, LAST - 1))

    def dated(self, row, night):
        rng = self.rng
        row["is_deleted"] = rng.choice([None, False, False, False, True])
        row["row_hash"] = hashlib.sha256(json.dumps(row).encode()).hexdigest()
        ever = [*MOMENTS, LONG_AGO] if night < LAST else [DAYS[3], DAYS[3], DAYS[4]]
        row["valid_from"] = rng.choice(ever)
        row["recorded_at"] = rng.choice([None, *DAYS[:3]])
        return row, night


def counts(record, versions):
    """The plain reading: the row of its environment, else of any, else it does."""
    for environment in (record["environment"], None):
        own = versions[record["gateway"], environment]
        row = as_of(own, record["requested_at"])
        if row:
            return row["source_format"] == record["source_format"]
    return True


def bring(home, records, sources, keys, rng):
    """Land all of it, a format a load, in any order."""
    for format_ in rng.sample(FORMATS, len(FORMATS)):
        rows = [row for row in records if row["source_format"] == format_]
        if rows:
            land(home, "gateway_requests", rng.sample(rows, len(rows)))
    for table, rows in (("sources", sources), ("api_keys", keys)):
        if rows:
            land(home, f"directory_{table}", rng.sample(rows, len(rows)))


def of_night(dated, night):
    return [row for row, when in dated if when == night]


def every(dated):
    return [row for row, _ in dated]


COUNTED = {
    "usage.fct_attempts": "from usage.fct_attempts where is_counted order by all",
    **{
        name: f"from {name} order by all"
        for name in (
            "usage.fct_logical_requests",
            "usage.agg_usage_hourly",
            "performance.agg_latency_hourly",
        )
    },
}


# One build holds many worlds, side by side: a build is what takes time.
def test_sums_are_those_of_the_records_that_count_alone(seed, tmp_path_factory):
    rng = random.Random(seed)  # noqa: S311
    worlds = [World(rng, f"w{number}") for number in range(WORLDS)]
    records, sources, keys = (
        [row for world in worlds for row in getattr(world, name)]
        for name in ("records", "sources", "keys")
    )
    by_night = open_home(tmp_path_factory.mktemp("by_night"))
    for night in range(1, LAST + 1):
        some = (of_night(dated, night) for dated in (records, sources, keys))
        bring(by_night, *some, rng)
        if night == 2:
            killed_build(by_night, after=rng.randint(1, 2))
            continue
        done = tollbook(by_night, "build")
        assert done.returncode == 0, done.stderr
        assert ("(all)" in done.stdout) == (night == 1)
    at_once = open_home(tmp_path_factory.mktemp("at_once"))
    bring(at_once, every(records), every(sources), every(keys), rng)
    assert tollbook(at_once, "build").returncode == 0
    expected = books(at_once)
    found = books(by_night)
    assert found.keys() == expected.keys()
    for name, rows in expected.items():
        assert found[name] == rows, name
    done = tollbook(at_once, "audit", "--full")
    assert done.returncode == 0, done.stdout

    versions = defaultdict(list)
    for row, _ in sources:
        versions[row["gateway"], row["environment"]].append(row)
    alone = open_home(tmp_path_factory.mktemp("alone"))
    counted = [row for row in every(records) if counts(row, versions)]
    assert len(records) / 4 < len(counted) < len(records) * 9 / 10
    bring(alone, counted, [], every(keys), rng)
    assert tollbook(alone, "build").returncode == 0
    for name, sql in COUNTED.items():
        assert ask(by_night, sql) == ask(alone, sql), name
    kept = Counter(
        ask(by_night, "select gateway, request_id from usage.fct_attempts group by all")
    )
    assert kept == Counter({(r["gateway"], r["request_id"]) for r, _ in records})
