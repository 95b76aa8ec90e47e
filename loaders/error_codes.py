"""Our word for what went wrong, from the code that a vendor writes: one taxonomy.

`error_codes.csv` has the codes; the raw one is always kept beside our word.
"""

from functools import cache
from pathlib import Path

from loaders.sql import quoted
from loaders.tables import table


@cache
def macro() -> str:
    """SQL that creates `error_type_of_code(code)`: null for a code that is not known.

    Envoy writes several flags, `UF,URX`: the first that is known rules.
    """
    rows = table(Path(__file__).with_name("error_codes.csv"))[1:]
    cases = " ".join(
        f"when {_any_of(codes)} then {quoted(error_type)}" for error_type, codes in rows
    )
    return f"""
        create or replace temp macro error_type_of_code(code) as (
            list_filter(
                [case {cases} end for flag in string_split(lower(code), ',')],
                lambda each: each is not null
            )[1]
        )
    """


def _any_of(codes: str) -> str:
    listed = ", ".join(quoted(code.strip().lower()) for code in codes.split("|"))
    return f"trim(flag) in ({listed})"
