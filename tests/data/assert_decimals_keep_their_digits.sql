-- An engine that rounds decimals when they meet gives every sum of money another value:
-- Spark does, unless spark.sql.decimalOperations.allowPrecisionLoss is false.
with amounts as (
    select
        cast('0.000000000003' as decimal(38, 12)) as three,
        cast('0.000000000002' as decimal(38, 12)) as two
)

-- Against 0: an amount to compare with would be rounded too.
select
    three,
    two,
    three - two as difference
from amounts
where three - two = 0
