"""What a disk, a stranger or a second run may do to a home: named, and nothing lost.

Each fault ends with its exit code and a message that names the file; lake and published
books stay as they were, byte for byte; with the cause gone, the next night gives the
books of a home that never met it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loaders.home import open_home
from loaders.ledger import Ledger
from tests.conftest import PROJECT, tollbook
from tests.nightly.crash_lab import COMMANDS, books


def contents(folder):
    """Hash of every file below a folder, by path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def kept(home):
    """What no fault may change: the lake, and the published runs."""
    return contents(home.lake) | contents(home.path / ".published")


def ended(done, code, *words):
    assert done.returncode == code, done.stdout + done.stderr
    for word in words:
        assert str(word) in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr


@pytest.fixture
def lab(labs):
    """The lab whose home is to be harmed, after both nights."""
    labs[0].restore("told")
    return labs[0]


def recovers(lab, apart="nothing"):
    """The next night gives the books of a home unharmed, apart from an area."""
    lab.succeed("nightly")
    found, expected = books(lab.home), lab.expected(2)
    wrong = [name for name in expected if found[name] != expected[name]]
    assert [name for name in wrong if not name.startswith(apart)] == []
    assert lab.untidy() == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own; call it with the free space that is left, in KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount")

    def resize(room_kib=100 << 10):
        used = shutil.disk_usage(disk).used >> 10
        size = f"remount,size={used + room_kib}k"
        subprocess.run(["mount", "-o", size, str(disk)], check=True)

    yield disk, resize
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("command", "room_kib"),
    [
        ("load", 0),
        ("load", 4),
        ("load", 8),
        ("load", 40),
        ("build", 0),
        ("build", 100),
        ("audit", 0),
        ("publish", 4),
        ("publish", 1000),
    ],
)
def test_a_full_disk_stops_the_run_and_changes_nothing(
    labs, small_disk, command, room_kib
):
    disk, resize = small_disk
    labs[0].restore(f"2-{command}")
    home = open_home(disk / "home")
    shutil.copytree(labs[0].home.path, home.path, symlinks=True)
    before, run = kept(home), home.published.resolve()
    resize(room_kib)
    ended(tollbook(home, command), 3, "No space left on device")
    resize()
    assert home.published.resolve() == run
    now = kept(home)
    if command == "load":
        # Files that landed before the disk was full stay landed, whole.
        assert before.items() <= now.items()
        ledger = Ledger(home.lake)
        assert ledger.incomplete == []
        ledger.check_files()
        names = {file.path for e in ledger.live.values() for file in e.files}
        new = {name for name in now if name not in before}
        assert {name for name in new if name.endswith(".parquet")} <= names
        assert not {name for name in new if name.endswith(".new")}
    elif command == "build":
        # What a later load replaced may go; nothing else does.
        assert now.items() <= before.items()
    else:
        assert now == before


@pytest.mark.soak
def test_books_after_a_full_disk_are_those_of_a_large_one(labs, small_disk):
    disk, resize = small_disk
    labs[0].restore("2-load")
    home = open_home(disk / "home")
    shutil.copytree(labs[0].home.path, home.path, symlinks=True)
    for room_kib in (0, 8, 40, 200, 4000):
        resize(room_kib)
        ended(tollbook(home, "nightly"), 3, "No space left on device")
        assert books(home) == labs[0].books[1]
    resize()
    ended(tollbook(home, "nightly"), 0)
    assert books(home) == labs[0].expected(2)


@pytest.mark.parametrize("place", ["lake", "lake/_loads", "build", ".published"])
def test_a_folder_that_cannot_be_written_is_named(labs, place):
    lab = labs[0]
    lab.restore("1-load")
    shutil.rmtree(lab.home.path / place, ignore_errors=True)
    (lab.home.path / place).parent.mkdir(exist_ok=True)
    # Also a superuser cannot make a folder where a file is.
    (lab.home.path / place).write_text("")
    code = lab.run("nightly")
    assert code == 3, lab.log
    assert str(lab.home.path / place) in lab.log
    assert not lab.home.published.exists()


