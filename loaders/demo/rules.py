"""The company's own rules: its shared costs, how they are split, budgets, discounts."""

from collections.abc import Iterator
from pathlib import Path

from loaders.demo.files import write_bytes

# Beside the home, where it reads its own rule tables.
FOLDER = Path("seeds") / "costs"
_RULES = Path(__file__).with_name("rules")


def write_rules(folder: Path) -> Iterator[Path]:
    """Write the rule tables that are not there yet: what a person wrote stays.

    Args:
        folder: Shaped like a home.

    Yields:
        Each file, once it is whole.
    """
    for file in sorted(_RULES.glob("*.csv")):
        path = folder / FOLDER / file.name
        if not path.exists():
            yield write_bytes(path, file.read_bytes())
