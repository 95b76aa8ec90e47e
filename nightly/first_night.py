"""The demo company's files, written with a bar to watch."""

import shutil
from pathlib import Path

from loaders.demo import write_demo
from loaders.demo.rules import write_rules
from loaders.home import DEMO_FOLDER, Home
from nightly.console import file_progress, tell


def write_company(folder: Path, days: int, seed: int, requests_a_day: int) -> None:
    """Write the demo world into a folder, and say so."""
    count = _write(folder, days, seed, requests_a_day, is_home=False)
    tell(f"demo      {count} files of an invented company in {folder}")


def _write(
    folder: Path, days: int, seed: int, requests_a_day: int, is_home: bool
) -> int:
    # About: late and repeated files come on top of a day's four.
    count, expected = 0, 20 + 5 * days
    world = write_demo(folder, days, seed, requests_a_day, is_home)
    with file_progress("demo") as progress:
        for path in world:
            progress(path.name, count, max(count + 1, expected))
            count += 1
    return count


def write_first_night(home: Home, days: int, seed: int, requests_a_day: int) -> None:
    """Write the vendors' files into the inbox of a home: all of them, or none.

    The company's rule tables join those that the home has of its own.
    """
    beside = home.path / "demo.new"
    shutil.rmtree(beside, ignore_errors=True)
    count = _write(beside, days, seed, requests_a_day, is_home=True)
    home.inbox.mkdir(exist_ok=True)
    folder = home.inbox / DEMO_FOLDER
    # The inbox comes last: with it the home is no longer new.
    list(write_rules(home.path))
    (beside / "inbox" / DEMO_FOLDER).rename(folder)
    shutil.rmtree(beside)
    tell(f"demo      {count} files of an invented company in {folder}")
