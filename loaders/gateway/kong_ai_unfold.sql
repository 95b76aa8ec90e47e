-- A line by plugin that called a model, the proxy's first: `ai_call` is what it says.
with calls as (
    select
        raw_lines.line,
        key as plugin,
        value as said,
        row_number() over (
            partition by raw_lines.line
            order by
                not key in ('proxy', 'ai-proxy', 'ai-proxy-advanced'), key, each.rowid
        ) as place
    from raw_lines, json_each(raw_lines.record, '$.ai') as each
    where json_type(raw_lines.record, '/ai') = 'OBJECT'
        and json_type(value, '/meta') = 'OBJECT'
)

select
    case
        when calls.line is null then raw_lines.record
        else '{"ai_call":{"plugin":' || cast(to_json(plugin) as varchar)
            || ',"place":' || place || ',"said":' || cast(said as varchar) || '},'
            || substr(ltrim(record, E' \t\r\n'), 2)
    end as record,
    raw_lines.line
from raw_lines left join calls using (line)
order by raw_lines.line, place
