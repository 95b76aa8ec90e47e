"""Whether the books keep their promises: dbt's tests on the days built since."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from loaders.errors import NotPublished
from loaders.home import Home
from loaders.json_files import read_json, write_json
from loaders.ledger import Ledger
from nightly.build import one_contract, run_views
from nightly.days import all_days, windows
from nightly.dbt import Dbt, NodeResult
from nightly.warehouse import Absorbed, distrust, end_audit, read_absorbed


@dataclass(frozen=True)
class Broken:
    """A test that did not pass.

    Attributes:
        test: Its name.
        failing_rows: Rows that it found; None where it could not run.
        message: dbt's message.
    """

    test: str
    failing_rows: int | None
    message: str | None


@dataclass(frozen=True)
class Audited:
    """What an audit found; `failed` stops a publish, `warned` does not.

    Attributes:
        books: Identity of the books that it looked at.
        passed_count: Tests without a finding.
        warned: Tests of severity `warn` with findings.
        failed: Tests that found a broken promise or could not run.
    """

    books: str
    passed_count: int
    warned: tuple[Broken, ...]
    failed: tuple[Broken, ...]


def audit(home: Home, full: bool = False) -> Audited:
    """Run every data test on the days that no audit has passed yet.

    Args:
        home: The installation.
        full: Look at every day.

    Returns:
        The findings, kept for the publish in `build/audit.json`.

    Raises:
        NotPublished: There is nothing to audit yet.
    """
    absorbed = read_absorbed(home.warehouse)
    if absorbed is None or absorbed.building is not None:
        raise NotPublished("no build is complete; run: tollbook build")
    ledger = Ledger(home.lake)
    days = None if full else [
        [first.isoformat(), last.isoformat()]
        for first, last in windows(absorbed.unaudited)
    ]  # fmt: skip
    dbt = Dbt(home.path, home.warehouse, is_one_contract=one_contract(ledger))
    try:
        run_views(dbt)
        results = dbt.invoke(
            "test", "--exclude-resource-type", "unit_test",
            "--vars", json.dumps({"audited_days": days}), select="*",
        )  # fmt: skip
    finally:
        dbt.close()
    audited = findings(absorbed.books, results)
    write_json(_audit_file(home), asdict(audited))
    if not audited.failed:
        end_audit(home.warehouse)
    elif full:
        distrust(home.warehouse, all_days(ledger.live))
    return audited


def findings(books: str, results: Iterable[NodeResult]) -> Audited:
    """What dbt's tests found in these books."""
    found = {"pass": [], "warn": [], "fail": []}  # type: dict[str, list[Broken]]
    for result in results:
        kind = result.status if result.status in found else "fail"
        found[kind].append(Broken(result.name, result.failures, result.message))
    return Audited(
        books,
        len(found["pass"]),
        tuple(found["warn"]),
        tuple(found["fail"]),
    )


def passed_audit(home: Home, absorbed: Absorbed) -> Audited | None:
    """The audit that the books as they are have passed, if they have."""
    audited = _last_audit(home)
    if audited is None or audited.failed or audited.books != absorbed.books:
        return None
    is_open = absorbed.unaudited or absorbed.building is not None
    return None if is_open else audited


def _last_audit(home: Home) -> Audited | None:
    raw = read_json(_audit_file(home))
    if raw is None:
        return None
    return Audited(
        raw["books"],
        raw["passed_count"],
        tuple(Broken(**broken) for broken in raw["warned"]),
        tuple(Broken(**broken) for broken in raw["failed"]),
    )


def _audit_file(home: Home) -> Path:
    return home.build / "audit.json"
