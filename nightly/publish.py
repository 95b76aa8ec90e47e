"""Publishing: all or nothing, and readers of yesterday's books keep reading them.

`published/` is a symlink to `.published/<run_id>/`; a new run is written beside,
checked, and swapped in by one rename.
"""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from loaders.errors import NotPublished
from loaders.home import Home
from loaders.json_files import read_json, sync_folder, write_json
from loaders.ledger import Ledger
from loaders.sql import identifier
from nightly.audit import passed_audit
from nightly.database import opened
from nightly.dbt import PROJECT
from nightly.warehouse import read_absorbed

_DATABASE = "tollbook.duckdb"
_MANIFEST = "tollbook.json"
_GRACE_S = 600


@dataclass(frozen=True)
class Published:
    """What a publish did.

    Attributes:
        run_id: The run that is published now.
        is_new: False where the books were published already.
        manifest: Contents of `tollbook.json`.
    """

    run_id: str
    is_new: bool
    manifest: dict[str, Any]


def publish(home: Home) -> Published:
    """Publish the audited warehouse.

    Raises:
        NotPublished: Nothing is built, days are not audited, or the copy does not hold
            what the warehouse holds. What was published before stays.
    """
    absorbed = read_absorbed(home.warehouse)
    if absorbed is None:
        raise NotPublished("nothing is built yet; run: tollbook build")
    audited = passed_audit(home, absorbed)
    if audited is None:
        raise NotPublished("no audit has passed these books; run: tollbook audit")
    if home.warehouse.with_name(_DATABASE + ".wal").exists():
        raise NotPublished(f"{home.warehouse} is not checkpointed; run: tollbook build")
    tables = _tables(home.warehouse)
    current = current_manifest(home)
    if current and (current["books"], current["tables"]) == (absorbed.books, tables):
        return Published(current["run_id"], is_new=False, manifest=current)
    ledger = Ledger(home.lake)
    run_id = _new_run_id(home)
    folder = home.path / ".published" / run_id
    folder.mkdir(parents=True)
    manifest = {
        "run_id": run_id,
        "code_commit": _commit(),
        "books": absorbed.books,
        "has_demo_data": any(entry.is_demo for entry in ledger.live.values()),
        "data_complete_through": ledger.data_complete_through,
        "tests": {
            "passed": audited.passed_count,
            "warned": [broken.test for broken in audited.warned],
            "failed": [],
        },
        "tables": tables,
    }
    try:
        _copy_marts(home.warehouse, folder / _DATABASE)
        if _tables(folder / _DATABASE) != tables:
            raise NotPublished(f"the copy of {home.warehouse} differs from it")
        # Written last: a run without it was killed.
        write_json(folder / _MANIFEST, manifest, mode=0o444)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _swap(home, folder)
    _forget_old_runs(home)
    return Published(run_id, is_new=True, manifest=manifest)


def current_manifest(home: Home) -> dict[str, Any] | None:
    """`tollbook.json` of the published run."""
    if not (home.published / _DATABASE).exists():
        return None
    return read_json(home.published / _MANIFEST)


def stray_wals(home: Home) -> list[Path]:
    """Write-ahead logs that a reader left by opening a book for writing."""
    return sorted((home.path / ".published").glob("*/*.wal"))


def mart_names() -> list[tuple[str, str]]:
    """(schema, table) of every mart of the project."""
    marts = (PROJECT / "models" / "marts").glob("*/*")
    return sorted(
        (path.parent.name, path.stem)
        for path in marts
        if path.suffix in (".sql", ".py")
    )


def _copy_marts(warehouse: Path, target: Path) -> None:
    """Copy the file and leave nothing in it but marts."""
    shutil.copyfile(warehouse, target)
    with opened(target) as con:
        schemas = con.execute(
            "select schema_name from duckdb_schemas() where not internal"
        ).fetchall()
        areas = {area for area, _ in mart_names()}
        for (schema,) in schemas:
            if schema not in areas | {"main"}:
                con.execute(f"drop schema {identifier(schema)} cascade")
        for schema, table in _all_tables(con):
            if (schema, table) not in mart_names():
                con.execute(f"drop table {identifier(schema)}.{identifier(table)}")
        con.execute("checkpoint")
    target.chmod(0o444)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _tables(database: Path) -> dict[str, dict[str, object]]:
    """Rows and an order-free content hash of every mart."""
    found: dict[str, dict[str, object]] = {}
    with opened(database, read_only=True) as con:
        for schema, table in sorted(set(_all_tables(con)) & set(mart_names())):
            rows, content = con.execute(
                f"""
                select count(*), md5(cast(sum(hash(mart)) as varchar))
                from {identifier(schema)}.{identifier(table)} as mart
                """
            ).fetchall()[0]
            found[f"{schema}.{table}"] = {"rows": rows, "content": content}
    return found


def _all_tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute("select schema_name, table_name from duckdb_tables()").fetchall()


def _swap(home: Home, folder: Path) -> None:
    beside = home.path / ".published" / "next"
    beside.unlink(missing_ok=True)
    beside.symlink_to(folder.relative_to(home.path))
    os.replace(beside, home.published)
    sync_folder(home.path)


def _forget_old_runs(home: Home) -> None:
    found = sorted((home.path / ".published").iterdir())
    runs = [path for path in found if path.is_dir() and not path.is_symlink()]
    finished = [run for run in runs if (run / _MANIFEST).exists()]
    kept = {home.published.resolve(), *finished[-home.settings.keep_published_runs :]}
    kept |= {run for run in finished if _is_recent(run)}
    for run in runs:
        if run not in kept and run.resolve() not in kept:
            shutil.rmtree(run, ignore_errors=True)


def _is_recent(run: Path) -> bool:
    """A reader may have followed the link to it and not have opened it yet."""
    return time.time() - run.stat().st_mtime < _GRACE_S


def _new_run_id(home: Home) -> str:
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    # Numbered on from the last one of this second: run ids sort by time.
    taken = [run.name for run in (home.path / ".published").glob(f"{now}-*")]
    last = max((int(name.rpartition("-")[2]) for name in taken), default=0)
    return f"{now}-{last + 1:02d}"


def _commit() -> str | None:
    """The code's commit, `+` where the tree was changed; None outside git."""
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+"],  # noqa: S607
            cwd=PROJECT, capture_output=True, text=True, check=True, timeout=10,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
