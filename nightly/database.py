"""Opening a warehouse within the memory that a night may take."""

import os
from pathlib import Path

import duckdb

from loaders.errors import SettingsError

# Of DuckDB; the rest of the process needs half a gigabyte more. dbt is told the same.
MEMORY = os.environ.get("TOLLBOOK_MEMORY") or "2500MB"


def opened(database: Path, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Connect to a DuckDB file; close it, or use it as a context.

    Raises:
        SettingsError: `TOLLBOOK_MEMORY` is no size.
    """
    try:
        return duckdb.connect(
            str(database), read_only=read_only, config={"memory_limit": MEMORY}
        )
    except duckdb.ParserException as error:
        raise SettingsError(f"TOLLBOOK_MEMORY: {MEMORY} is no size") from error
