"""Running one step in a process of its own: its seconds and its peak of memory."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """What a step took.

    Attributes:
        seconds: By part; imports and the process's start apart.
        peak_gb: Most memory that was resident, 10^9 bytes.
    """

    seconds: dict[str, float]
    peak_gb: float

    @property
    def total(self) -> float:
        """All parts, seconds."""
        return sum(self.seconds.values())


def run(module: str, *arguments: str) -> Measured:
    """Run `python -m module arguments`, whose last line of output is JSON of seconds.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        output = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return Measured(json.loads(output.splitlines()[-1]), usage.ru_maxrss / 1e6)
