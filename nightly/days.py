"""Which UTC days a night must rebuild, and in which windows."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Literal

from loaders.ledger import LedgerEntry

# A copy within 24 hours can drop a record of the day before or after; that record can
# begin or end a logical request on the day beside it.
DAYS_BEFORE = 2
DAYS_AFTER = 2
# A logical request has the owner of its last attempt, which may be on the next day.
DAYS_BEFORE_AN_OWNER = 1
# Beyond this many days, month batches are cheaper than day batches.
MOST_SINGLE_DAYS = 8
MOST_ROWS_IN_A_MONTH = 10_000_000
# Streams that microbatch models read.
_BY_DAY = frozenset({"gateway_requests"})

Window = tuple[date, date]


def touched_days(
    entries: Mapping[str, LedgerEntry],
    live: Mapping[str, LedgerEntry],
    absorbed: Mapping[str, str],
) -> set[date]:
    """Days whose books may have changed since `absorbed` was written.

    Days of loads that came, and of loads that were replaced, widened to the days that
    they can change, where those hold records.

    Args:
        entries: The whole ledger.
        live: Its live part.
        absorbed: Fingerprint of each load that the books hold.

    Raises:
        KeyError: An absorbed load is not in the ledger any more: build everything.
    """
    new = [e for key, e in live.items() if absorbed.get(key) != e.fingerprint]
    gone = [entries[key] for key in absorbed if key not in live]
    changed = _days(new) | _days(gone)
    return changed | _near(changed, live)


def sourced_days(sourced: set[date], live: Mapping[str, LedgerEntry]) -> set[date]:
    """Days whose books change when records of these days begin or cease to count.

    As if they came or went: of two copies the one that counts is kept, and only those
    that count belong together.
    """
    return sourced | _near(sourced, live)


def owned_days(owned: set[date], live: Mapping[str, LedgerEntry]) -> set[date]:
    """Days whose books change when attempts of these days change their owner.

    Which attempts there are, and which belong together, does not depend on owners.
    """
    near = {day - timedelta(days=DAYS_BEFORE_AN_OWNER) for day in owned}
    return owned | (near & _days(live.values()))


def all_days(live: Mapping[str, LedgerEntry]) -> set[date]:
    """Every day that has records."""
    return _days(live.values())


def windows(days: Iterable[date]) -> list[Window]:
    """Contiguous ranges, first and last day included."""
    found: list[Window] = []
    for day in sorted(days):
        if found and day == found[-1][1] + timedelta(days=1):
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def whole_months(days: Iterable[date]) -> set[date]:
    """Every day of every month touched: what month batches rebuild."""
    months = {day.replace(day=1) for day in days}
    return {day for month in months for day in _month(month)}


def batch_size(
    days: Collection[date], live: Mapping[str, LedgerEntry]
) -> Literal["day", "month"]:
    """Months where many days are touched and no month is too large for memory."""
    if len(days) <= MOST_SINGLE_DAYS:
        return "day"
    rows: dict[date, int] = {}
    for entry in live.values():
        for day, count in _built_files(entry):
            month = day.replace(day=1)
            rows[month] = rows.get(month, 0) + count
    return "month" if max(rows.values(), default=0) < MOST_ROWS_IN_A_MONTH else "day"


def _near(days: set[date], live: Mapping[str, LedgerEntry]) -> set[date]:
    """Days with records that a change on these days can reach."""
    offsets = range(-DAYS_BEFORE, DAYS_AFTER + 1)
    near = {day + timedelta(days=offset) for day in days for offset in offsets}
    return near & _days(live.values())


def _days(entries: Iterable[LedgerEntry]) -> set[date]:
    return {day for entry in entries for day, _ in _built_files(entry)}


def _built_files(entry: LedgerEntry) -> Iterator[tuple[date, int]]:
    """Day and row count of each file that models by day read."""
    for file in entry.files:
        if file.stream in _BY_DAY and file.event_date is not None:
            yield date.fromisoformat(file.event_date), file.row_count


def _month(first: date) -> Iterator[date]:
    day = first
    while day.month == first.month:
        yield day
        day += timedelta(days=1)
