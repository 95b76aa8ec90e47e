"""One night: load, build, audit, publish, and what to tell whoever reads the mail."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loaders.errors import BuildFailed, LakeUnwritable, NotPublished
from loaders.home import Home
from loaders.inbox import Outcome, load_inbox
from nightly.audit import Audited, audit, passed_audit
from nightly.build import build
from nightly.console import (
    Stopwatch,
    file_progress,
    needs_attention,
    say,
    tell,
    tell_loads,
)
from nightly.publish import publish
from nightly.warehouse import read_absorbed

DONE = 0
BUG = 1
WRONG_USAGE = 2
NOT_PUBLISHED = 3
NEEDS_ATTENTION = 4
ANOTHER_RUN = 5


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
            outcomes = load_inbox(home, progress=progress)
        tell_loads(outcomes)
        with watch.step("build"):
            built = build(home, say=say)
        tell(f"built     {len(built.days)} days{' (all)' if built.is_full else ''}")
        with watch.step("audit"):
            _audit_what_is_new(home)
        with watch.step("publish"):
            done = publish(home)
        run_id = done.run_id
        state = "new books" if done.is_new else "unchanged since"
        tell(f"published {home.published / 'tollbook.duckdb'} ({state} {run_id})")
        reasons = needs_attention(outcomes, home.settings)
        exit_code = NEEDS_ATTENTION if reasons else DONE
    except (BuildFailed, LakeUnwritable, NotPublished) as error:
        reasons = [str(error)]
        exit_code = NOT_PUBLISHED
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
        names = ", ".join(broken.test for broken in audited.failed)
        raise NotPublished(f"not published, failed tests: {names}")


def last_night(home: Home) -> dict[str, Any] | None:
    """How the last night ended, from `build/night.json`."""
    try:
        result = json.loads(_file(home).read_text())
    except FileNotFoundError:
        return None
    assert isinstance(result, dict)  # noqa: S101  narrows the type; we wrote the file
    return result


def _remember(home: Home, result: NightResult) -> None:
    _file(home).parent.mkdir(parents=True, exist_ok=True)
    _file(home).write_text(
        json.dumps(
            {
                "exit_code": result.exit_code,
                "reasons": list(result.reasons),
                "seconds": {k: round(v, 3) for k, v in result.seconds.items()},
                "run_id": result.run_id,
            },
            indent=1,
        )
        + "\n"
    )


def _file(home: Home) -> Path:
    return home.build / "night.json"
