"""One night: load, build, audit, publish, and what to tell whoever reads the mail."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loaders.errors import NotPublished
from loaders.home import Home
from loaders.inbox import load_inbox, load_prices
from loaders.json_files import read_json, write_json
from loaders.outcome import Outcome
from nightly.audit import Audited, audit, passed_audit
from nightly.build import Built, build
from nightly.console import (
    Stopwatch,
    file_progress,
    needs_attention,
    say,
    tell,
    tell_loads,
)
from nightly.exits import DONE, NEEDS_ATTENTION, NOT_PUBLISHED, meaning
from nightly.publish import Published, publish, stray_wals
from nightly.warehouse import read_absorbed


@dataclass(frozen=True)
class NightResult:
    """How a night ended.

    Attributes:
        exit_code: For the scheduler.
        reasons: Why it is not 0.
        seconds: How long each step took.
        run_id: What is published now; None where nothing is.
    """

    exit_code: int
    reasons: tuple[str, ...]
    seconds: dict[str, float]
    run_id: str | None


def night(home: Home) -> NightResult:
    """Run every step in order; a step that fails leaves yesterday's books published."""
    watch = Stopwatch()
    outcomes: list[Outcome] = []
    reasons: list[str] = []
    run_id: str | None = None
    try:
        with watch.step("load"), file_progress() as progress:
            outcomes = load_prices(home) + load_inbox(home, progress=progress)
        tell_loads(outcomes)
        with watch.step("build"):
            built = build(home, say=say)
        tell_built(built)
        with watch.step("audit"):
            _audit_what_is_new(home)
        with watch.step("publish"):
            done = publish(home)
        run_id = done.run_id
        tell_published(home, done)
        for wal in stray_wals(home):
            tell(f"stray     {wal}: a reader opened that book for writing")
        reasons = needs_attention(outcomes, home.settings)
        exit_code = NEEDS_ATTENTION if reasons else DONE
    except Exception as error:
        known = meaning(error)
        if known is None or known[0] != NOT_PUBLISHED:
            raise
        exit_code, reasons = known[0], [known[1]]
    result = NightResult(exit_code, tuple(reasons), watch.seconds, run_id)
    tell("took      " + ", ".join(f"{k} {v:.1f} s" for k, v in watch.seconds.items()))
    for reason in reasons:
        tell(f"attention {reason}")
    _remember(home, result)
    return result


def _audit_what_is_new(home: Home) -> None:
    absorbed = read_absorbed(home.warehouse)
    if absorbed and passed_audit(home, absorbed):
        tell("tests     nothing new to test")
        return
    say("audit: data tests")
    tell_audit(audit(home))


def tell_built(built: Built) -> None:
    """Print what a build did."""
    tell(f"built     {len(built.days)} days{' (all)' if built.is_full else ''}")


def tell_published(home: Home, done: Published) -> None:
    """Print what is published, and whether it is new."""
    state = "new books" if done.is_new else "unchanged since"
    tell(f"published {home.published / 'tollbook.duckdb'} ({state} {done.run_id})")


def tell_audit(audited: Audited) -> None:
    """Print what the tests found.

    Raises:
        NotPublished: One of them failed.
    """
    tell(f"tests     {audited.passed_count} passed, {len(audited.warned)} warned")
    for kind, found in (("warned", audited.warned), ("failed", audited.failed)):
        for broken in found:
            rows = (
                "could not run"
                if broken.failing_rows is None
                else f"{broken.failing_rows} rows"
            )
            tell(f"{kind:<9} {broken.test}: {rows}")
    if audited.failed:
        total = audited.passed_count + len(audited.warned) + len(audited.failed)
        raise NotPublished(
            f"not published: {len(audited.failed)} of {total} tests failed"
        )


def last_night(home: Home) -> dict[str, Any] | None:
    """How the last night ended, from `build/night.json`."""
    return read_json(_file(home))


def _remember(home: Home, result: NightResult) -> None:
    seconds = {step: round(took, 3) for step, took in result.seconds.items()}
    with suppress(OSError):  # the exit code still tells
        write_json(_file(home), asdict(result) | {"seconds": seconds})


def _file(home: Home) -> Path:
    return home.build / "night.json"
