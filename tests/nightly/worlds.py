"""Random worlds: what gateways would have written for small companies, night by night.

A world is one organisation. Many of them share a home, told apart by the prefix of
their ids, and share a calendar: on some nights every world brings records of one and
the same day only, or there would be no day that a night may leave alone.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.nightly.world_calls import Call, epoch_us

NIGHTS = (1, 2, 3, 4, 5)
# A month ends among them.
DAYS = [datetime(2026, 3, 28) + timedelta(days=n) for n in range(8)]
LATE = [datetime(2025, 12, 31), datetime(2026, 1, 1)]
# Times without an offset lie on one evening, so that another time zone empties a day.
EVENING = datetime(2025, 12, 15, 17)
HOUR, DAY, MS = timedelta(hours=1), timedelta(days=1), timedelta(milliseconds=1)
EDGES = [-HOUR, -HOUR / 2, -MS, timedelta(0), MS, HOUR / 2, HOUR, 12 * HOUR]
GAPS = [timedelta(seconds=1), HOUR - MS, HOUR, HOUR + MS, 2 * HOUR, 23 * HOUR]
SHIFTS = [MS, HOUR, 3 * HOUR, DAY - MS, DAY, DAY + MS, 30 * HOUR, 2 * DAY + HOUR]
LONG_AGO = datetime(1999, 1, 1)


@dataclass(frozen=True)
class Calendar:
    """Which night brings what.

    Attributes:
        single: Night -> the one day that its new records are of.
        zones: Hours east of UTC in `naive/`: at first, and from `zone_night` on.
        broken_night: Its build fails.
    """

    single: dict[int, datetime]
    zones: tuple[int, int]
    zone_night: int
    broken_night: int

    def allows(self, night: int, days: set[datetime]) -> bool:
        """Whether files of these days may land in a night."""
        if night in self.single:
            return days <= {self.single[night]}
        return True

    def night_of(self, rng: random.Random, at: datetime) -> int:
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        if day in LATE:
            return 3
        fitting = [night for night, only in self.single.items() if only == day]
        return rng.choice([1, 1, 3, *fitting * 5])


def calendar(rng: random.Random) -> Calendar:
    days = rng.sample(DAYS[2:6], 3)
    return Calendar(
        single=dict(zip((2, 4, 5), days, strict=True)),
        zones=rng.choice([(9, -7), (5, -8), (-7, 9)]),
        zone_night=rng.choice([2, 4]),
        broken_night=rng.choice([2, 3, 4]),
    )


@dataclass
class World:
    """One organisation.

    Attributes:
        calls: Every record; each has the night in which it comes first.
        directory: (table, row, night).
    """

    name: str
    rng: random.Random
    calendar: Calendar
    calls: list[Call] = field(default_factory=list)
    directory: list[tuple[str, dict[str, object], int]] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        return f"{self.name}-"

    def id(self, kind: str) -> str:
        return f"{self.prefix}{kind}{self.rng.choice('12')}"

    def call(self, **known: object) -> Call:
        rng, number = self.rng, len(self.calls)
        made = {
            "trace": f"{self.prefix}trace{number}",
            "key": self.id("key"),
            "organization": rng.choice([None, self.id("org")]),
            "tokens": (rng.randint(1, 5000), rng.randint(1, 900)),
            "cost": f"0.{rng.randint(1, 999999):06}",
        } | known
        return self.bring(Call(**made))  # type: ignore[arg-type]

    def bring(self, call: Call) -> Call:
        night = rng_night = self.calendar.night_of(self.rng, call.at)
        if call.folder == "naive":
            night = 1 if self.rng.random() < 0.7 else rng_night
        self.calls.append(replace(call, night=night))
        return call

    def moment(self) -> datetime:
        rng = self.rng
        day = rng.choice(LATE if rng.random() < 0.05 else DAYS[1:])
        return day + rng.choice(EDGES) + timedelta(microseconds=rng.choice([0, 0, 250]))

    def ask(self, number: int) -> None:
        """One request of a client, with its tries and the copies of their records."""
        rng = self.rng
        at, logical = self.moment(), f"{self.prefix}ask{number}"
        style = rng.choice(["events", "litellm"])
        folder = rng.choice(["g1", "g1", "g2"])
        tries, gaps = rng.choice([1, 1, 2, 2, 3, 4]), GAPS
        if rng.random() < 0.01:  # an id that never rests
            tries, gaps = 26, [HOUR / 2, HOUR]
        for attempt in range(tries):
            is_failed = attempt + 1 < tries or rng.random() < 0.1
            call_id = f"{logical}.{attempt}"
            zeros = {"tokens": (0, 0), "cost": "0"} if is_failed else {}
            if style == "litellm":
                call_id = f"chatcmpl-{call_id}-of-a-provider"
                if is_failed:
                    call_id = f"{logical}:{epoch_us(at) // 1000}"
            call = self.call(
                format=style, folder=folder, id=call_id, at=at, is_failed=is_failed,
                logical=rng.choice([logical, logical, None])
                if style == "events" and tries == 1 else logical,
                **(zeros if style == "litellm" else {}),
            )  # fmt: skip
            while rng.random() < 0.45:
                self.copy(call)
            at += rng.choice(gaps)

    def copy(self, call: Call) -> None:
        """Another record of the same call, or of what looks like it."""
        rng = self.rng
        kind = rng.choice(["spend", "spend", "shift", "shift", "restated", "elsewhere"])
        trace = f"{self.prefix}trace{len(self.calls)}"
        if kind == "spend" and call.format == "litellm":
            ms = call.at - timedelta(microseconds=call.at.microsecond % 1000)
            other = replace(call, format="litellm_spend_logs", at=ms)
        elif kind == "elsewhere":
            folder = "g2" if call.folder == "g1" else "g1"
            other = replace(call, folder=folder, trace=trace)
        elif call.format == "litellm" and call.is_failed:
            return  # its time is part of its id
        elif kind == "restated":
            cost = f"0.{rng.randint(1, 999999):06}"
            tokens = (call.tokens[0], rng.randint(1, 900))
            other = replace(call, trace=call.trace, tokens=tokens, cost=cost)
            if call.format == "events" and rng.random() < 0.5:
                updated = DAYS[0] + timedelta(seconds=rng.randint(0, 9**6))
                other = replace(other, updated=updated)
        else:
            style = rng.choice([call.format, "events"])
            at = call.at + rng.choice(SHIFTS) * rng.choice([1, -1])
            other = replace(call, format=style, at=at, trace=trace)
        self.bring(other)

    def others(self) -> None:
        """Records without an id, and those with a local time."""
        rng = self.rng
        for number in range(rng.choice([0, 1, 2])):
            self.call(
                format="events", folder="g1", id=f"{self.prefix}content{number}",
                trace=f"{self.prefix}content{number}", at=self.moment(),
                has_id=False, repeat=rng.choice([1, 1, 2, 3]),
            )  # fmt: skip
        for number in range(rng.choice([0, 0, 1, 2])):
            self.call(
                format="events", folder="naive", id=f"{self.prefix}naive{number}",
                at=EVENING + timedelta(minutes=rng.randint(0, 299)),
            )  # fmt: skip

    def own(self) -> None:
        """A directory: who owned what, and corrections of it, some of them deletions."""
        rng, seconds = self.rng, iter(self.rng.sample(range(10**6), 40))

        def row(table: str, id_: str, since: datetime, night: int, **said: object):
            said |= {"valid_from": since, "is_deleted": rng.random() < 0.1}
            said["recorded_at"] = DAYS[0] + timedelta(seconds=next(seconds))
            self.directory.append((table, {_IDS[table]: id_, **_of(table), **said}, night))

        for number in "12":
            team, key = f"{self.prefix}team{number}", f"{self.prefix}key{number}"
            row("teams", team, LONG_AGO, 1, organization_id=self.id("org"))
            row("api_keys", key, LONG_AGO, rng.choice([1, 1, 3]), team_id=self.id("team"))
            for _ in range(rng.choice([0, 1, 2])):
                since, night = self.moment(), rng.choice([1, 3, 3])
                row("api_keys", key, since, night, team_id=self.id("team"))
                since = self.moment()
                row("teams", team, since, night, cost_center_id=self.id("center"),
                    organization_id=self.id("org"))  # fmt: skip
        if rng.random() < 0.4:
            # What was true on one day alone comes late.
            day, key = self.calendar.single[5], self.id("key")
            before = as_of(self.rows("api_keys", key), day + DAY)
            row("api_keys", key, day, 5, team_id=self.id("team"))
            restored = {name: before.get(name) for name in ("team_id", "is_deleted")}
            row("api_keys", key, day + DAY, 5, **restored)
            self.directory[-1][1]["is_deleted"] = bool(before.get("is_deleted", True))

    def rows(
        self, table: str, id_: str | None, night: int = NIGHTS[-1]
    ) -> list[dict[str, object]]:
        """What the directory says of a thing by a night."""
        return [
            row
            for of, row, when in self.directory
            if (of, row[_IDS[of]]) == (table, id_) and when <= night
        ]


_IDS = {"teams": "team_id", "api_keys": "api_key_id"}


def _of(table: str) -> dict[str, object]:
    if table == "teams":
        return {"organization_id": None, "name": None, "cost_center_id": None}
    names = "application_id project_id team_id developer_id issued_at"
    return dict.fromkeys(names.split())


def as_of(rows: list[dict[str, object]], moment: datetime) -> dict[str, object]:
    """The row that holds at a moment; the last word where several begin as one."""
    begun = [row for row in rows if row["valid_from"] <= moment]  # type: ignore[operator]
    return max(begun, key=lambda r: (r["valid_from"], r["recorded_at"]), default={})


def random_world(name: str, seed: str, shared: Calendar) -> World:
    world = World(name, random.Random(seed), shared)  # noqa: S311
    world.own()
    for number in range(world.rng.randint(2, 5)):
        world.ask(number)
    world.others()
    return world
