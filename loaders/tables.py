"""Tables of rules that lie beside the code as CSV, for people to edit."""

import csv
from pathlib import Path


def table(path: Path) -> list[list[str]]:
    """The rows of a file, its header first, blanks around each cell left out."""
    with path.open(newline="") as file:
        return [[cell.strip() for cell in row] for row in csv.reader(file)]
