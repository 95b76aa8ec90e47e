"""Which days a night rebuilds."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.ledger import LakeFile, LedgerEntry
from nightly.days import (
    all_days,
    batch_size,
    owned_days,
    sourced_days,
    touched_days,
    whole_months,
    windows,
)

_TEXTS = (
    "load_id package_id stream contract format format_version gateway timezone "
    "source_path source_sha256 content_sha256 landed_at"
)
_NUMBERS = (
    "source_bytes source_mtime_ns content_bytes read_count landed_count "
    "quarantined_count ignored_count masked_count unread_count package_size"
)
_ENTRY = LedgerEntry(
    **dict.fromkeys(_TEXTS.split(), ""),
    **dict.fromkeys(_NUMBERS.split(), 0),
    **dict.fromkeys(("is_growable", "is_truncated", "is_demo"), False),
    quarantined_by_reason={},
    ignored_by_reason={},
    **dict.fromkeys(("min_time", "max_time", "quarantine_path", "content_key")),
    **dict.fromkeys(("files", "replaces"), ()),
)


def entry(*days, rows=1, stream="gateway_requests"):
    files = tuple(
        LakeFile(f"{stream}/x", f"2026-01-{day:02d}", "", "", "", rows, 0)
        for day in days
    )
    return replace(_ENTRY, files=files)


def held(entries, *names):
    return {name: entries[name].fingerprint for name in names}


def day(number):
    return date(2026, 1, number)


def test_a_new_load_touches_its_days_and_those_that_it_can_change():
    entries = {"old": entry(*range(1, 20)), "new": entry(10)}
    assert touched_days(entries, entries, held(entries, "old")) == {
        day(n) for n in range(8, 13)
    }


def test_a_changed_owner_touches_the_day_before_where_it_has_records():
    live = {"a": entry(3, 5, 6, 9)}
    assert owned_days({day(6), day(9)}, live) == {day(5), day(6), day(9)}


def test_another_source_touches_the_days_around_where_they_have_records():
    live = {"a": entry(1, 2, 4, 6, 7, 8, 9)}
    assert sourced_days({day(6)}, live) == {day(4), day(6), day(7), day(8)}


def test_days_without_records_are_not_built():
    entries = {"old": entry(1, 9, 12), "new": entry(10)}
    assert touched_days(entries, entries, held(entries, "old")) == {
        day(9),
        day(10),
        day(12),
    }


def test_a_replaced_load_touches_its_old_days_too():
    entries = {"old": entry(3), "new": entry(10)}
    live = {"new": entries["new"]}
    assert touched_days(entries, live, held(entries, "old")) == {day(3), day(10)}


def test_nothing_new_touches_nothing():
    entries = {"old": entry(3)}
    assert touched_days(entries, entries, held(entries, "old")) == set()


def test_an_entry_that_changed_is_a_new_load():
    entries = {"old": entry(3)}
    assert touched_days(entries, entries, {"old": "as it was"}) == {day(3)}


def test_a_load_that_left_the_ledger_is_noticed():
    with pytest.raises(KeyError):
        touched_days({}, {}, {"gone": ""})


@given(st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 31))))
def test_windows_cover_exactly_the_days(days):
    covered = [
        first + timedelta(days=offset)
        for first, last in windows(days)
        for offset in range((last - first).days + 1)
    ]
    assert covered == sorted(days)


@given(st.sets(st.dates(date(2025, 12, 1), date(2026, 3, 31)), min_size=1))
def test_whole_months_cover_the_days_and_whole_months(days):
    covered = whole_months(days)
    assert covered >= days
    assert {d.replace(day=1) for d in covered} == {d.replace(day=1) for d in days}
    for day_ in covered:
        assert (day_ + timedelta(days=1)).month != day_.month or (
            day_ + timedelta(days=1) in covered
        )


@pytest.mark.parametrize(
    ("days", "rows", "expected"),
    [(8, 1, "day"), (9, 1, "month"), (9, 2_000_000, "day")],
)
def test_many_days_are_built_by_month_unless_a_month_is_large(days, rows, expected):
    live = {"a": entry(*range(1, days + 1), rows=rows)}
    assert batch_size(all_days(live), live) == expected


def test_days_of_what_no_model_by_day_reads_are_not_built():
    entries = {"a": entry(5), "b": entry(5, 9, stream="product_events")}
    assert touched_days(entries, entries, {"a": entries["a"].fingerprint}) == set()
