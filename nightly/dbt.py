"""dbt inside this process: parsed once, quiet, and closed when done.

dbt never closes DuckDB by itself; until `close`, the warehouse's main file is stale and
locked.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from loaders.errors import BuildFailed
from nightly.database import MEMORY

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).resolve().parents[1]


class Target(StrEnum):
    """An engine that can build the books."""

    DUCKDB = "duckdb"
    SPARK = "spark"


@dataclass(frozen=True)
class NodeResult:
    """What one model or test came to.

    Attributes:
        name: Model or test.
        status: dbt's word: `success`, `pass`, `warn`, `fail`, `error`, `skipped`.
        failures: Rows that a test found; None for models.
        message: dbt's message. May quote SQL; the lake holds no raw identifiers.
    """

    name: str
    status: str
    failures: int | None
    message: str | None


class Dbt:
    """One parsed project against one warehouse file."""

    def __init__(
        self,
        home: Path,
        warehouse: Path,
        batch_size: str = "day",
        is_one_contract: bool = False,
        target: Target = Target.DUCKDB,
    ) -> None:
        # Imported here: it takes a second that `tollbook --help` need not wait for.
        from dbt.cli.main import dbtRunner

        # Apart, or each engine would throw away what dbt parsed for the other.
        folder = "dbt" if target is Target.DUCKDB else f"{target}/dbt"
        self._folder = home / "build" / folder
        self._target = target
        self.batch_size = batch_size
        self._errors: list[str] = []
        self._environment = {
            "TOLLBOOK_HOME": str(home),
            "TOLLBOOK_WAREHOUSE": str(warehouse),
            "TOLLBOOK_BATCH": batch_size,
            "TOLLBOOK_MEMORY": MEMORY,
            "TOLLBOOK_OLD_FILES": "false" if is_one_contract else "true",
            "DO_NOT_TRACK": "1",
        }
        # On a full disk dbt's log would print a traceback for each line it cannot hold.
        logging.raiseExceptions = False
        warehouse.parent.mkdir(parents=True, exist_ok=True)
        with self._in_environment():
            parsed = dbtRunner().invoke([*self._common(), "parse", *self._paths()])
            if not parsed.success:
                raise BuildFailed(f"dbt cannot parse the project: {parsed.exception}")
            manifest = cast("Manifest", parsed.result)
            self._runner = dbtRunner(manifest=manifest, callbacks=[self._note])

    def invoke(
        self, *arguments: str, select: str, exclude: str = ""
    ) -> list[NodeResult]:
        """Run one dbt command; failed nodes are results, not exceptions.

        Raises:
            BuildFailed: dbt itself gave up (a compilation error, a missing file).
        """
        selection = ["--select", *select.split()]
        if exclude:
            selection += ["--exclude", *exclude.split()]
        with self._in_environment():
            done = self._runner.invoke(
                [*self._common(), *arguments, *selection, *self._paths()]
            )
        if done.exception is not None:
            raise BuildFailed(f"dbt {arguments[0]}: {done.exception}")
        return [_node_result(result) for result in _results(done.result)]

    def run(self, *arguments: str, select: str, exclude: str = "") -> None:
        """Build models.

        Raises:
            BuildFailed: One of them failed; the message names it.
        """
        self._errors.clear()
        for result in self.invoke("run", *arguments, select=select, exclude=exclude):
            if result.status != "success":
                # Of a failed batch dbt's result says only that it failed.
                why = "; ".join([str(result.message), *self._errors[:3]])
                raise BuildFailed(f"model {result.name}: {why}")

    def run_operation(self, macro: str) -> None:
        """Run a macro that no model calls.

        Raises:
            BuildFailed: It failed.
        """
        with self._in_environment():
            done = self._runner.invoke(
                [*self._common(), "run-operation", macro, *self._paths()]
            )
        if not done.success:
            raise BuildFailed(f"macro {macro}: {done.exception or done.result}")

    def close(self) -> None:
        """Checkpoint and release the warehouse."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.adapters.factory import reset_adapters

        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        reset_adapters()  # type: ignore[no-untyped-call]

    def _note(self, event: Any) -> None:  # noqa: ANN401  dbt's protobuf
        if event.info.level == "error" and event.info.name.startswith("RunResult"):
            self._errors.append(" ".join(event.info.msg.split()))

    def _common(self) -> Sequence[str]:
        # To a file for whoever debugs; the night prints its own summary.
        return (
            "--log-level", "none", "--log-level-file", "info",
            "--log-path", str(self._folder / "logs"), "--no-use-colors",
        )  # fmt: skip

    def _paths(self) -> Sequence[str]:
        target = str(self._folder / "target")
        return (
            "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
            "--target-path", target, "--target", self._target,
        )  # fmt: skip

    @contextmanager
    def _in_environment(self) -> Iterator[None]:
        before: Mapping[str, str] = dict(os.environ)
        os.environ.update(self._environment)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def _results(result: object) -> Iterator[Any]:
    yield from getattr(result, "results", None) or ()


def _node_result(result: Any) -> NodeResult:  # noqa: ANN401  dbt has no name for it
    return NodeResult(
        name=result.node.name,
        status=str(result.status),
        failures=result.failures,
        message=result.message,
    )
