"""Ten thousand shared pools of every kind, and what each must become: in fractions."""

import csv
import random
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pyarrow as pa
from pyarrow import parquet

COUNT = 10_000
EXPONENTS = {"USD": 2, "EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4}
CENTERS = [f"cc-{number}" for number in range(24)]
# What is used by none of them, and what its part is called.
NOBODY, UNATTRIBUTED = None, "unattributed"
MONTHS = [
    f"{year}-{month:02}-01" for year in range(2018, 2026) for month in range(1, 13)
]
DRIVERS = {
    "rated_cost": "rated_cost_usd",
    "tokens": "tokens",
    "requests": "attempt_count",
}
# The largest pool there may be.
MOST_MINOR = 10**15


def drawn_drivers(draw):
    """By month and cost centre: what it used, as int_pool_drivers has it."""
    found = {}
    for month in MONTHS:
        kind = draw.choice(["usual", "usual", "zero", "unknown", "equal", "uneven"])
        users = draw.sample(CENTERS, draw.randrange(len(CENTERS)))
        for center in users + draw.choice([[], [NOBODY]]):
            found[month, center] = draw_use(draw, kind)
    return found


def draw_use(draw, kind):
    if kind == "zero":
        return {"rated_cost_usd": Decimal(0), "tokens": 0, "attempt_count": 0}
    if kind == "unknown":
        return {"rated_cost_usd": None, "tokens": None, "attempt_count": 1}
    if kind == "equal":
        return {"rated_cost_usd": Decimal("0.1"), "tokens": 7, "attempt_count": 3}
    digits = draw.randrange(1, 20) if kind == "uneven" else 15
    cost = Decimal(draw.randrange(10**digits)).scaleb(-12)
    return {
        "rated_cost_usd": draw.choice([cost, cost, cost, Decimal(0), None]),
        "tokens": draw.choice([draw.randrange(10**12), draw.randrange(9), 0, None]),
        "attempt_count": draw.randrange(10**9),
    }


def drawn_pools(draw):
    """Each a pool with its amount in minor units and its policy; None without one."""
    for number in range(COUNT):
        currency = draw.choice(list(EXPONENTS))
        minor = draw.choice(
            [draw.randrange(100), draw.randrange(10**6), draw.randrange(MOST_MINOR),
             MOST_MINOR - draw.randrange(9)]
        )  # fmt: skip
        # Some have digits beyond their currency, also exactly half a unit.
        beyond = draw.choice(["0", "0", "0", "0.5", "0.4999", "0.0001"])
        sign = draw.choice([1, 1, -1])
        amount = sign * (Decimal(minor) + (Decimal(beyond) if minor < 10**14 else 0))
        yield {
            "pool_id": f"pool-{number}", "month": draw.choice(MONTHS),
            "amount": amount.scaleb(-EXPONENTS[currency]), "currency_code": currency,
            "policy": draw_policy(draw),
        }  # fmt: skip


def draw_policy(draw):
    method = draw.choice(
        ["proportional"] * 4 + ["even", "even", "fixed", "fixed", "none", None]
    )
    if method == "proportional":
        return {"method": method, "driver": draw.choice(list(DRIVERS))}
    if method != "fixed":
        return method and {"method": method}
    centers = draw.sample(CENTERS, draw.randrange(1, 9))
    weights = draw.choice([[0], [1], [0, 1, 2], [0.5, 0.333333, 10**9]])
    return {
        "method": method,
        "weights": {c: Decimal(str(draw.choice(weights))) for c in centers},
    }


def expected(pool, drivers):
    """By cost centre, or by the reason why nobody bears it: minor units."""
    policy, scale = pool["policy"], 10 ** EXPONENTS[pool["currency_code"]]
    minor = int((pool["amount"] * scale).quantize(Decimal(1), ROUND_HALF_UP))
    if policy is None or policy["method"] == "none":
        return {"method_none" if policy else "no_policy": minor}, {}
    weights = {
        c or UNATTRIBUTED: Fraction(w)
        for c, w in weights_of(pool, policy, drivers)
        if w
    }
    total = sum(weights.values())
    if not total:
        return {"no_weights": minor}, {}
    exact = {c: abs(minor) * weight / total for c, weight in weights.items()}
    parts = {c: int(share) for c, share in exact.items()}
    order = sorted(exact, key=lambda c: (parts[c] - exact[c], c == UNATTRIBUTED, c))
    for center in order[: abs(minor) - sum(parts.values())]:
        parts[center] += 1
    sign = -1 if minor < 0 else 1
    return (
        {center: sign * part for center, part in parts.items()},
        {center: sign * share for center, share in exact.items()},
    )


def weights_of(pool, policy, drivers):
    if policy["method"] == "fixed":
        return policy["weights"].items()
    here = [(c, used) for (month, c), used in drivers.items() if month == pool["month"]]
    if policy["method"] == "even":
        return [(c, 1 if c and used["attempt_count"] else 0) for c, used in here]
    return [(c, used[DRIVERS[policy["driver"]]]) for c, used in here]


def write_world(home, seed):
    """Write the rule tables and the drivers; the pools and drivers that they hold."""
    draw = random.Random(seed)  # noqa: S311 - the same each time
    drivers = drawn_drivers(draw)
    pools = list(drawn_pools(draw))
    folder = home.path / "seeds" / "costs"
    folder.mkdir(parents=True)
    with (folder / "cost_pools.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["pool_id", "month", "amount", "currency_code", "name", "source"])
        for pool in pools:
            of = [pool["pool_id"], pool["month"], f"{pool['amount']:f}"]
            rows.writerow([*of, pool["currency_code"], "", ""])
    with (folder / "allocation_policies.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["pool_id", "method", "driver", "cost_center_id", "weight", "valid_from",
             "valid_before", "source"]
        )  # fmt: skip
        for pool in pools:
            policy = pool["policy"]
            for center, weight in (policy or {}).get("weights", {"": ""}).items():
                if policy:
                    of = [pool["pool_id"], policy["method"], policy.get("driver", "")]
                    rows.writerow([*of, center, weight, pool["month"], "", ""])
    table = pa.Table.from_pylist(
        [{"month": month, "cost_center_id": c, **used}
         for (month, c), used in drivers.items()],
        pa.schema([
            ("month", pa.string()), ("cost_center_id", pa.string()),
            ("rated_cost_usd", pa.decimal128(38, 12)), ("tokens", pa.int64()),
            ("attempt_count", pa.int64()),
        ]),
    )  # fmt: skip
    month = table["month"].cast(pa.date32())
    parquet.write_table(
        table.set_column(0, "month", month), home.path / "drivers.parquet"
    )
    return pools, drivers
