"""What clients say of themselves: `agent_rules.csv` applied to user agents.

A rule fills columns for agents that name one of its products (`a | b`, in any case, `*`
for any letters). A product is a word before its version: `OpenAI/Python 1.99.0`,
`Boto3/1.34`, `md/nodejs#20`. With `beside`, another word must be there too. Of the
rules that an agent meets, the first that fills a column decides it, with `-` for null;
as a name, `*` is the product itself. An agent that meets no rule is its own first word
if that is a plain `name/1.2.3`. Nothing else of the text comes out.
"""

import json
from functools import cache
from pathlib import Path

from loaders.engine import Connection
from loaders.privacy import ANY_SHAPE
from loaders.tables import table

_FOLDER = Path(__file__).parent
_COLUMNS = ("sdk_name", "runtime", "device_class", "beside", "product")
_STRUCTURE = {"rule_no": "integer"} | dict.fromkeys(_COLUMNS, "varchar")
# Neither a key nor a hash has this form; a name of a person may.
_PART = r"[a-z]{1,24}[0-9]{0,3}[a-z]{0,12}"
_NAME = rf"{_PART}(?:[._-](?:{_PART}|[0-9]{{1,3}})){{0,4}}"
_WORDS = "alpha|beta|rc|dev|pre|preview|canary|next|nightly|snapshot|post|a|b"
_VERSION = (
    rf"[0-9]{{1,6}}(?:[.][0-9]{{1,6}}){{0,3}}"
    rf"(?:[-.]?(?i:{_WORDS})(?:[.-]?[0-9]{{1,8}})?)?"
)


def describe_agents(con: Connection) -> None:
    """Fill `agents`, which is there, with sdk_name, version, runtime, device class.

    At most 64 characters each; null is unknown. `sdk_name` is lower case and one per
    SDK; of a browser `sdk_version` is the first number alone. `runtime` is a language's
    (`python node java go dotnet ruby php rust …`) or `browser`, `device_class` one of
    `desktop mobile tablet bot server`.

    Args:
        con: Holds `distinct_raw(raw_no, raw)` and the empty table `agents(raw,
            sdk_name, sdk_version, runtime, device_class)`.
    """
    con.execute(
        (_FOLDER / "agents.sql").read_text(),
        {
            "rules": _rules(),
            "structure": json.dumps([_STRUCTURE]),
            "version": _VERSION,
            "name": _NAME,
            "shapes": ANY_SHAPE,
        },
    )


@cache
def _rules() -> str:
    """The rules as JSON, one a product."""
    rows = table(_FOLDER / "agent_rules.csv")[1:]
    return json.dumps(
        [
            {"rule_no": number, **dict(zip(_COLUMNS, (*rest, product), strict=True))}
            for number, (*rest, products) in enumerate(rows)
            for product in products.split(" | ")
        ]
    )
