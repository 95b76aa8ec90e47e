-- Lines that no loader can read, and the reason each must be refused for. Besides: files
-- and hours that were sent again.
create or replace temp table bad_lines as
with shipments as (
    select file, world_date, shipment, is_shuffled, kind, reason, broken,
        world_date + interval (
            cast(86400 * draw(shipment || kind, 'at') as bigint)
        ) second as happened_at
    from (
        select distinct usual_name || '.ndjson.gz' as file, world_date, shipment,
            is_shuffled
        from deliveries
    )
    cross join (values
        ('cut', 'malformed_json', '{"event_type":"api_request","event_time":"$at","request_id":"$id","consumer":{"api_'),
        ('not_an_object', 'not_an_object', '["api_request","$at","$id"]'),
        ('no_event_time', 'missing:event_time', '{"event_type":"api_request","request_id":"$id"}'),
        ('unknown_type', 'unknown_value:event_type', '{"event_type":"session_started","event_time":"$at","event_id":"$id"}'),
        ('negative_tokens', 'negative:output_tokens', '{"event_type":"api_request","event_time":"$at","request_id":"$id","usage":{"input_uncached_tokens":40,"output_tokens":-7}}'),
        ('milliseconds', 'not_a_time:event_time', '{"event_type":"api_request","event_time":$ms,"request_id":"$id"}'),
        ('tokens_in_words', 'not_a_count:usage.output_tokens', '{"event_type":"api_request","event_time":"$at","request_id":"$id","usage":{"output_tokens":"many"}}')
    ) as events_faults (kind, reason, broken)
    where draw(shipment, 'fault ' || kind) < 0.05
    union all
    select 'litellm/' || world_date || '.ndjson.gz', world_date, world_date || 'litellm',
        false, kind, reason, broken,
        world_date + interval (
            cast(86400 * draw(world_date, kind) as bigint)
        ) second
    from (select distinct world_date from deliveries)
    cross join (values
        ('cut', 'malformed_json', '{"id":"$id","litellm_call_id":"$id","call_type":"acom'),
        ('unknown_status', 'unknown_value:status', '{"id":"$id","litellm_call_id":"$id","call_type":"acompletion","response_cost":0.0,"status":"done","startTime":$ms}'),
        ('time_in_words', 'not_a_time:startTime', '{"id":"$id","litellm_call_id":"$id","call_type":"acompletion","response_cost":0.0,"status":"success","startTime":"yesterday"}'),
        ('tokens_in_words', 'not_a_count:prompt_tokens', '{"id":"$id","litellm_call_id":"$id","call_type":"acompletion","response_cost":0.0,"status":"success","startTime":"$at","prompt_tokens":"many"}')
    ) as litellm_faults (kind, reason, broken)
    where draw(world_date, 'fault ' || kind) < 0.1
)

select
    file, kind, reason, happened_at, is_shuffled,
    'bad_' || token(shipment, kind, 20) as id,
    replace(replace(replace(
        broken, '$at', iso_time(happened_at)), '$id', id),
        '$ms', cast(epoch_ms(happened_at) as varchar)
    ) as line
from shipments;

insert into lines
select file, kind, happened_at, id, is_shuffled, line from bad_lines;

insert into lines
select next_name || '-resent-' || world_date || '.ndjson.gz', 'resent', lines.happened_at, lines.id,
    false, lines.line
from lines
inner join deliveries using (file)
where
    is_resent
    and kind = 'request'
    and date_trunc('hour', lines.happened_at) = hour_at
    and extract(hour from hour_at) in (10, 11);

create or replace temp table placed_lines as
select
    file, kind, id, line,
    row_number() over (
        partition by file order by if(is_shuffled, md5(id), ''), happened_at, id
    ) as line_no
from lines;

create or replace temp table copied_files as
select distinct
    usual_name || '.ndjson.gz' as file,
    next_name || '-again-' || world_date || '.ndjson.gz' as copy
from deliveries
where is_copied and not is_late;
