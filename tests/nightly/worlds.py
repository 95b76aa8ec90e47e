"""Random worlds: what gateways would have written for small companies, night by night.

A world is one organisation. Many of them share a home, told apart by the prefix of
their ids, and share a calendar: on some nights every world brings records of one and
the same day only, or there would be no day that a night may leave alone.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.nightly.world_calls import Call, epoch_us
from tests.nightly.world_directory import LONG_AGO, Directory

NIGHTS = (1, 2, 3, 4, 5)
# A month ends among them.
DAYS = [datetime(2026, 3, 28) + timedelta(days=n) for n in range(8)]
LATE = [datetime(2025, 12, 31), datetime(2026, 1, 1)]
# Times without an offset lie on one evening, so that another time zone empties a day.
EVENING = datetime(2025, 12, 15, 17)
HOUR, DAY, MS = timedelta(hours=1), timedelta(days=1), timedelta(milliseconds=1)
EDGES = [-HOUR, -HOUR / 2, -MS, timedelta(0), MS, HOUR / 2, HOUR, 12 * HOUR]
SECOND = timedelta(seconds=1)
GAPS = [0 * SECOND, SECOND, HOUR - MS, HOUR, HOUR + MS, 2 * HOUR, 23 * HOUR]
SHIFTS = [MS, HOUR, 3 * HOUR, DAY - MS, DAY, DAY + MS, 30 * HOUR, 2 * DAY + HOUR]


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
    """

    name: str
    rng: random.Random
    calendar: Calendar
    calls: list[Call] = field(default_factory=list)
    directory: Directory = field(default_factory=Directory)

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
            said: str | None = logical
            if style == "events" and attempt == 0 and rng.random() < 0.3:
                # It names no request; what is tried again is called by its id.
                said, logical = None, call_id
            call = self.call(
                format=style, folder=folder, id=call_id, at=at, is_failed=is_failed,
                logical=said,
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


def own(world: World) -> None:
    """Who owned what, corrections of it, and deletions; the last come late."""
    rng, directory = world.rng, world.directory
    directory.seconds = iter(rng.sample(range(10**6), 40))

    def say(table: str, id_: str, since: datetime, night: int, **said: object) -> None:
        said.setdefault("is_deleted", rng.random() < 0.1)
        directory.say(table, id_, since, night, **said)

    for number in "12":
        team, key = f"{world.prefix}team{number}", f"{world.prefix}key{number}"
        night = rng.choice([1, 1, 3])
        say("teams", team, LONG_AGO, 1, organization_id=world.id("org"))
        say("api_keys", key, LONG_AGO, night, team_id=world.id("team"))
        for _ in range(rng.choice([0, 1, 2])):
            night = rng.choice([1, 3, 3])
            say("api_keys", key, world.moment(), night, team_id=world.id("team"))
            owner = {"organization_id": world.id("org")}
            center = world.id("center")
            say("teams", team, world.moment(), night, cost_center_id=center, **owner)
    if rng.random() < 0.4:
        # What was true on one day alone.
        day, key = world.calendar.single[NIGHTS[-1]], world.id("key")
        before = directory.held("api_keys", key, day + DAY)
        say("api_keys", key, day, NIGHTS[-1], team_id=world.id("team"))
        said = {"team_id": before.get("team_id"), "is_deleted": not before}
        say("api_keys", key, day + DAY, NIGHTS[-1], **said)


def random_world(name: str, seed: str, shared: Calendar) -> World:
    world = World(name, random.Random(seed), shared)  # noqa: S311
    own(world)
    for number in range(world.rng.randint(2, 5)):
        world.ask(number)
    world.others()
    return world
