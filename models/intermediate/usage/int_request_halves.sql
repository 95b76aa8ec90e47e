-- Only of a gateway that tells of a request in two records; in other formats a copy is
-- a copy, and what it does not know stays unknown.
with requests as (
    select * from {{ ref('stg_gateway__requests').render() }}
    where
        source_format in ('azure_apim')
        and {{ in_batch('event_date', days_before=1, days_after=1) }}
),

superseded as (
    select * from {{ ref('int_requests_superseded').render() }}
    where {{ in_batch('event_date', days_before=1, days_after=1) }}
),

told as (
    select
        requests.*,
        superseded.load_id is not null as is_superseded
    from requests
    left join superseded
        on
            requests.load_id = superseded.load_id
            and requests.record_no = superseded.record_no
),

halves as (
    select
        kept.load_id,
        kept.record_no,
        {%- for name in half_columns() %}
            max(other.{{ name }}) as {{ name }},
        {%- endfor %}
        kept.event_date
    from told as kept
    inner join told as other
        on
            kept.gateway = other.gateway
            and kept.request_id = other.request_id
            and other.requested_at between
            kept.requested_at - interval '24' hour
            and kept.requested_at + interval '24' hour
    where
        not kept.is_superseded
        and other.is_superseded
        and {{ in_batch('kept.event_date') }}
    group by kept.load_id, kept.record_no, kept.event_date
)

select * from halves
