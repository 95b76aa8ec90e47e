"""What the month will cost; `nightly.cost_forecasts` does the work."""

from datetime import timedelta
from typing import Any

import pyarrow as pa

from nightly.cost_forecasts import forecast_costs


def model(dbt: Any, session: Any) -> pa.Table:
    """Build the mart; dbt hands in its own objects."""
    dbt.config(materialized="table")
    ((complete_through,),) = (
        dbt.ref("agg_completeness_daily")
        .filter("stream = 'gateway_requests'")
        .aggregate("max(data_complete_through)")
        .fetchall()
    )
    costs = (
        dbt.ref("int_cost_by_day")
        .select("event_date, cost_center_id, cost_usd")
        .fetchall()
    )
    # A day is complete once records reach its last hour: the next day's may never come.
    as_of = complete_through and (complete_through - timedelta(hours=23)).date()
    return forecast_costs(costs, as_of)
