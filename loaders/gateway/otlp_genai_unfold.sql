-- OTLP/JSON: a line is an export batch, and each of its spans a record of its own, as one
-- flat object however the batch was encoded: ids in lower-case hex, attributes as texts
-- by their key. Of the resource only a few words go along: it is repeated in every span.
with batches as (
    select
        line,
        json_transform(record, '{"resourceSpans": [{
            "resource": {"attributes": [
                {"key": "VARCHAR", "value": {"stringValue": "VARCHAR"}}
            ]},
            "scopeSpans": [{
                "scope": {"name": "VARCHAR", "version": "VARCHAR"},
                "spans": [{
                    "traceId": "VARCHAR", "spanId": "VARCHAR", "name": "VARCHAR",
                    "startTimeUnixNano": "VARCHAR", "endTimeUnixNano": "VARCHAR",
                    "status": {"code": "VARCHAR", "message": "VARCHAR"},
                    "attributes": [{"key": "VARCHAR", "value": {
                        "stringValue": "VARCHAR", "intValue": "VARCHAR",
                        "doubleValue": "VARCHAR", "boolValue": "VARCHAR",
                        "arrayValue": {"values": [{"stringValue": "VARCHAR"}]}
                    }}]
                }]
            }]
        }]}').resourceSpans as resources
    from raw_lines
),

resources as (
    select
        line,
        generate_subscripts(resources, 1) as resource_no,
        unnest(resources) as found
    from batches
),

-- Once a resource, not once a scope.
named as (
    select
        line,
        resource_no,
        found.scopeSpans as scopes,
        array_to_string([
            cast(to_json(each.key) as varchar) || ':'
            || cast(to_json(each.value.stringValue) as varchar)
            for each in found.resource.attributes
            if each.key in (
                'service.name', 'deployment.environment.name',
                'deployment.environment', 'cloud.region'
            ) and strlen(each.value.stringValue) <= 128
        ][:8], ',') as resource
    from resources
),

scopes as (
    select
        line,
        resource_no,
        resource,
        generate_subscripts(scopes, 1) as scope_no,
        unnest(scopes) as found
    from named
),

spans as (
    select
        line,
        resource_no,
        scope_no,
        resource,
        left(found.scope.name, 128) as scope,
        left(found.scope.version, 64) as scope_version,
        generate_subscripts(found.spans, 1) as span_no,
        unnest(found.spans) as span
    from scopes
),

-- What is too long to be an attribute's word or number is a prompt, and stays behind.
flat as (
    select
        line,
        resource_no,
        scope_no,
        span_no,
        cast(json_object(
            'traceId', hex_id(span.traceId),
            'spanId', hex_id(span.spanId),
            'name', left(span.name, 128),
            'start', long_text(span.startTimeUnixNano),
            'end', long_text(span.endTimeUnixNano),
            'status', span.status.code,
            'http', nullif(
                regexp_extract(span.status.message, '^Error code: ([1-5]\d\d)\b', 1), ''
            ),
            'scope', scope,
            'scope_version', scope_version,
            'resource', cast('{' || coalesce(resource, '') || '}' as json),
            'attributes', cast('{' || coalesce(array_to_string([
                cast(to_json(pair.key) as varchar) || ':'
                || cast(to_json(pair.text) as varchar)
                for pair in [
                    {'key': each.key, 'text': coalesce(
                        each.value.stringValue,
                        long_text(each.value.intValue),
                        each.value.doubleValue,
                        each.value.boolValue,
                        cast(to_json([
                            one.stringValue for one in each.value.arrayValue.values
                        ]) as varchar)
                    )}
                    for each in span.attributes
                ]
                if strlen(pair.key) <= 128 and strlen(pair.text) <= 4096
            ], ','), '') || '}' as json)
        ) as varchar) as record
    from spans
)

select coalesce(flat.record, raw_lines.record) as record, line
from raw_lines
left join flat using (line)
order by line, resource_no, scope_no, span_no
