"""One run per home."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loaders.errors import LakeUnwritable, SettingsError


class AnotherRunHoldsTheLock(Exception):
    """Another process works on this home (exit 5)."""


@contextmanager
def only_run(home: Path) -> Iterator[None]:
    """Hold the home's lock; the kernel frees it when the process ends, however it ends.

    Raises:
        AnotherRunHoldsTheLock: The message names the process that has it.
        SettingsError: The home cannot be written.
        LakeUnwritable: Its disk is full.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(home / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise SettingsError(f"{home}: {error.strerror}") from error
    try:
        try:
            _take(descriptor)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode(errors="replace").strip()
            raise AnotherRunHoldsTheLock(
                f"another run (process {holder or 'unknown'}) works on {home}"
            ) from None
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            raise LakeUnwritable(f"{home}: {error.strerror}") from error
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> None:
    """Take the lock; a `status` that looks at it for a moment is waited for."""
    for _ in range(10):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_held(home: Path) -> bool:
    """Whether a run is under way."""
    try:
        descriptor = os.open(home / ".lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
