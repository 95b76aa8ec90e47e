"""What the books must say of a world: a second, plainer reading, record by record."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tests.nightly.world_calls import Call
from tests.nightly.worlds import DAY, HOUR, World

MOST_HOURS = 10
RANKS = {"events": 10, "litellm": 10, "litellm_spend_logs": 20}


@dataclass(frozen=True)
class Attempt:
    """A call that was kept, and where it stands in its logical request."""

    call: Call
    logical: str
    logical_at: datetime
    number: int = 1
    count: int = 1


def preference(call: Call) -> tuple[object, ...]:
    """Of two copies the one with the smaller one is kept; what it says decides."""
    newest_first = -call.updated.timestamp() if call.updated else float("inf")
    logical = (call.logical is None, call.logical)
    return (RANKS[call.format], call.at, newest_first, logical, call.trace,
            call.tokens, Decimal(call.cost))  # fmt: skip


def kept(calls: Iterable[Call]) -> Iterator[Call]:
    """A copy goes where a better one lies within 24 hours of it."""
    copies = defaultdict(dict)
    for call in calls:
        for place in range(call.repeat):
            id_ = call.id if call.has_id else f"{call.id}:{place}"
            copies[call.gateway, id_][preference(call)] = call
    for found in copies.values():
        for mine, call in found.items():
            rivals = (
                other
                for other in found
                if other < mine and abs(other[1] - call.at) <= DAY  # type: ignore[operator]
            )
            if next(rivals, None) is None:
                yield call


def chained(calls: Iterable[Call]) -> Iterator[Attempt]:
    """Attempts of one id belong together while no gap is over an hour."""
    asked = defaultdict(list)
    for call in calls:
        if call.has_id:
            asked[call.gateway, call.logical or call.id].append(call)
        else:
            yield Attempt(call, call.id, call.at)
    for (_, logical), some in asked.items():
        hours = defaultdict(set)
        for call in some:
            hours[call.day].add(call.at.hour)
        chain: list[Call] = []
        for call in sorted(some, key=lambda call: (call.at, call.id)):
            if len(hours[call.day]) > MOST_HOURS:  # an id that never rests
                yield Attempt(call, call.id, call.at)
                continue
            if chain and call.at > chain[-1].at + HOUR:
                yield from linked(chain, logical)
                chain = []
            chain.append(call)
        yield from linked(chain, logical)


def linked(chain: list[Call], logical: str) -> Iterator[Attempt]:
    for number, call in enumerate(chain, 1):
        yield Attempt(call, logical, chain[0].at, number, len(chain))


class Books:
    """What was asked of a world by now, whose it was, and what it cost."""

    def __init__(self, world: World, calls: Iterable[Call], zone: int, night: int):
        self.world, self.night = world, night
        read = (
            replace(call, at=call.at - timedelta(hours=zone), folder="g1")
            if call.folder == "naive"
            else call
            for call in calls
        )
        self.attempts = list(chained(kept(read)))

    def owner(self, call: Call) -> tuple[str | None, str | None, str | None]:
        """Team, organisation and cost centre at the moment of the call."""
        team_id = self._held("api_keys", call.key, call.at).get("team_id")
        team = self._held("teams", team_id, call.at)
        organization = call.organization or team.get("organization_id")
        return team_id, organization, team.get("cost_center_id")

    def _held(self, table: str, id_: str | None, at: datetime) -> dict:
        return self.world.directory.held(table, id_, at, self.night)

    def fct_attempts(self) -> Counter:
        return Counter(
            (a.call.gateway, a.call.id, a.call.at, a.logical, a.logical_at, a.number,
             a.count, *_meters(a.call), *self.owner(a.call))
            for a in self.attempts
        )  # fmt: skip

    def fct_logical_requests(self) -> Counter:
        costs: dict = defaultdict(Decimal)
        for a in self.attempts:
            if a.count > 1:
                costs[a.call.gateway, a.logical, a.logical_at] += Decimal(a.call.cost)
        return Counter(
            (a.call.gateway, a.logical, a.logical_at, a.count,
             "failed" if a.call.is_failed else "succeeded",
             costs.get((a.call.gateway, a.logical, a.logical_at), Decimal(a.call.cost))
             if a.count > 1 else Decimal(a.call.cost), *self.owner(a.call))
            for a in self.attempts if a.number == a.count
        )  # fmt: skip

    def sums(self) -> dict[tuple[str, datetime], tuple[int, int, int, Decimal]]:
        """Attempts, input and output tokens and money by gateway and day."""
        found: dict = defaultdict(lambda: (0, 0, 0, Decimal(0)))
        for a in self.attempts:
            said = (1, *(value or 0 for value in _meters(a.call)))
            before = found[a.call.gateway, a.call.day]
            found[a.call.gateway, a.call.day] = tuple(
                map(sum, zip(before, said, strict=True))
            )
        return dict(found)


def _meters(call: Call) -> tuple[int | None, int | None, Decimal]:
    # LiteLLM writes zeros for a failure, which say nothing.
    is_unknown = call.is_failed and call.format != "events"
    tokens = (None, None) if is_unknown else call.tokens
    return (*tokens, Decimal(call.cost))
