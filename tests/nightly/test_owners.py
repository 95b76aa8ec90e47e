"""Whose an attempt is: random directories against a second, plainer reading of them."""

import hashlib
import json
import random
from collections import defaultdict
from datetime import datetime, timedelta

from loaders.home import open_home
from tests.conftest import tollbook
from tests.nightly.made_lake import (
    LONG_AGO,
    as_of,
    ask,
    books,
    killed_build,
    land,
)

WORLDS = 120
DAYS = [datetime(2026, 4, day) for day in range(1, 7)]
# Requests and versions share their moments, so that both ends of a range are met.
MOMENTS = [
    day + offset
    for day in DAYS
    for offset in (
        timedelta(0),
        timedelta(minutes=20),
        timedelta(hours=12),
        timedelta(hours=23, minutes=30),
        timedelta(days=1, microseconds=-1),
    )
]
# Its corrections reach back to the midnight before the fourth day and no further: what
# changes on the third are requests that were tried again after midnight.
LAST = 4
FAR_AHEAD = datetime(2099, 1, 1)
# Table -> ids, then the values that point elsewhere.
TABLES = {
    "organizations": ("organization_id", "plan_id"),
    "teams": ("team_id", "organization_id cost_center_id"),
    "projects": ("project_id", "team_id"),
    "applications": ("application_id", "project_id developer_id"),
    "developers": ("developer_id", "organization_id"),
    "api_keys": ("api_key_id", "application_id project_id team_id developer_id"),
    "plans": ("plan_id", ""),
    "plan_endpoints": ("plan_id endpoint", ""),
    "cost_centers": ("cost_center_id", ""),
}
OWNERS = (
    "application_id", "project_id", "developer_id", "team_id", "organization_id",
    "cost_center_id", "plan_id",
)  # fmt: skip


class World:
    """One small company: requests and directory rows, each with its night."""

    def __init__(self, rng, prefix):
        self.rng, self.prefix = rng, prefix
        self.directory = [self.version() for _ in range(rng.randint(5, 60))]
        self.requests = [r for n in range(10) for r in self.tries(n)]

    def thing(self, column, unknown=0.0):
        if self.rng.random() < unknown:
            return None
        # Two ids that only a careless key would take for one pair with their endpoint.
        some = {"plan_id": ["1", "1:/v1"], "endpoint": ["/v1:/v1", "/v1"]}
        name = self.rng.choice(some.get(column, ["1", "2"]))
        return name if column == "endpoint" else f"{self.prefix}{column}{name}"

    def version(self):
        rng = self.rng
        table = rng.choice([*TABLES, "api_keys", "projects", "applications", "teams"])
        ids, values = TABLES[table]
        row = {i: self.thing(i) for i in ids.split()}
        row |= {v: self.thing(v, unknown=0.3) for v in values.split()}
        row["is_deleted"] = rng.choice([None, None, False, False, False, True])
        row["row_hash"] = hashlib.sha256(json.dumps(row).encode()).hexdigest()
        night = rng.choice([1, 1, 2, 3, 4])
        moments = rng.sample(MOMENTS, 6)
        if night == LAST:
            moments = [moment for moment in moments if moment >= DAYS[3]]
        else:
            moments.append(LONG_AGO)
        row["valid_from"] = rng.choice([*moments, FAR_AHEAD])
        row["recorded_at"] = rng.choice([None, *DAYS[:3]])
        return table, row, night

    def tries(self, number):
        rng = self.rng
        first = rng.choice(MOMENTS)
        logical = f"{self.prefix}{number}" if rng.random() < 0.9 else None
        for attempt in range(rng.choice([1, 1, 2, 2])):
            at = first + attempt * timedelta(minutes=50)
            row = {
                "request_id": f"{self.prefix}{number}.{attempt}",
                "id_basis": "vendor",
                "logical_request_id": logical,
                "requested_at": at,
                "gateway": self.prefix,
                "api_key_id": self.thing("api_key_id", unknown=0.05),
                "token_basis": "missing",
                "source_format": "litellm",
                "status_code": 200,
            }
            for column in OWNERS:
                if column != "cost_center_id":
                    row[column] = self.thing(column, unknown=0.75)
            yield row, rng.choice([1, 1, 1, 2, 3])


def by_id(directory):
    found = defaultdict(list)
    for table, row in directory:
        found[table, *(row[i] for i in TABLES[table][0].split())].append(row)
    return found


def owner(request, directory):
    """What fct_attempts must say of a request, in the order of `OWNERS`."""
    at = request["requested_at"]
    say = request.get
    key = as_of(directory["api_keys", say("api_key_id")], at).get
    application_id = say("application_id") or key("application_id")
    application = as_of(directory["applications", application_id], at).get
    project_id = say("project_id") or key("project_id") or application("project_id")
    developer_id = (
        say("developer_id") or key("developer_id") or application("developer_id")
    )
    listed = as_of(directory["projects", project_id], at).get("team_id")
    listed = listed or key("team_id")
    team_id = say("team_id") or listed
    team = as_of(directory["teams", team_id], at).get
    developer = as_of(directory["developers", developer_id], at).get
    employer = team("organization_id") or developer("organization_id")
    organization_id = say("organization_id") or employer
    organization = as_of(directory["organizations", organization_id], at).get
    plan_id = say("plan_id") or organization("plan_id")
    is_disputed = any(
        said and known and said != known
        for said, known in (
            (say("team_id"), listed),
            (say("organization_id"), employer),
        )
    )
    return (application_id, project_id, developer_id, team_id, organization_id,
            team("cost_center_id"), plan_id), is_disputed  # fmt: skip


