"""`tollbook`: what a person or a scheduler types."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from loaders.errors import SettingsError
from loaders.home import Home, open_home
from loaders.inbox import load_inbox, load_prices
from nightly import night as nights
from nightly.audit import audit as run_audit
from nightly.build import build as run_build
from nightly.console import (
    bug_report,
    file_progress,
    needs_attention,
    plain,
    say,
    tell,
    tell_loads,
)
from nightly.dbt import Target
from nightly.exits import BUG, NEEDS_ATTENTION, meaning
from nightly.first_night import write_company, write_first_night
from nightly.lock import only_run
from nightly.publish import publish as run_publish
from nightly.scan import scan as run_scan
from nightly.scan import tell_scanned
from nightly.spark import audit_on_spark, build_on_spark
from nightly.status import status as read_status

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The books for AI APIs: gateway logs in, a warehouse that adds up out.",
    epilog=(
        "Exit codes: 0 done · 1 a bug · 2 wrong usage or configuration · 3 not "
        "published · 4 published, but files were not loaded or too many records "
        "rejected · 5 another run holds the lock."
    ),
)

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Installation; default: $TOLLBOOK_HOME, else ./data."),
]

TargetOption = Annotated[
    Target, typer.Option("--target", help="Engine; spark needs Java 17 and pyspark.")
]


@app.command()
def load(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files or folders; default: the home's inbox/."),
    ] = None,
    format_: Annotated[
        str | None, typer.Option("--format", help="Skip detection, e.g. litellm.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Land vendor files in the lake. Loading the same bytes again changes nothing."""
    with _run(home) as here:
        with file_progress() as progress:
            outcomes = [] if paths else load_prices(here)
            outcomes += load_inbox(here, paths or (), format_, progress)
        tell_loads(outcomes)
        reasons = needs_attention(outcomes, here.settings)
        for reason in reasons:
            tell(f"attention {reason}")
        if reasons:
            raise typer.Exit(NEEDS_ATTENTION)


@app.command()
def build(
    full: Annotated[
        bool, typer.Option("--full", help="Build everything anew, into a new file.")
    ] = False,
    target: TargetOption = Target.DUCKDB,
    home: HomeOption = None,
) -> None:
    """Bring the warehouse up to the lake; by default only the days that changed.

    On Spark the books are tables under build/spark/warehouse/, replaced in place and
    never published; a change of the directory, of prices or of a rule table builds all.
    """
    with _run(home) as here:
        run = build_on_spark if target is Target.SPARK else run_build
        nights.tell_built(run(here, full, say))


@app.command()
def audit(
    full: Annotated[
        bool, typer.Option("--full", help="Test every day, not only new ones.")
    ] = False,
    target: TargetOption = Target.DUCKDB,
    home: HomeOption = None,
) -> None:
    """Test the days built since the last audit that passed; on Spark, all of them."""
    with _run(home) as here:
        on_spark = target is Target.SPARK
        nights.tell_audit(audit_on_spark(here) if on_spark else run_audit(here, full))


@app.command()
def publish(home: HomeOption = None) -> None:
    """Swap the audited warehouse in for analysts, all or nothing."""
    with _run(home) as here:
        nights.tell_published(here, run_publish(here))


@app.command()
def nightly(home: HomeOption = None) -> None:
    """Load, build, audit and publish: the one command for a scheduler."""
    with _run(home) as here:
        result = nights.night(here)
        if result.exit_code:
            raise typer.Exit(result.exit_code)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    home: HomeOption = None,
) -> None:
    """Say what is published, what waits and how the last night ended."""
    with _errors():
        found = read_status(open_home(home))
        if as_json:
            sys.stdout.write(json.dumps(found, indent=1) + "\n")
            return
        for name, value in found.items():
            tell(f"{name:<22} {plain(value)}")


@app.command()
def scan(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files or folders; default: the home, but not its inbox/."),
    ] = None,
    values: Annotated[
        Path | None,
        typer.Option(help="Raw values that must not occur: one a line, or Parquet."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Search files for raw people and secrets; name places, never values.

    Looks for texts shaped like credentials, e-mail and IP addresses, as at the door:
    in all text columns of Parquet and DuckDB files, in JSON, CSV, logs and other text
    (plain, .gz, .zst), and in file names. What has no shape, such as an end-user id, is
    found only with --values: anywhere in a file's bytes and in its texts, in upper or
    lower case, also as JSON or a URL escapes it. Values under 7 bytes count only where
    they are all of a text. Not found: numbers, hashed or otherwise encoded values,
    deleted rows that a DuckDB file still holds compressed.
    """
    with _errors() if paths else _run(home):
        with file_progress("scan") as progress:
            scanned = run_scan(open_home(home), paths or (), values, progress)
        if tell_scanned(scanned):
            raise typer.Exit(NEEDS_ATTENTION)


@app.command()
def demo(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder to write into, shaped like a home.")
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=365, help="UTC days from 2026-04-01 on.")
    ] = 61,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    requests_a_day: Annotated[
        int, typer.Option(min=10, max=1_000_000, help="On an average day, about.")
    ] = 5000,
    first_night: Annotated[
        bool,
        typer.Option(
            "--first-night",
            help="Write into the home's inbox, but only into a home that is still new.",
        ),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Write what vendors would have written for a company that does not exist.

    A folder also gets what its books must say, under `demo/`; a home does not.
    """
    if first_night == (folder is not None):
        with _errors():
            raise SettingsError("demo: give a folder, or --first-night")
    if folder is None:
        with _run(home) as here:
            if here.is_new():
                write_first_night(here, days, seed, requests_a_day)
    else:
        with _errors():
            write_company(folder, days, seed, requests_a_day)


@contextmanager
def _run(home: Path | None) -> Iterator[Home]:
    """A command that writes: one at a time per home."""
    with _errors():
        here = open_home(home)
        with only_run(here.path):
            yield here


@contextmanager
def _errors() -> Iterator[None]:
    """Errors in words, and exit codes that a scheduler can act on."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        _stop(*(meaning(error) or (BUG, bug_report(error))))


def _stop(code: int, message: str) -> None:
    say(f"tollbook: {message}")
    raise typer.Exit(code)


main: Callable[[], None] = app
