"""dbt's own unit tests, and the questions that README and analyses answer."""

import os
import re
import subprocess
import sys

import duckdb
import pytest

from loaders.home import open_home
from loaders.inbox import load_inbox
from tests.conftest import PROJECT

ANALYSES = sorted((PROJECT / "analyses").glob("*.sql"))


def test_dbt_unit_tests_pass(demo_home, tmp_path):
    done = subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "test", "--select", "test_type:unit",
            "--profiles-dir", str(PROJECT), "--project-dir", str(PROJECT),
            "--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path),
        ],
        env={
            **os.environ,
            "TOLLBOOK_HOME": str(demo_home.path),
            "TOLLBOOK_WAREHOUSE": str(demo_home.warehouse),
        },
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    passed = re.search(r"PASS=(\d+)", done.stdout)
    assert passed is not None
    assert int(passed.group(1)) >= 9


@pytest.mark.parametrize("path", ANALYSES, ids=lambda path: path.stem)
def test_an_analysis_answers_from_the_published_file(demo_home, path):
    with duckdb.connect(
        str(demo_home.published / "tollbook.duckdb"), read_only=True
    ) as con:
        assert con.execute(path.read_text()).fetchall()


def test_the_readme_shows_what_its_questions_give(demo_home):
    readme = (PROJECT / "README.md").read_text()
    with duckdb.connect(
        str(demo_home.published / "tollbook.duckdb"), read_only=True
    ) as con:
        shown = 0
        for path in ANALYSES:
            sql = "\n".join(
                line for line in path.read_text().splitlines() if line[:2] != "--"
            )
            if f"analyses/{path.name}" not in readme:
                continue
            block = readme.split(f"analyses/{path.name}")[1]
            assert sql in block, path.name
            assert str(con.sql(sql)).strip() in block, path.name
            shown += 1
    assert shown == 3


def test_the_readme_documents_every_command_and_exit_code():
    help_text = subprocess.run(
        [sys.executable, "-m", "nightly", "--help"],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "200"},
    ).stdout
    commands = re.findall(r"│ ([a-z]+) {2,}\S", help_text)
    assert len(commands) >= 7, help_text
    readme = (PROJECT / "README.md").read_text()
    for command in commands:
        assert f"`tollbook {command}" in readme, command
    for code in range(6):
        assert re.search(rf"\b{code} [·—-] |\| {code} \|", readme), code


def test_the_readmes_event_lands_as_it_is_written(tmp_path):
    readme = (PROJECT / "loaders" / "README.md").read_text()
    (event,) = re.findall(r"```json\n(.*?)```", readme, re.DOTALL)
    (table,) = re.findall(r"```csv\n(team_id.*?)```", readme, re.DOTALL)
    home = open_home(tmp_path)
    home.inbox.mkdir()
    (home.inbox / "event.json").write_text(event)
    (home.inbox / "people.csv").write_text(table)
    assert [(o.status, o.entry.landed_count) for o in load_inbox(home)] == [
        ("landed", 1),
        ("landed", 2),
    ]
