"""What a person or a scheduler sees: bars on a terminal, plain lines elsewhere."""

import os
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from loaders.home import Settings
from loaders.ledger import LedgerEntry
from loaders.outcome import Outcome

_SECONDS_BETWEEN_LINES = 10.0
# quality.fct_loads and quality.fct_rejected_records name the others.
_MOST_FILES_NAMED = 3
# Progress goes to stderr, so that `tollbook status --json | jq` stays clean.
_err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
_out = Console(highlight=False, soft_wrap=True, emoji=False)


def say(line: str) -> None:
    """One line of progress."""
    _err.print(line, markup=False)


def tell(line: str) -> None:
    """One line of the result."""
    _out.print(line, markup=False)


@contextmanager
def file_progress(step: str = "load") -> Iterator[Callable[[str, int, int], None]]:
    """A bar over files on a terminal; a line now and then elsewhere."""
    if not sys.stderr.isatty():
        yield _every(_SECONDS_BETWEEN_LINES, step)
        return
    columns = (
        TextColumn(step),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Progress(*columns, console=_err, transient=True) as bar:
        task = bar.add_task(step, name="", total=None)

        def show(name: str, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, name=name)

        yield show


def _every(seconds: float, step: str) -> Callable[[str, int, int], None]:
    """A line now and then: a log of thousands of files stays readable."""
    last = time.monotonic()

    def show(name: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            say(f"{step}: {done + 1} of {total}, {name}")

    return show


@dataclass
class Stopwatch:
    """How long each step of a night took, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step, also one that fails."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = time.monotonic() - start


def tell_loads(outcomes: list[Outcome]) -> None:
    """What came in, what was refused and why."""
    landed = [outcome for outcome in outcomes if outcome.status == "landed"]
    entries = [outcome.entry for outcome in landed if outcome.entry]
    read = sum(entry.read_count for entry in entries)
    kept = sum(entry.landed_count for entry in entries)
    known = sum(outcome.status == "known" for outcome in outcomes)
    tell(
        f"files     {len(landed)} new, {known} known; "
        f"{read:,} records read, {kept:,} landed"
    )
    for line in _by_file(entries):
        tell(line)
    for outcome in outcomes:
        if outcome.status in _WORDS:
            word, why = _WORDS[outcome.status]
            tell(f"{word:<9} {outcome.name}{why or f': {outcome.reason}'}")


_WORDS = {
    "empty": ("empty", ": nothing in it yet"),
    "not_recognised": (
        "unknown",
        ": no format recognises it; see tollbook load --format",
    ),
    "failed": ("failed", ""),
}


def _by_file(entries: list[LedgerEntry]) -> Iterator[str]:
    """A line for each file of which something is to be said, or few for many."""
    refused: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for entry in entries:
        for reason, count in entry.quarantined_by_reason.items():
            refused[reason].append((count, entry.source_path))
    masked = [(e.masked_count, e.source_path) for e in entries if e.masked_count]
    for reason, found in sorted(refused.items()):
        yield from _counted("rejected", f"× {reason}", found)
    yield from _counted("masked", "values", masked)
    unread = [(e.unread_count, e.source_path) for e in entries if e.unread_count]
    yield from _counted("unread", "values", unread)
    for entry in entries:
        if entry.is_truncated:
            yield f"cut short {entry.source_path}: landed what was there"


def _counted(word: str, what: str, found: list[tuple[int, str]]) -> Iterator[str]:
    if len(found) > _MOST_FILES_NAMED:
        total = sum(count for count, _ in found)
        yield f"{word:<9} {total:,} {what} in {len(found)} files"
        return
    for count, path in found:
        yield f"{word:<9} {count:,} {what} in {path}"


def needs_attention(outcomes: list[Outcome], settings: Settings) -> list[str]:
    """Why a load ends with 4: files left alone, or too many records refused."""
    reasons = []
    left = [o.name for o in outcomes if o.status in ("not_recognised", "failed")]
    if left:
        reasons.append(f"{len(left)} files were not loaded")
    entries = [o.entry for o in outcomes if o.status == "landed" and o.entry]
    read = sum(entry.read_count for entry in entries)
    refused = sum(entry.quarantined_count for entry in entries)
    if refused > settings.max_rejected_ratio * read:
        reasons.append(f"{refused:,} of {read:,} records were rejected")
    return reasons


def bug_report(error: Exception) -> str:
    """Where it happened; the message only on request, for it may quote a record."""
    if os.environ.get("TOLLBOOK_DEBUG"):
        return "".join(traceback.format_exception(error))
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"  {Path(f.filename).name}:{f.lineno} {f.name}" for f in frames[-5:]]
    return "\n".join(
        [
            f"this is a bug in tollbook ({type(error).__name__}); nothing was lost.",
            *where,
            "Run again with TOLLBOOK_DEBUG=1 for the whole of it.",
        ]
    )


def plain(value: object) -> str:
    """A value of `tollbook status` as a person reads it."""
    match value:
        case None:
            return "-"
        case dict():
            return ", ".join(f"{k} {plain(v)}" for k, v in value.items()) or "-"
        case list():
            return ", ".join(plain(item) for item in value) or "-"
        case _:
            return str(value)
