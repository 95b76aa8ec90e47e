"""What a machine can check of the conventions."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import PROJECT

MODELS = sorted(
    path for path in (PROJECT / "models").rglob("*") if path.suffix in (".sql", ".py")
)
PYTHON = [
    path
    for folder in ("loaders", "nightly")
    for path in (PROJECT / folder).rglob("*.py")
]
PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "marts": ("fct_", "dim_", "agg_"),
}
UNITS = """
tokens usd us ms s bytes gb ratio count no calls units items retries fallbacks code
minute total offset position consumed limit remaining quantity amount minor
"""
# A line that only names a column does not make a model harder to read.
PLAIN_COLUMN = re.compile(r"\s*(null as |(\w+)\.)?\w+,?\s*")


def layer(path: Path) -> str:
    return path.relative_to(PROJECT / "models").parts[0]


def properties(path: Path) -> dict:
    return yaml.safe_load(path.with_suffix(".yml").read_text())


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
class TestModel:
    def test_has_a_yaml_of_the_same_stem_that_says_its_grain(self, path):
        (model,) = properties(path)["models"]
        assert model["name"] == path.stem
        assert "One row per" in model["description"]

    def test_is_named_after_its_layer(self, path):
        assert path.stem.startswith(PREFIXES[layer(path)])

    def test_is_short_and_reads_few_relations(self, path):
        text = path.read_text()
        lines = [line for line in text.splitlines() if not PLAIN_COLUMN.fullmatch(line)]
        assert len(lines) <= 100
        assert len(set(re.findall(r"\bref\(['\"](\w+)['\"]\)", text))) <= 5

    def test_is_plain_sql(self, path):
        text = path.read_text()
        for forbidden in ("target.type", "is_incremental", "unique_key", "now()",
                          "current_date", "current_timestamp", "::", "!=",
                          "group by all"):  # fmt: skip
            assert forbidden not in text

    def test_marts_list_typed_columns_and_have_a_unit_test_or_identity(self, path):
        if layer(path) != "marts":
            pytest.skip("not a mart")
        (model,) = properties(path)["models"]
        for column in model["columns"]:
            assert column.get("description"), column["name"]
            if not column["name"].endswith("_ratio"):
                assert column["data_type"] not in ("double", "float"), column["name"]
            if column["data_type"] in ("bigint", "decimal(38,12)"):
                assert column["name"].split("_")[-1] in UNITS.split(), column["name"]
        named = any(f"'{path.stem}'" in test.read_text()
                    for test in (PROJECT / "tests/data").glob("*.sql"))  # fmt: skip
        assert "unit_tests" in properties(path) or named


def test_every_yaml_belongs_to_a_model_or_a_folder():
    for path in (PROJECT / "models").rglob("*.yml"):
        models = (path.with_suffix(suffix) for suffix in (".sql", ".py"))
        assert path.name.startswith("_") or any(map(Path.exists, models)), path


def test_doc_blocks_are_used_by_two_models():
    blocks = re.findall(
        r"{% docs (\w+) %}", (PROJECT / "models/_columns.md").read_text()
    )
    texts = [path.read_text() for path in (PROJECT / "models").rglob("*.yml")]
    for block in blocks:
        assert sum(f'doc("{block}")' in text for text in texts) >= 2, block


def test_every_singular_test_says_what_goes_wrong():
    for path in (PROJECT / "tests/data").glob("*.sql"):
        assert path.stem.startswith("assert_")
        assert path.read_text().startswith("-- ")


def test_every_analysis_says_who_asks_and_what_to_expect():
    for path in (PROJECT / "analyses").glob("*.sql"):
        first, second = path.read_text().splitlines()[:2]
        assert "asks:" in first, path
        assert second.startswith("-- Expect:"), path


@pytest.mark.parametrize(
    "path", PYTHON, ids=lambda path: f"{path.parent.name}.{path.stem}"
)
def test_python_stays_small(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 250
    assert path.stem not in ("utils", "helpers", "common", "misc")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= 50, f"{node.name}: {lines} lines"


def test_nothing_that_builds_the_books_reads_the_demo():
    for folder in ("loaders", "models", "nightly"):
        for path in (PROJECT / folder).rglob("*"):
            if path.suffix in (".py", ".sql") and "demo" not in path.parts:
                assert "truth" not in path.read_text(), path


def test_no_path_of_a_machine_and_no_index_is_in_the_tree():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split()
    shapes = re.compile(
        r"/(work|root|home/\w+|opt|Users)/|--index-url|files\.pythonhosted"
    )
    for name in tracked:
        if name not in ("LICENSE", "tests/test_conventions.py"):
            found = shapes.search((PROJECT / name).read_text())
            assert not found, f"{name}: {found and found.group()}"


def test_lock_files_pin_every_package_by_hash():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (PROJECT / name).read_text()
        pinned = re.findall(r"^[a-z][\w.-]*==", text, re.MULTILINE)
        assert len(pinned) > 30
        for entry in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]:
            assert "--hash=sha256:" in entry, entry.split()[0]