def check(home, requests, rows):
    """Hold every owner and every version against the plain reading."""
    directory = by_id(rows)
    expected = {row["request_id"]: owner(row, directory) for row in requests}
    columns = ", ".join(OWNERS)
    built = ask(
        home, f"select request_id, is_owner_disputed, {columns} from usage.fct_attempts"
    )
    assert {name: (tuple(who), is_so) for name, is_so, *who in built} == expected
    last = {}
    for row in sorted(requests, key=lambda row: row["requested_at"]):
        last[row["logical_request_id"] or row["request_id"]] = row["request_id"]
    built = ask(
        home, f"select logical_request_id, {columns} from usage.fct_logical_requests"
    )
    assert {name: tuple(who) for name, *who in built} == {
        name: expected[request_id][0] for name, request_id in last.items()
    }
    for table in TABLES:
        check_versions(home, table, directory)


def check_versions(home, table, directory):
    """At every moment the dimension holds the version that the plain reading finds."""
    ids, values = map(str.split, TABLES[table])
    dim = "endpoints" if table == "plan_endpoints" else table
    names = [*ids, *values]
    held = defaultdict(list)
    for row in ask(
        home,
        f"select {', '.join(names)}, valid_from, valid_before from consumers.dim_{dim}",
    ):
        held[table, *row[: len(ids)]].append(row)
    for key in {key for key in [*directory, *held] if key[0] == table}:
        for moment in [LONG_AGO, *MOMENTS, FAR_AHEAD]:
            version = as_of(directory[key], moment)
            expected = [tuple(version[n] for n in names)] if version else []
            assert expected == [
                tuple(who)
                for *who, since, until in held[key]
                if since <= moment < until
            ], (key, moment)


class Lake:
    """A home, and what its lake holds by now."""

    def __init__(self, home, rng):
        self.home, self.rng = home, rng
        self.requests = []
        self.directory = {}

    @property
    def rows(self):
        return [row for rows in self.directory.values() for row in rows]

    def bring(self, requests, directory):
        """Land everything in several loads, in any order."""
        shuffled = self.rng.sample(requests, len(requests))
        for part in (shuffled[::2], shuffled[1::2]):
            land(self.home, "gateway_requests", part)
        self.requests += requests
        for table in self.rng.sample(list(TABLES), len(TABLES)):
            rows = [row for name, row in directory if name == table]
            cut = self.rng.randint(0, len(rows))
            shuffled = self.rng.sample(rows, len(rows))
            for some, others in (
                (shuffled[:cut], shuffled[cut:][:5]),
                (shuffled[cut:], []),
            ):
                altered = [
                    row | {"recorded_at": FAR_AHEAD, "is_deleted": True, "row_hash": ""}
                    for row in others
                ]
                load_id = land(self.home, f"directory_{table}", some, (), altered)
                self.directory[load_id] = [(table, row) for row in some]

    def take_back(self):
        """A file that a shorter one replaced: rows that were there are not any more."""
        for load_id in self.rng.sample(list(self.directory), 4):
            rows = self.directory.pop(load_id)
            if rows:
                table, kept = rows[0][0], rows[::2]
                some = [row for _, row in kept]
                new = land(self.home, f"directory_{table}", some, [load_id])
                self.directory[new] = kept


# One build holds many worlds, side by side: a build is what takes time.
def test_every_attempt_has_the_owner_of_its_moment(seed, tmp_path_factory):
    rng = random.Random(seed)  # noqa: S311
    worlds = [World(rng, f"w{number}-") for number in range(WORLDS)]
    lake = Lake(open_home(tmp_path_factory.mktemp("by_night")), rng)
    for night in range(1, LAST + 1):
        lake.bring(
            [row for world in worlds for row, when in world.requests if when == night],
            [
                row
                for world in worlds
                for *row, when in world.directory
                if when == night
            ],
        )
        if night == 2:
            killed_build(lake.home, after=rng.randint(1, 2))
            lake.take_back()
            continue
        done = tollbook(lake.home, "build")
        assert done.returncode == 0, done.stderr
        assert ("(all)" in done.stdout) == (night == 1)
        check(lake.home, lake.requests, lake.rows)
    # The same in other files, at once.
    other = Lake(open_home(tmp_path_factory.mktemp("at_once")), rng)
    other.bring(lake.requests, lake.rows)
    assert tollbook(other.home, "build").returncode == 0
    by_night, at_once = books(lake.home), books(other.home)
    assert by_night.keys() == at_once.keys()
    for name, rows in at_once.items():
        assert by_night[name] == rows, name
    done = tollbook(other.home, "audit", "--full")
    assert done.returncode == 0, done.stdout