def test_half_a_file_that_no_load_committed_is_swept(lab):
    whole = next(lab.home.lake.glob("gateway_requests/*/*_0.parquet"))
    content = whole.read_bytes()
    left = whole.with_name(f"{'0' * 32}_0.parquet")
    left.write_bytes(content[: len(content) // 2])
    before = books(lab.home)
    lab.succeed("build", "--full")
    assert not left.exists()
    recovers(lab)
    assert books(lab.home) == before


@pytest.mark.parametrize(
    ("harm", "place"),
    [
        ("cut", "gateway_requests/*"),
        ("deleted", "gateway_requests/*"),
        ("deleted", "directory_teams"),
        ("deleted", "_quarantine/*"),
    ],
)
def test_a_landed_file_that_is_gone_or_cut_is_named(lab, place, harm):
    path = min(lab.home.lake.glob(f"{place}/*_0.parquet"))
    if harm == "cut":
        os.truncate(path, path.stat().st_size // 2)
    else:
        path.unlink()
    before = kept(lab.home)
    for command in ("load", "build", "nightly"):
        assert lab.run(command) == 3
        assert str(path) in lab.log
    assert kept(lab.home) == before
    # The message says what to delete. Without a load that replaced another, that other
    # counts again, and its files are gone too.
    for _ in range(2):
        if lab.run("load") == 3:
            Path(lab.log.rpartition(", delete ")[2].strip()).unlink()
    # Which file replaced which is another story now.
    recovers(lab, apart="quality.")


def test_a_damaged_ledger_entry_stops_every_step_that_reads_it(lab):
    path = min((lab.home.lake / "_loads").glob("*.json"))
    content = path.read_text()
    for damage in ("", "{", "[]", '{"load_id": "x"}', "\0" * 100):
        path.write_text(damage)
        before = kept(lab.home)
        for command in ("load", "build", "audit", "nightly", "status"):
            assert lab.run(command) == 3, (damage, command)
            assert str(path) in lab.log, (damage, command)
        assert kept(lab.home) == before
    path.write_text(content)
    recovers(lab)


@pytest.mark.parametrize("damage", [b"", b"{\0 half of it"])
def test_what_a_build_can_make_again_it_makes_again(lab, damage):
    for name in (
        "dbt/target/partial_parse.msgpack",
        "ledger/loads.parquet",
        "audit.json",
        "night.json",
    ):
        path = lab.home.build / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(damage)
    recovers(lab)


def test_a_damaged_build_file_is_named_and_can_be_deleted(lab):
    lab.home.warehouse.write_bytes(b"no database" * 1000)
    before = kept(lab.home)
    for command in (*COMMANDS[1:], "nightly"):
        assert lab.run(command) == 3, (command, lab.log)
        assert str(lab.home.warehouse) in lab.log, command
    assert kept(lab.home) == before
    lab.home.warehouse.unlink()
    recovers(lab)


def test_a_build_file_that_another_program_has_open_is_named(lab):
    code = (
        "import duckdb, sys; con = duckdb.connect(sys.argv[1]); "
        "print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(lab.home.warehouse)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout.readline() == "open\n"
    for command in (*COMMANDS[1:], "nightly"):
        assert lab.run(command) == 3, (command, lab.log)
        assert str(lab.home.warehouse) in lab.log, command
    other.communicate()
    recovers(lab)


def test_of_two_nights_at_once_one_runs_and_one_ends_with_5(labs):
    lab = labs[0]
    lab.restore("1-load")
    command = [sys.executable, "-m", "nightly", "nightly", "--home", lab.home.path]
    both = [
        subprocess.Popen(
            command, cwd=PROJECT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    said = {p.communicate()[1]: p.returncode for p in both}
    assert sorted(said.values()) == [0, 5], said
    (refused,) = [text for text, code in said.items() if code == 5]
    assert "another run (process" in refused
    assert books(lab.home) == lab.expected(1)
