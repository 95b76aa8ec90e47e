"""What is wrong with a rule table, in SQL: every fault of a row, and the typed rows.

Values are text until they are checked, so that a decimal keeps every digit it has.
"""

import re

import duckdb

from loaders.seed_shapes import Column, Ranges, RuleTable
from loaders.sql import identifier, quoted

# (line, field, what is wrong with it) of a row.
Fault = tuple[int, str, str]

_SHAPES = {
    "bigint": ("[+-]?[0-9]+", "a whole number"),
    "date": (r"\d{4}-\d\d-\d\d", "a date such as 2026-05-01"),
    "timestamp": (
        r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?Z?)?",
        "a UTC time such as 2026-05-01T12:00:00Z",
    ),
}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def type_rows(con: duckdb.DuckDBPyConnection, table: RuleTable) -> list[Fault]:
    """Check the text of a table, and type it.

    Args:
        con: Holds `texts(line_no, <columns>)`, all but the line as text, and the tables
            that this one refers to under their names. Gets the typed rows, in order of
            their lines, under this table's name.
        table: What must hold.

    Returns:
        Faults in order of lines; none where the typed rows are whole. Rows whose values
        are wrong are not compared with others.
    """
    typed = ", ".join(_typed(column) for column in table.columns)
    con.execute(f"create table rows as select line_no, {typed} from texts")
    # A blank in a required cell is no value either, so each query finds its own.
    faults = _ask(con, [q for column in table.columns for q in _of_values(column)])
    con.execute(
        "delete from rows where line_no in (select unnest($1::bigint[]))",
        [[line for line, _, _ in faults]],
    )
    faults += _ask(con, _of_rows(table))
    names = ", ".join(identifier(column.name) for column in table.columns)
    con.execute(
        f"""
        create table {identifier(table.name)} as
        select {names} from rows order by line_no;
        drop table rows;
        """
    )
    return sorted(faults)


def _ask(con: duckdb.DuckDBPyConnection, queries: list[str]) -> list[Fault]:
    faults: list[Fault] = []
    for query in queries:
        faults += con.execute(query).fetchall()
    return faults


def _typed(column: Column) -> str:
    name = identifier(column.name)
    value = f"cast({name} as {column.type})"
    return f"case when {_is_typed(column)} then {value} end as {name}"


def _is_typed(column: Column) -> str:
    """SQL: whether a text is a value of the column's type, digit for digit."""
    name = identifier(column.name)
    if column.type == "varchar":
        return "true"
    fits = f"try_cast({name} as {column.type}) is not null"
    found = _DECIMAL.fullmatch(column.type)
    if found is None:
        return f"regexp_full_match({name}, '{_SHAPES[column.type][0]}') and {fits}"
    # A cast alone would round.
    return (
        f"regexp_full_match({name}, '-?[0-9]+([.][0-9]+)?') and {fits} "
        f"and length(rtrim(split_part({name}, '.', 2), '0')) <= {found[2]}"
    )


def _kind(column: Column) -> str:
    found = _DECIMAL.fullmatch(column.type)
    if found is None:
        return _SHAPES[column.type][1]
    return f"a decimal with {found[2]} digits after the point at most"


def _of_values(column: Column) -> list[str]:
    """Queries for faults that a cell has by itself."""
    name = identifier(column.name)
    queries = []
    if column.is_required:
        queries.append(
            _fault("texts", column.name, f"{name} is null", "must be filled")
        )
    if column.type != "varchar":
        wrong = f"{name} is not null and not ({_is_typed(column)})"
        queries.append(
            _fault("texts", column.name, wrong, f"not {_kind(column)}", name)
        )
    if column.allowed:
        known = ", ".join(map(quoted, column.allowed))
        says = f"not one of {', '.join(column.allowed)}"
        queries.append(
            _fault("texts", column.name, f"{name} not in ({known})", says, name)
        )
    if column.holds:
        wrong = f"not ({column.holds})"
        says = f"must be {column.says}"
        queries.append(_fault("rows", column.name, wrong, says, name))
    if column.refers_to:
        known = f"select {name} from {identifier(column.refers_to)}"
        says = f"not in {column.refers_to}"
        queries.append(
            _fault("rows", column.name, f"{name} not in ({known})", says, name)
        )
    return queries


def _of_rows(table: RuleTable) -> list[str]:
    """Queries for faults of rows whose values are right."""
    queries = [
        _fault("rows", check.field, f"not ({check.holds})", check.says)
        for check in table.checks
    ]
    if table.key:
        queries.append(_repeated(table.key))
    if table.ranges:
        queries.append(_overlapping(table.ranges))
    return queries


def _fault(relation: str, field: str, wrong: str, says: str, value: str = "") -> str:
    told = f" || ': ' || left(cast({value} as varchar), 60)" if value else ""
    return (
        f"select line_no, {quoted(field)}, {quoted(says)}{told} "
        f"from {relation} where {wrong}"
    )


def _repeated(key: tuple[str, ...]) -> str:
    names = ", ".join(map(identifier, key))
    return f"""
        select line_no, {quoted(", ".join(key))},
            'the same as in line ' || first_line_no
        from (
            select line_no, min(line_no) over (partition by {names}) as first_line_no
            from rows
        )
        where line_no > first_line_no
    """


def _overlapping(ranges: Ranges) -> str:
    same = " and ".join(
        f"earlier.{name} is not distinct from later.{name}"
        for name in map(identifier, ranges.of)
    )
    return f"""
        select later.line_no, 'valid_from',
            'overlaps line ' || min(earlier.line_no) || ' of the same '
            || {quoted(", ".join(ranges.of))}
        from rows as earlier
        inner join rows as later on {same}
            and earlier.line_no < later.line_no
            and earlier.valid_from < coalesce(later.valid_before, date '9999-12-31')
            and later.valid_from < coalesce(earlier.valid_before, date '9999-12-31')
            and not coalesce({ranges.unless}, false)
        group by later.line_no
    """
