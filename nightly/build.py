"""Building the books: the touched days of additive facts, then everything else."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from loaders.compiled_ledger import compile_ledger
from loaders.errors import BuildFailed
from loaders.formats import registry
from loaders.home import Home
from loaders.lake import prepare
from loaders.ledger import Ledger
from loaders.seeds import compile_seeds
from loaders.streams import contract_of
from nightly.days import (
    Window,
    all_days,
    batch_size,
    owned_days,
    sourced_days,
    touched_days,
    whole_months,
    windows,
)
from nightly.dbt import Dbt
from nightly.lookups import (
    NAMES,
    OWNERS,
    PRICES,
    SOURCES,
    days_of_changed_lookups,
)
from nightly.warehouse import begin_build, code_hash, end_build, read_absorbed

_MICROBATCH = "config.incremental_strategy:microbatch"
# What microbatch models read that has no day; them and the views between them.
_LOOKUPS = (f"+{_MICROBATCH}", f"{_MICROBATCH}+")
_BY_DAY = f"+{_MICROBATCH},{_MICROBATCH}+"
# What tiers and names, and what prices alone, are read by.
_METERED = f"int_usage_daily+,{_MICROBATCH}"
_RATED = f"fct_cost_lines+,{_MICROBATCH}"
# Before any record: makes the tables of an empty book.
_NO_DAYS: Window = (date(2015, 1, 1), date(2015, 1, 1))

Say = Callable[[str], None]


@dataclass(frozen=True)
class Built:
    """What a build did.

    Attributes:
        is_full: Everything was built anew, into a new file.
        days: Days that were built.
    """

    is_full: bool
    days: frozenset[date]


def build(home: Home, full: bool = False, say: Say = lambda line: None) -> Built:
    """Bring the warehouse up to the ledger.

    Without a finished build, or where the code changed, everything is built into a new
    file that then takes the old one's place; otherwise only touched days are. What is
    derived from them is built in any case where loads or a home's rule tables changed.

    Args:
        home: The installation.
        full: Build everything anew in any case.
        say: Told what is being done, line by line.

    Raises:
        SettingsError: A rule table cannot be understood; nothing was built.
        BuildFailed: A model failed. The next build starts over from the same days.
    """
    rules = compile_seeds(home.path, home.build / "seeds")
    ledger = prepare(home.lake)
    live = ledger.live
    compile_ledger(ledger, home.build / "ledger")
    code = code_hash()
    absorbed = read_absorbed(home.warehouse)
    if absorbed is None or absorbed.code != code or full:
        return _build_new_file(home, ledger, code, rules, say)
    try:
        days = touched_days(ledger.entries, live, absorbed.loads)
    except KeyError:
        say("build: a load left the ledger; building everything")
        return _build_new_file(home, ledger, code, rules, say)
    held = {key: entry.fingerprint for key, entry in live.items()}
    is_same = (absorbed.loads, absorbed.rules) == (held, rules)
    if not is_same or absorbed.building is not None:
        # A build that was killed left days of loads that may be gone by now.
        days |= absorbed.building or set()
        days = _build_into(home, home.warehouse, ledger, days, say)
        end_build(home.warehouse, code, live, rules)
    return Built(is_full=False, days=frozenset(days))


def _build_new_file(
    home: Home, ledger: Ledger, code: str, rules: Mapping[str, str], say: Say
) -> Built:
    # Its own folder and not its own name: DuckDB names the database after the file.
    folder = home.build / "full"
    shutil.rmtree(folder, ignore_errors=True)
    new = folder / home.warehouse.name
    days = _build_into(home, new, ledger, all_days(ledger.live), say)
    end_build(new, code, ledger.live, rules)
    if _wal(new).exists() or read_absorbed(new) is None:
        raise BuildFailed(f"{new} could not be written whole; is the disk full?")
    # A leftover WAL of the old file would be replayed into the new one.
    _wal(home.warehouse).unlink(missing_ok=True)
    os.replace(new, home.warehouse)
    shutil.rmtree(folder)
    return Built(is_full=True, days=frozenset(days))


def _build_into(
    home: Home, warehouse: Path, ledger: Ledger, days: set[date], say: Say
) -> set[date]:
    is_new = not warehouse.exists()
    begin_build(warehouse, days)
    size = batch_size(days, ledger.live)
    dbt = Dbt(home.path, warehouse, size, one_contract(ledger))
    try:
        run_lookups(dbt, say)
        dbt.close()
        if not is_new:
            owned = days_of_changed_lookups(warehouse, OWNERS)
            sourced = days_of_changed_lookups(warehouse, SOURCES)
            days = days | owned_days(owned, ledger.live)
            days |= sourced_days(sourced, ledger.live)
            named = days_of_changed_lookups(warehouse, NAMES)
            repriced = days_of_changed_lookups(warehouse, PRICES)
        else:
            named, repriced = set[date](), set[date]()
        if batch_size(days | named | repriced, ledger.live) != size:
            size = batch_size(days | named | repriced, ledger.live)
            dbt = Dbt(home.path, warehouse, size, one_contract(ledger))
        if size == "month":
            days, named, repriced = map(whole_months, (days, named, repriced))
        begin_build(warehouse, days | named | repriced)
        run_days(dbt, days, is_new, say)
        # A price that changed leaves the requests as they are.
        run_days(dbt, named - days, False, say, _METERED)
        run_days(dbt, repriced - named - days, False, say, _RATED)
        run_derived(dbt, say)
    finally:
        dbt.close()
    return days | named | repriced


def run_lookups(dbt: Dbt, say: Say) -> None:
    """Phase 1: everything upstream that has no day."""
    say("build: sources and lookups")
    dbt.run(select=_LOOKUPS[0], exclude=_LOOKUPS[1])


def run_days(
    dbt: Dbt, days: set[date], is_new: bool, say: Say, select: str = _BY_DAY
) -> None:
    """Phase 2: models by day, once per contiguous range."""
    for first, last in windows(days) or ([_NO_DAYS] if is_new else []):
        say(f"build: {first} to {last}, by {dbt.batch_size}")
        dbt.run(
            "--event-time-start", first.isoformat(),
            "--event-time-end", (last + timedelta(days=1)).isoformat(),
            select=select,
        )  # fmt: skip


def run_derived(dbt: Dbt, say: Say) -> None:
    """Phase 3: the rest, once."""
    say("build: everything that is derived")
    dbt.run(select="*", exclude=f"+{_MICROBATCH}")


def run_views(dbt: Dbt) -> None:
    """Build the views that tables and tests read; they hold this home's paths."""
    views = "config.materialized:view"
    dbt.run(select=f"path:models/staging {_LOOKUPS[0]},{views}", exclude=_LOOKUPS[1])


def one_contract(ledger: Ledger) -> bool:
    """Whether every live file has the contract's columns as they are today."""
    known = {name: contract_of(f.streams) for name, f in registry().items()}
    return all(
        entry.contract == known.get(entry.format) for entry in ledger.live.values()
    )


def _wal(warehouse: Path) -> Path:
    return warehouse.with_name(warehouse.name + ".wal")
