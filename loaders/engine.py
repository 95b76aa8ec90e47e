"""The DuckDB that projects vendors' text, and the words that projections may use."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from loaders import endpoints, error_codes, usage
from loaders.errors import LakeUnwritable

Connection = duckdb.DuckDBPyConnection
_VOCABULARY = Path(__file__).with_name("vocabulary.sql")
_SPILL = "tollbook-spill-"


@contextmanager
def engine() -> Iterator[Connection]:
    """A private in-memory DuckDB; what it spills is deleted with its folder."""
    _sweep_spilled()
    with tempfile.TemporaryDirectory(prefix=f"{_SPILL}{os.getpid()}-") as spill:
        con = duckdb.connect(config={"temp_directory": spill, "memory_limit": "2GB"})
        try:
            con.execute("set TimeZone = 'UTC'")
            # It turns a long IN list into a join, and a join loses the file's order.
            con.execute("set disabled_optimizers = 'in_clause'")
            con.execute(_VOCABULARY.read_text())
            con.execute(usage.macros())
            con.execute(error_codes.macro())
            con.execute(endpoints.macros())
            yield con
        finally:
            con.close()


def no_room(error: duckdb.Error) -> LakeUnwritable | None:
    """The disk that the work spills to is full: no fault of the file at hand."""
    if "No space left" not in str(error):
        return None
    return LakeUnwritable(f"{tempfile.gettempdir()}: No space left on device")


def _sweep_spilled() -> None:
    """Delete what runs that were killed spilled: it holds text of requests."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_SPILL}*"):
        process = folder.name.removeprefix(_SPILL).partition("-")[0]
        if process.isdigit() and not Path(f"/proc/{process}").exists():
            shutil.rmtree(folder, ignore_errors=True)
