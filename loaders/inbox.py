"""From the inbox to the lake: which files there are, and which of them wait."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from loaders.endpoints import use_templates
from loaders.engine import engine
from loaders.errors import LakeUnwritable, SettingsError
from loaders.formats import registry
from loaders.geography import geography_of
from loaders.home import IGNORE, Home
from loaders.intake import Intake, name_of, place_of
from loaders.lake import nothing_half_done, prepare
from loaders.ledger import Ledger
from loaders.load import Load
from loaders.outcome import Outcome
from loaders.prices.snapshot import write_new_prices
from loaders.privacy import masked

Progress = Callable[[str, int, int], None]


def load_inbox(
    home: Home,
    paths: Sequence[Path] = (),
    forced_format: str | None = None,
    progress: Progress = lambda name, done, total: None,
) -> list[Outcome]:
    """Land every new file of the inbox, or of the given files and folders.

    One file's failure never stops the others; what is committed stays committed.

    Args:
        home: Where the lake is.
        paths: Files or folders; empty means the inbox.
        forced_format: Format of every file, instead of rules and detection.
        progress: Called with (file name, files done, files in all).

    Raises:
        SettingsError: A given path does not exist, or the format is unknown.
        LakeUnwritable: The disk is full or the lake is read-only.
    """
    if forced_format is not None and forced_format not in registry():
        known = ", ".join(registry())
        raise SettingsError(f"--format {forced_format}: one of {known}")
    files = list(_files(paths or [home.inbox], must_exist=bool(paths)))
    outcomes: list[Outcome | Load] = []
    with (
        engine() as con,
        geography_of(home.settings.network) as geography,
        nothing_half_done(home.lake),
    ):
        use_templates(con, home.path)
        ledger = prepare(home.lake)
        intake = Intake(home, ledger, forced_format, con, geography)
        for done, path in enumerate(files):
            progress(masked(name_of(home, path)), done, len(files))
            outcomes.append(intake.take(path))
        intake.land_waiting()
    return [
        intake.landed[outcome.id] if isinstance(outcome, Load) else outcome
        for outcome in outcomes
    ]


def load_prices(home: Home) -> list[Outcome]:
    """Land what the installed price library says that is not landed yet.

    Raises:
        LakeUnwritable: The disk is full, or the home is read-only.
    """
    if not home.settings.has_price_library:
        return []
    try:
        write_new_prices(home)
    except OSError as error:
        raise LakeUnwritable(f"{home.prices}: {error.strerror}") from error
    return load_inbox(home, [home.prices])


def waiting_files(home: Home, ledger: Ledger) -> list[str]:
    """Files of the inbox that the ledger does not know.

    By path, size and time; a copy of a landed file under another name by its bytes.
    """
    known = {place_of(entry) for entry in ledger.entries.values()}
    landed: dict[int, set[str]] = defaultdict(set)
    for entry in ledger.entries.values():
        landed[entry.source_bytes].add(entry.source_sha256)
    waiting = []
    for path in _files([home.inbox], must_exist=False):
        name = name_of(home, path)
        try:
            status = path.stat()
        except OSError:
            continue
        is_known = (masked(name), status.st_size, status.st_mtime_ns) in known
        if not is_known and status.st_size in landed:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            is_known = digest in landed[status.st_size]
        if not is_known and home.rule_for(name).format != IGNORE:
            waiting.append(masked(name))
    return waiting


def _files(paths: Sequence[Path], must_exist: bool) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path, onerror=_refuse_folder):
                folders[:] = sorted(name for name in folders if name[0] != ".")
                for name in sorted(names):
                    if not name.startswith("."):
                        yield Path(folder) / name
        elif path.is_file() or path.is_fifo():
            yield path
        elif must_exist:
            raise SettingsError(f"{masked(str(path))}: no such file or folder")


def _refuse_folder(error: OSError) -> None:
    raise SettingsError(f"{masked(str(error.filename))}: {error.strerror}") from error
