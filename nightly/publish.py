"""Publishing: all or nothing, and readers of yesterday's books keep reading them.

`published/` is a symlink to `.published/<run_id>/`; a new run is written beside,
checked, and swapped in by one rename.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from loaders.errors import NotPublished
from loaders.home import Home
from loaders.ledger import Ledger, sync_folder
from loaders.sql import quoted
from nightly.audit import passed_audit
from nightly.dbt import PROJECT
from nightly.warehouse import read_absorbed

_DATABASE = "tollbook.duckdb"
_MANIFEST = "tollbook.json"
AREAS = (
    "usage",
    "costs",
    "billing",
    "consumers",
    "performance",
    "reliability",
    "capacity",
    "quality",
)


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
    current = current_manifest(home)
    if current and current["books"] == absorbed.books:
        return Published(current["run_id"], is_new=False, manifest=current)
    if home.warehouse.with_name(_DATABASE + ".wal").exists():
        raise NotPublished(f"{home.warehouse} is not checkpointed; run: tollbook build")
    run_id = _new_run_id(home)
    folder = home.path / ".published" / run_id
    folder.mkdir(parents=True)
    try:
        tables = _copy_marts(home.warehouse, folder / _DATABASE)
        manifest = {
            "run_id": run_id,
            "code_commit": _commit(),
            "books": absorbed.books,
            "has_demo_data": _has_demo_data(home),
            "data_complete_through": watermarks(home),
            "tests": {
                "passed": audited.passed_count,
                "warned": [broken.test for broken in audited.warned],
                "failed": [],
            },
            "tables": tables,
        }
        _write_manifest(folder / _MANIFEST, manifest)
        sync_folder(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _swap(home, folder)
    _forget_old_runs(home)
    return Published(run_id, is_new=True, manifest=manifest)


def current_manifest(home: Home) -> dict[str, Any] | None:
    """`tollbook.json` of the published run."""
    try:
        manifest = json.loads((home.published / _MANIFEST).read_text())
    except FileNotFoundError:
        return None
    assert isinstance(manifest, dict)  # noqa: S101  narrows the type; we wrote the file
    return manifest


def stray_wals(home: Home) -> list[Path]:
    """Write-ahead logs that a reader left by opening a book for writing."""
    return sorted((home.path / ".published").glob("*/*.wal"))


def watermarks(home: Home) -> dict[str, str]:
    """`data_complete_through` per stream: its latest live record, UTC."""
    latest: dict[str, str] = {}
    for entry in Ledger(home.lake).live.values():
        if entry.max_time is not None:
            known = latest.get(entry.stream, entry.max_time)
            latest[entry.stream] = max(known, entry.max_time)
    return latest


def _copy_marts(warehouse: Path, target: Path) -> dict[str, dict[str, object]]:
    """Copy the file, keep its marts, and check that they hold what they held."""
    before = _tables(warehouse)
    shutil.copyfile(warehouse, target)
    with duckdb.connect(str(target)) as con:
        schemas = con.execute(
            "select schema_name from duckdb_schemas() where not internal"
        ).fetchall()
        for (schema,) in schemas:
            if schema not in (*AREAS, "main"):
                con.execute(f'drop schema "{schema}" cascade')
        con.execute("checkpoint")
    target.chmod(0o444)
    with target.open("rb") as file:
        os.fsync(file.fileno())
    after = _tables(target)
    if after != before:
        raise NotPublished(f"the copy of {warehouse} does not hold what it holds")
    return after


def _tables(database: Path) -> dict[str, dict[str, object]]:
    """Rows and an order-free content hash of every mart."""
    found: dict[str, dict[str, object]] = {}
    listed = ", ".join(quoted(area) for area in AREAS)
    with duckdb.connect(str(database), read_only=True) as con:
        names = con.execute(
            f"""
            select schema_name, table_name from duckdb_tables()
            where schema_name in ({listed}) order by all
            """
        ).fetchall()
        for schema, table in names:
            rows, content = con.execute(
                f"""
                select count(*), md5(cast(sum(hash(mart)) as varchar))
                from "{schema}"."{table}" as mart
                """
            ).fetchall()[0]
            found[f"{schema}.{table}"] = {"rows": rows, "content": content}
    return found


def _write_manifest(path: Path, manifest: dict[str, Any]) -> None:
    with path.open("w") as file:
        json.dump(manifest, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)


def _swap(home: Home, folder: Path) -> None:
    beside = home.path / ".published" / "next"
    beside.unlink(missing_ok=True)
    beside.symlink_to(folder.relative_to(home.path))
    os.replace(beside, home.published)
    sync_folder(home.path)


def _forget_old_runs(home: Home) -> None:
    runs = sorted(path for path in (home.path / ".published").iterdir())
    # The manifest is written last: a run without one was killed.
    finished = [run for run in runs if (run / _MANIFEST).exists()]
    kept = {home.published.resolve(), *finished[-home.settings.keep_published_runs :]}
    for run in runs:
        if run not in kept:
            shutil.rmtree(run)


def _new_run_id(home: Home) -> str:
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    taken = len(list((home.path / ".published").glob(f"{now}*")))
    return f"{now}-{taken + 1:02d}"


def _has_demo_data(home: Home) -> bool:
    return any(entry.is_demo for entry in Ledger(home.lake).live.values())


def _commit() -> str | None:
    """The code's commit, `+` where the tree was changed; None outside git."""
    try:
        return subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+"],  # noqa: S607
            cwd=PROJECT, capture_output=True, text=True, check=True, timeout=10,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
