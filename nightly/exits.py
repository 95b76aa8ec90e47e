"""How a run can end, and which of the ends an error means."""

import duckdb

from loaders.errors import SettingsError, TollbookError
from loaders.privacy import masked
from nightly.lock import AnotherRunHoldsTheLock

DONE = 0
BUG = 1
WRONG_USAGE = 2
NOT_PUBLISHED = 3
NEEDS_ATTENTION = 4
ANOTHER_RUN = 5


def meaning(error: Exception) -> tuple[int, str] | None:
    """Exit code and words for the operator; None where the error is a bug."""
    match error:
        case AnotherRunHoldsTheLock():
            return ANOTHER_RUN, str(error)
        case SettingsError():
            return WRONG_USAGE, str(error)
        case TollbookError():
            return NOT_PUBLISHED, str(error)
        case OSError():
            # Of a copy, the file that could not be written.
            path = error.filename2 or error.filename
            where = "" if path is None else f": {masked(str(path))}"
            return NOT_PUBLISHED, f"{error.strerror or 'cannot write'}{where}"
        case duckdb.IOException() | duckdb.OutOfMemoryException():
            # A full disk, a damaged file, or another program that has it open. It
            # speaks of files, not of what is in them.
            return NOT_PUBLISHED, masked(str(error).splitlines()[0])
    return None
