"""The demo company's files, written with a bar to watch."""

from pathlib import Path

from loaders.demo import write_demo
from nightly.console import file_progress, tell


def write_company(folder: Path, days: int, seed: int, requests_a_day: int) -> None:
    """Write the demo world into a folder or a home, and say so."""
    # About: late and repeated files come on top of a day's four.
    count, expected = 0, 20 + 5 * days
    with file_progress("demo") as progress:
        for path in write_demo(folder, days, seed, requests_a_day):
            progress(path.name, count, max(count + 1, expected))
            count += 1
    tell(f"demo      {count} files of an invented company in {folder}")
