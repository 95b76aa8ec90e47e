"""Rule tables: what a file may look like, what is wrong with it, and what dbt gets."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from loaders.errors import SettingsError
from loaders.seed_shapes import Column, RuleTable
from loaders.seed_tables import TABLES
from loaders.seeds import compile_seeds
from tests.conftest import PROJECT

POLICIES = (
    "pool_id,method,driver,cost_center_id,weight,valid_from,valid_before,source\n"
)
POOLS = "pool_id,month,amount,currency_code,name,source\n"
BUDGETS = (
    "budget_id,name,scope,scope_id,monthly_budget_usd,valid_from,valid_before,source\n"
)
OVERRIDES = (
    "provider_id,model_id,token_class,processing_tier,gateway,price,per_quantity,"
    "discount_factor,currency_code,valid_from,valid_before,known_from,contract_id,source\n"
)


@pytest.fixture
def compiled(home):
    """Write a file into the home and compile; the rows of its table."""

    def compiled(name: str, content: str | bytes) -> list[tuple]:
        file = home.path / "seeds" / "costs" / f"{name}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        compile_seeds(home.path, home.build / "seeds")
        return rows_of(home, name)

    return compiled


@pytest.fixture
def faults(compiled):
    """What is said of a file: without its path."""

    def faults(name: str, content: str | bytes) -> list[str]:
        with pytest.raises(SettingsError) as raised:
            compiled(name, content)
        return [
            line.partition(f"seeds/costs/{name}.csv")[2].lstrip(" :")
            for line in str(raised.value).splitlines()
        ]

    return faults


def rows_of(home, name):
    with duckdb.connect() as con:
        path = home.build / "seeds" / f"{name}.parquet"
        return con.execute(f"from '{path}'").fetchall()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_of_a_home_without_files_is_typed_and_as_shipped(home, table):
    assert compile_seeds(home.path, home.build / "seeds") == {}
    with duckdb.connect() as con:
        found = con.execute(
            f"describe from '{home.build}/seeds/{table.name}.parquet'"
        ).fetchall()
    types = {name: type_.lower() for name, type_, *_ in found}
    assert types == {column.name: column.type for column in table.columns}
    shipped = PROJECT / "seeds" / table.folder / f"{table.name}.csv"
    assert len(rows_of(home, table.name)) == len(shipped.read_text().splitlines()) - 1


def test_nothing_is_shipped_that_would_touch_an_installation(home):
    compile_seeds(home.path, home.build / "seeds")
    filled = {table.name for table in TABLES if rows_of(home, table.name)}
    assert filled == {"currencies", "provider_aliases"}


def test_currencies_have_the_minor_units_of_iso_4217(home):
    compile_seeds(home.path, home.build / "seeds")
    exponents = dict(rows_of(home, "currencies"))
    assert len(exponents) > 150
    none = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
    three = "BHD IQD JOD KWD LYD OMR TND"
    expected = dict.fromkeys(exponents, 2)
    expected |= dict.fromkeys(none.split(), 0) | dict.fromkeys(three.split(), 3)
    assert exponents == expected | {"CLF": 4, "UYW": 4}


def test_values_keep_every_digit_and_blank_is_null(compiled):
    assert compiled(
        "price_overrides",
        OVERRIDES + "p,m,,batch,,0.000000150000000001,1000000,,USD,2026-01-01,"
        "2026-02-01,2026-01-05T10:00:00Z,c,\n"
        "p,,,,g,,,0.90000001,,2026-01-01,,,,\n",
    ) == [
        ("p", "m", None, "batch", None, Decimal("0.000000150000000001"), 10**6, None,
         "USD", date(2026, 1, 1), date(2026, 2, 1), datetime(2026, 1, 5, 10), "c",
         None),
        ("p", None, None, None, "g", None, None, Decimal("0.90000001"), None,
         date(2026, 1, 1), None, None, None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfprovider,provider_id\nx,y\n",
        b"provider,provider_id\r\nx,y\r\n",
        b"provider,provider_id\n\n  \n,\nx,y",
        b" provider , provider_id\n\tx ,  y \n",
        b'provider_id,"provider"\n"y",x\n',
    ],
    ids=["mark", "windows", "blank lines", "spaces", "order and quotes"],
)
def test_what_changes_no_meaning_is_allowed(compiled, content):
    assert compiled("provider_aliases", content) == [("x", "y")]


def test_a_homes_own_file_is_read_in_place_of_the_shipped_one(home, compiled):
    assert compiled("currencies", "currency_code,minor_unit_exponent\nXYZ,3\n") == [
        ("XYZ", 3)
    ]
    (own,) = compile_seeds(home.path, home.build / "seeds").items()
    assert own[0] == "currencies"
    assert len(own[1]) == 64


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ["line 1: no header"]),
        (b"\n\n", ["line 1: no header"]),
        (b"provider,provider_id\nx,\xff\n", ["line 2: not UTF-8"]),
        ("provider,provider_id\nx,y\n".encode("utf-16"), ["line 1: not UTF-8"]),
        (
            b"provider;provider_id\nx;y\n",
            [
                "line 1 provider: missing column",
                "line 1 provider;provider_id: unknown column",
                "line 1 provider_id: missing column",
            ],
        ),
        (
            b"provider,provider,provider_id,x\n",
            [
                "line 1 provider: column stands twice",
                "line 1 x: unknown column",
            ],
        ),
        (
            b'provider,provider_id\n"a\nb",y\nx\nx,y,z\n',
            [
                "line 4: 1 cells under 2 columns",
                "line 5: 3 cells under 2 columns",
            ],
        ),
        (b'provider,provider_id\nx,"y\n', ["line 2: unexpected end of data"]),
        (b"provider,provider_id\n,y\n", ["line 2 provider: must be filled"]),
        (b"provider,provider_id\nX,y\n", ["line 2 provider: must be in lower case: X"]),
        (
            b"provider,provider_id\nx,y\nz,y\n\nx,z\n",
            ["line 5 provider: the same as in line 2"],
        ),
        (b"provider,provider_id\nx,y\0\n", ["line 2: a NUL character"]),
    ],
)
def test_a_file_of_another_form_is_refused(faults, content, said):
    assert faults("provider_aliases", content) == said


def test_all_faults_of_a_file_are_told_at_once_up_to_ten(faults):
    rows = "".join(f"p{number},2026-01-02,1,USD,,\n" for number in range(12))
    assert faults("cost_pools", POOLS + rows) == [
        *(
            f"line {line} month: must be the first day of a month: 2026-01-02"
            for line in range(2, 12)
        ),
        "2 more",
    ]


def test_faults_of_all_files_are_told_and_nothing_is_written(home, compiled):
    folder = home.path / "seeds" / "costs"
    folder.mkdir(parents=True)
    (folder / "budgets.csv").write_text(BUDGETS + "b,,all,,x,2026-01-01,,\n")
    (folder / "budget.csv").write_text(BUDGETS)
    with pytest.raises(SettingsError) as raised:
        compiled("cost_pools", POOLS + "p,2026-01-01,1,XXX,,\n")
    message = str(raised.value)
    assert "budget.csv: not a rule table (known: allocation_policies, b" in message
    assert "budgets.csv line 2 monthly_budget_usd: not a decimal" in message
    assert "cost_pools.csv line 2 currency_code: not in currencies: XXX" in message
    assert not (home.build / "seeds").exists()


DRIVER = "driver: a driver for proportional, and for nothing else"
EITHER = "price: either price and per_quantity, or discount_factor"
FACTOR = "discount_factor: must be above 0 and at most 2"
DIGITS = "not a decimal with 18 digits after the point at most"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("p,2026-02-30,1,USD", "month: not a date such as 2026-05-01: 2026-02-30"),
        ("p,01.02.2026,1,USD", "month: not a date such as 2026-05-01: 01.02.2026"),
        ('p,2026-01-01,"1,5",USD', f"amount: {DIGITS}: 1,5"),
        ("p,2026-01-01,1e3,USD", f"amount: {DIGITS}: 1e3"),
        ("p,2026-01-01,$1,USD", f"amount: {DIGITS}: $1"),
        ("p,2026-01-01,NaN,USD", f"amount: {DIGITS}: NaN"),
        ("p,2026-01-01,0.0000000000000000001,USD", f"amount: {DIGITS}: 0.{'0' * 18}1"),
        (
            "p,2026-01-01,123456789012345678901,USD",
            f"amount: {DIGITS}: {'1234567890' * 2}1",
        ),
        (
            "p,2026-01-01,0.0000000000001,USD",
            "amount: must be 12 digits after the point at most: 0.000000000000100000",
        ),
        ("p,2026-01-01,10000000000000.01,USD", "amount: 10^15 minor units at most"),
        ("p,2026-01-01,-1000000000000.001,KWD", "amount: 10^15 minor units at most"),
    ],
)
def test_a_pool_that_cannot_be_split_is_refused(faults, row, said):
    assert faults("cost_pools", f"{POOLS}{row},,\n") == [f"line 2 {said}"]


@pytest.mark.parametrize("row", ["p,2026-01-01,-0.10000000000000000000,USD",
                                 "p,2026-01-01,1000000000000000,JPY"])  # fmt: skip
def test_a_pool_that_can_be_split_is_not(compiled, row):
    ((_, _, amount, *_),) = compiled("cost_pools", f"{POOLS}{row},,\n")
    assert amount == Decimal(row.split(",")[2])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("p,some,,,,2026-01-01,,",
         "method: not one of proportional, even, fixed, none: some"),
        ("p,even,tokens,,,2026-01-01,,", DRIVER),
        ("p,proportional,,,,2026-01-01,,", DRIVER),
        ("p,fixed,,cc,,2026-01-01,,",
         "weight: a weight for fixed, and for nothing else"),
        ("p,fixed,,,1,2026-01-01,,",
         "cost_center_id: a cost centre for fixed, and for nothing else"),
        ("p,fixed,,cc,-1,2026-01-01,,",
         "weight: must be from 0 to 1000000000: -1.000000"),
        ("p,even,,,,2026-01-01,2026-01-01,", "valid_before: must be after valid_from"),
    ],
)  # fmt: skip
def test_a_policy_that_says_two_things_is_refused(faults, rows, said):
    assert faults("allocation_policies", f"{POLICIES}{rows}\n") == [f"line 2 {said}"]


@pytest.mark.parametrize(
    ("one", "other", "is_refused"),
    [
        ("p,even,,,,2026-01-01,2026-03-01,", "p,none,,,,2026-02-28,,", True),
        ("p,even,,,,2026-01-01,2026-03-01,", "p,none,,,,2026-03-01,,", False),
        ("p,even,,,,2026-01-01,,", "q,none,,,,2026-01-01,,", False),
        ("p,fixed,,a,1,2026-01-01,,", "p,fixed,,b,1,2026-01-01,,", False),
        ("p,fixed,,a,1,2026-01-01,,", "p,fixed,,a,2,2026-01-01,,", True),
        ("p,fixed,,a,1,2026-01-01,,", "p,fixed,,b,1,2026-02-01,,", True),
        ("p,fixed,,a,1,2026-01-01,2026-05-01,", "p,fixed,,b,1,2026-01-01,,", True),
        ("p,even,,,,2026-02-01,2026-03-01,", "p,none,,,,2026-01-01,2026-04-01,", True),
    ],
)
def test_policies_of_a_pool_do_not_overlap(compiled, faults, one, other, is_refused):
    content = f"{POLICIES}{one}\n{other}\n"
    if is_refused:
        said = "line 3 valid_from: overlaps line 2 of the same pool_id"
        assert faults("allocation_policies", content) == [said]
    else:
        assert len(compiled("allocation_policies", content)) == 2


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (",,,,,,0.9,,2026-01-01,,,,", None),
        (",,,,,,2,,2026-01-01,,,,", None),
        (",,,,,,2.1,,2026-01-01,,,,", f"{FACTOR}: 2.10000000"),
        (",,,,,,0,,2026-01-01,,,,", f"{FACTOR}: 0.00000000"),
        (",,,,,,,,2026-01-01,,,,", EITHER),
        (",,,,1,1,0.9,USD,2026-01-01,,,,", EITHER),
        (",,,,1,,,USD,2026-01-01,,,,",
         "per_quantity: price and per_quantity belong together"),
        (",,,,1,0,,USD,2026-01-01,,,,",
             "per_quantity: must be one of 1, 1000, 1000000 and 1000000000: 0"),
        (",,,,-1,1,,USD,2026-01-01,,,,",
         "price: must be not negative: -1.000000000000000000"),
        (",,,,1,1,,,2026-01-01,,,,", "currency_code: a price must be in USD"),
        (",,,,1,1.5,,USD,2026-01-01,,,,", "per_quantity: not a whole number: 1.5"),
        (",,,,,,1,,2026-01-01,,yesterday,,",
         "known_from: not a UTC time such as 2026-05-01T12:00:00Z: yesterday"),
    ],
)  # fmt: skip
def test_an_override_is_a_price_or_a_discount(compiled, faults, values, said):
    content = f"{OVERRIDES}p,{values}\n"
    if said is None:
        assert len(compiled("price_overrides", content)) == 1
    else:
        assert faults("price_overrides", content) == [f"line 2 {said}"]


def test_overrides_of_one_scope_overlap_only_to_correct_what_was_known(
    compiled, faults
):
    def rows(*ends):
        return OVERRIDES + "".join(f"p,,,,g,,,0.9,,2026-01-01,,{end}\n" for end in ends)

    corrected = rows(",,", "2026-01-02,,", "2026-01-03T00:00:00.5,,")
    assert len(compiled("price_overrides", corrected)) == 3
    (said,) = faults("price_overrides", rows(",,", ",,"))
    assert said.startswith("line 3 valid_from: overlaps line 2 of the same provider_id")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("b,,all,x,1,2026-01-01,,", "scope_id: whom the budget is for; blank for all"),
        ("b,,team,,1,2026-01-01,,", "scope_id: whom the budget is for; blank for all"),
        ("b,,team,x,-1,2026-01-01,,",
         "monthly_budget_usd: must be from 0 to 10^15: -1.000000000000"),
        ("b,,all,,1,,,", "valid_from: must be filled"),
    ],
)  # fmt: skip
def test_a_budget_without_sense_is_refused(faults, row, said):
    assert faults("budgets", f"{BUDGETS}{row}\n") == [f"line 2 {said}"]


def test_a_table_needs_no_more_than_its_declaration(home, tmp_path):
    table = RuleTable("rates", (Column("x", "bigint"),), folder="finance")
    file = home.path / "seeds" / "finance" / "rates.csv"
    file.parent.mkdir(parents=True)
    file.write_text("x\n7\n")
    assert list(compile_seeds(home.path, tmp_path, [table])) == ["rates"]
    with duckdb.connect() as con:
        assert con.execute(f"from '{tmp_path}/rates.parquet'").fetchall() == [(7,)]


def test_every_shipped_file_is_a_declared_table():
    shipped = {path.stem for path in (PROJECT / "seeds" / "costs").glob("*.csv")}
    assert shipped == {table.name for table in TABLES if table.folder == "costs"}
    for table in TABLES:
        path = PROJECT / "seeds" / table.folder / f"{table.name}.csv"
        header = path.read_text().splitlines()[0].split(",")
        assert header == [column.name for column in table.columns]
