"""Where an installation stands: what is published, what waits, what went wrong."""

from typing import Any

import duckdb

from loaders.home import Home
from loaders.inbox import waiting_files
from loaders.ledger import Ledger
from nightly.lock import is_held
from nightly.night import last_night
from nightly.publish import current_manifest, stray_wals
from nightly.warehouse import Absorbed, code_hash, read_absorbed


def status(home: Home) -> dict[str, Any]:
    """Everything `tollbook status` says, as plain values; reads, never writes.

    Returns:
        `home`, `is_running`, `published` (run id and watermarks, or None),
        `waiting_files`, `live_loads`, `data_complete_through` of the lake,
        `last_night`, `stray_wals`, and, while no run is under way,
        `unbuilt_loads`, `unaudited_days`, `is_code_current`.
    """
    ledger = Ledger(home.lake)
    manifest = current_manifest(home)
    running = is_held(home.path)
    found: dict[str, Any] = {
        "home": str(home.path),
        "is_running": running,
        "published": manifest and {
            "run_id": manifest["run_id"],
            "data_complete_through": manifest["data_complete_through"],
            "has_demo_data": manifest["has_demo_data"],
        },
        "waiting_files": waiting_files(home, ledger),
        "live_loads": len(ledger.live),
        "data_complete_through": ledger.data_complete_through,
        "last_night": last_night(home),
        "stray_wals": [str(path) for path in stray_wals(home)],
    }  # fmt: skip
    if not running:
        absorbed = _peek(home)
        loads = set(absorbed.loads) if absorbed else set()
        unaudited = absorbed.unaudited if absorbed else frozenset()
        found["unbuilt_loads"] = len(set(ledger.live) - loads)
        found["unaudited_days"] = [day.isoformat() for day in sorted(unaudited)]
        found["is_code_current"] = absorbed is None or absorbed.code == code_hash()
    return found


def _peek(home: Home) -> Absorbed | None:
    try:
        return read_absorbed(home.warehouse, read_only=True)
    except duckdb.Error:  # open elsewhere, or in need of recovery by the next build
        return None
