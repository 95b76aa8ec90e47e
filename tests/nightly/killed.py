"""Runs tollbook in forked children that die by SIGKILL at a chosen durable step.

The product knows nothing of this: here everything is wrapped that changes a file,
`os`, `shutil`, `open` and DuckDB's connections, so that steps added later are found by
themselves. `python -m tests.nightly.killed` imports tollbook and dbt once and forks for
each line of JSON that it reads; importing takes longer than a whole step.
"""

import builtins
import io
import json
import os
import random
import re
import secrets
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

_WRAPPED = {
    os: ("replace", "rename", "unlink", "remove", "symlink", "mkdir", "rmdir", "fsync"),
    shutil: ("rmtree", "copyfile"),
}
_WRITES = re.compile(r"(create|insert|delete|update|drop|alter|checkpoint|copy)\b")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_NODE = re.compile(r'"node_id": "([^"]+)"')
# What no step depends on: dbt keeps its logs and its last parse there.
_UNIMPORTANT = re.compile(r"build/dbt\b|\.tmp\b")


class Failpoints:
    """Counts durable steps below a home, and dies before or after one of them."""

    def __init__(self, home: Path, at: int | None, when: str) -> None:
        self._home, self._at, self._when = home, at, when
        self._lock = threading.RLock()
        self._inside = threading.local()
        self.names: list[str] = []

    def step(self, name: str, do: Callable[[], Any]) -> Any:
        """Run one durable step; steps within it count too."""
        with self._lock:
            number = len(self.names)
            self.names.append(name)
        if (number, self._when) == (self._at, "before"):
            os.kill(os.getpid(), signal.SIGKILL)
        done = do()
        if (number, self._when) == (self._at, "after"):
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def file(self, verb: str, call: Callable[..., Any], *given: Any, **named: Any):
        """Run a call whose first argument is a file, a step where it is the home's."""
        # The second path is what changes: a rename's target, a link's own place.
        path = _path(given[verb in _OF_TWO], named.get("dir_fd"))
        name = self.name(path)
        if name is None or not _changes(verb, path):
            return call(*given, **named)
        return self.step(f"{verb} {name}", lambda: call(*given, **named))

    def name(self, path: str) -> str | None:
        """A path below the home; None for what does not matter."""
        if not path.startswith(f"{self._home}/"):
            return None
        name = path.removeprefix(f"{self._home}/")
        return None if _UNIMPORTANT.search(name) else name


_OF_TWO = {"replace", "rename", "symlink", "copyfile"}


def _changes(verb: str, path: str) -> bool:
    """Whether a call will find something to do."""
    if verb == "mkdir":
        return not Path(path).exists() and Path(path).parent.exists()
    return verb not in ("unlink", "remove", "rmtree") or os.path.lexists(path)


def _path(given: object, folder: int | None) -> str:
    if isinstance(given, int):
        return str(_open_as(given))
    path = os.fspath(given)  # type: ignore[call-overload]
    return os.path.abspath(path if folder is None else _open_as(folder) / path)


def _open_as(descriptor: int) -> Path:
    return Path(f"/proc/self/fd/{descriptor}").readlink()


