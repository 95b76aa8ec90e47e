"""The same books on Spark, in a local session: for a lake that one machine outgrew.

dbt builds the same models, in the same phases, from the same lake. What DuckDB keeps
inside its build file, `build/spark/built.json` keeps here: which loads and which code
the tables hold. It is deleted before a build and written after one, so that a build
that was killed is followed by one of everything. Nothing is published from here.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from loaders.compiled_ledger import compile_ledger
from loaders.errors import NotPublished, SettingsError
from loaders.home import Home
from loaders.json_files import read_json, write_json
from loaders.lake import prepare
from loaders.ledger import Ledger
from loaders.seeds import compile_seeds
from nightly.audit import Audited, findings
from nightly.build import Built, Say, run_days, run_derived, run_lookups
from nightly.days import all_days, batch_size, touched_days, whole_months
from nightly.dbt import Dbt, Target
from nightly.warehouse import code_hash

_OLDEST_JAVA = 17


def build_on_spark(home: Home, full: bool, say: Say) -> Built:
    """Bring Spark's tables up to the ledger.

    A load of the directory or of prices, another rule table or other code has
    everything built anew; else only the touched days are.

    Args:
        home: The installation.
        full: Build everything anew in any case.
        say: Told what is being done, line by line.

    Raises:
        SettingsError: Java or Spark is not installed, or a rule table cannot be
            understood; nothing was built.
        BuildFailed: A model failed. The next build starts over with everything.
    """
    # The metastore knows its tables by where they lie.
    code = f"{code_hash()} {spark_version()} {home.path}"
    rules = compile_seeds(home.path, home.build / "seeds")
    ledger = prepare(home.lake)
    compile_ledger(ledger, home.build / "ledger")
    held = {key: entry.fingerprint for key, entry in ledger.live.items()}
    before = None if full else read_json(_file(home))
    state = {"code": code, "loads": held, "rules": rules}
    if before == state:
        return Built(is_full=False, days=frozenset())
    if before and before.get("rules") != rules:
        before = None
    days = _changed_days(before, ledger, code, held)
    is_full = days is None
    _file(home).unlink(missing_ok=True)
    if days is None:
        shutil.rmtree(_file(home).parent, ignore_errors=True)
        days = all_days(ledger.live)
    # A batch costs seconds here, and a large one no memory that Spark lacks.
    size = "month" if is_full else batch_size(days, ledger.live)
    if size == "month":
        days = whole_months(days)
    dbt = Dbt(home.path, home.warehouse, size, target=Target.SPARK)
    try:
        dbt.run_operation("lake_views")
        run_lookups(dbt, say)
        run_days(dbt, days, is_full, say)
        run_derived(dbt, say)
    finally:
        dbt.close()
    write_json(_file(home), state)
    return Built(is_full, frozenset(days))


def audit_on_spark(home: Home) -> Audited:
    """Run every data test on Spark's tables, on every day.

    Raises:
        SettingsError: Java or Spark is not installed.
        NotPublished: There is nothing to audit yet.
    """
    spark_version()
    built = read_json(_file(home))
    if built is None:
        raise NotPublished("no build is complete; run: tollbook build --target spark")
    dbt = Dbt(home.path, home.warehouse, target=Target.SPARK)
    try:
        results = dbt.invoke("test", "--exclude-resource-type", "unit_test", select="*")
    finally:
        dbt.close()
    return findings(built["code"], results)


def _changed_days(
    before: Mapping[str, Any] | None, ledger: Ledger, code: str, held: Mapping[str, str]
) -> set[date] | None:
    """Days to build; None for everything."""
    if before is None or before["code"] != code:
        return None
    changed = {load for load, _ in held.items() ^ before["loads"].items()}
    if not changed <= ledger.entries.keys():
        return None
    dated = ("directory_", "price_")
    if any(ledger.entries[load].stream.startswith(dated) for load in changed):
        return None
    return touched_days(ledger.entries, ledger.live, before["loads"])


def spark_version() -> str:
    """Version of the Spark that would run.

    Raises:
        SettingsError: It cannot run here; the message says what to install.
    """
    try:
        version("dbt-spark")
        spark = version("pyspark")
    except PackageNotFoundError as error:
        raise SettingsError(
            "Spark is not installed; `make test` installs it, or: "
            ".venv/bin/pip install -e '.[spark]'"
        ) from error
    if _java() < _OLDEST_JAVA:
        raise SettingsError(
            f"Spark needs Java {_OLDEST_JAVA} or later: install a JRE "
            "(Debian: openjdk-17-jre-headless) or set JAVA_HOME"
        )
    return spark


def _java() -> int:
    """Major version of the Java that Spark would start; 0 where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else "java"
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True)  # noqa: S603
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', told.stderr)
    return int(found.group(1)) if found else 0


def _file(home: Home) -> Path:
    return home.build / "spark" / "built.json"