class Connection:
    """A DuckDB connection whose changes of files are steps."""

    def __init__(
        self, real: Any, points: Failpoints, name: str | None, is_cursor: bool = False
    ) -> None:
        self._real, self._points, self._name = real, points, name
        self._is_cursor = is_cursor
        self._is_open = False  # a transaction: nothing is durable before its commit
        self._wrote: str | None = None  # last within it

    def execute(self, sql: str, *given: Any, **named: Any) -> Any:
        call = lambda: self._real.execute(sql, *given, **named)  # noqa: E731
        verb = _COMMENT.sub("", sql).strip().lower()
        if verb.startswith("begin"):
            self._is_open, self._wrote = True, None
            done = call()
        elif verb.startswith(("commit", "rollback")):
            done = self._end(call)
        elif found := re.search(r"\) to '([^']+)'", sql):
            name = self._points.name(found[1])
            done = self._points.step(f"copy {name}", call) if name else call()
        elif self._name and _WRITES.match(verb):
            self._wrote = _about(sql)
            step = f"execute {self._name} {self._wrote}"
            done = call() if self._is_open else self._points.step(step, call)
        else:
            done = call()
        return self if done is self._real else done

    def begin(self) -> None:
        self._is_open, self._wrote = True, None
        self._real.begin()

    def commit(self) -> None:
        self._end(self._real.commit)

    def _end(self, call: Callable[[], Any]) -> Any:
        wrote, self._is_open, self._wrote = self._wrote, False, None
        if wrote and self._name:
            return self._points.step(f"commit {self._name} {wrote}", call)
        return call()

    def cursor(self) -> "Connection":
        return Connection(self._real.cursor(), self._points, self._name, True)

    def close(self) -> None:
        if self._name and not self._is_cursor:
            self._points.step(f"close {self._name}", self._real.close)
        else:
            self._real.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _about(sql: str) -> str:
    node = _NODE.search(sql)
    words = _COMMENT.sub("", sql).split()[: 1 if node else 5]
    return " ".join([*words, *([node[1]] if node else [])])


def install(points: Failpoints) -> None:
    """Wrap everything that changes a file, in this process, for good."""
    for module, names in _WRAPPED.items():
        for name in names:
            _wrap(module, name, points)
    real_open, real_connect = io.open, duckdb.connect

    def opened(file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        if isinstance(file, int) or not set(mode) & set("wax+"):
            return real_open(file, mode, *given, **named)
        return points.file("open", lambda f: real_open(f, mode, *given, **named), file)

    def connected(database: Any = ":memory:", *given: Any, **named: Any) -> Any:
        call = lambda: real_connect(database, *given, **named)  # noqa: E731
        is_file = isinstance(database, str | Path) and str(database) != ":memory:"
        name = points.name(_path(database, None)) if is_file else None
        if name is None or named.get("read_only"):
            return Connection(call(), points, None)
        return Connection(points.step(f"connect {name}", call), points, name)

    io.open = builtins.open = opened  # type: ignore[assignment]
    duckdb.connect = connected


def _wrap(module: Any, name: str, points: Failpoints) -> None:
    real = getattr(module, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        return points.file(name, real, *given, **named)

    # shutil asks whether os.unlink is among those that know folders by descriptor.
    for known in (os.supports_dir_fd, os.supports_follow_symlinks, os.supports_fd):
        if real in known:
            known.add(wrapped)
    setattr(module, name, wrapped)


def _child(order: dict[str, Any]) -> None:
    """One tollbook command, in a process of its own."""
    from nightly.cli import main

    os.setsid()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    home = Path(order["home"])
    # A key that was lost with a killed run is not drawn again by the next.
    drawn = random.Random(order.get("seed"))  # noqa: S311
    secrets.token_hex = lambda size=32: drawn.randbytes(size).hex()
    points = Failpoints(home, order.get("at"), order.get("when", "before"))
    if "at" in order:
        install(points)
    sys.argv = ["tollbook", *order["arguments"], "--home", str(home)]
    code = 0
    try:
        main()
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    Path(order["log"]).with_suffix(".steps").write_text("\n".join(points.names))
    os._exit(code)


def _serve() -> None:
    # Imported once, for every child.
    import dbt.adapters.duckdb
    import dbt.cli.main  # noqa: F401

    import nightly.cli  # noqa: F401

    for line in sys.stdin:
        order = json.loads(line)
        if not (child := os.fork()):
            try:
                _child(order)
            finally:
                os._exit(1)
        started = time.monotonic()
        if "kill_after_s" in order:
            time.sleep(order["kill_after_s"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - started
        sys.stdout.write(json.dumps({"code": code, "took": took}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
