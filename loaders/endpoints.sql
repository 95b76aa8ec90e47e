-- The words that make an endpoint of what a client asked for: a path, a path with a
-- query, or a URL. What it may say of a person, a key or a thing becomes a placeholder,
-- so that there are few endpoints, and applying them again changes nothing.

-- The path in plain letters, without host, query and fragment, doubled and last slashes;
-- null where there is none. A slash that a client encoded, and a byte beyond ASCII, stays
-- encoded; of an endless path the last segment is no word any more, but half of one.
create or replace temp macro path_of(address) as (
    case
        when regexp_matches(address, '^(?:/|[A-Za-z][A-Za-z0-9+.-]*://)')
            then list_transform(
                [regexp_extract(address, '^(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?([^?#]*)', 1)],
                lambda path: coalesce(
                    nullif(
                        rtrim(
                            regexp_replace(
                                url_decode(
                                    regexp_replace(
                                        left(path, 2048)
                                        || case when length(path) > 2048 then '%' else '' end,
                                        '%(2[Ff]|[89A-Fa-f][0-9A-Fa-f])', '%25\1', 'g'
                                    )
                                ),
                                '/+', '/', 'g'
                            ),
                            '/'
                        ),
                        ''
                    ),
                    '/'
                )
            )[1]
    end
);

-- What documentation and gateways write where a value stood.
create or replace temp macro is_placeholder(segment) as (
    regexp_full_match(
        segment,
        '\{(?:(?:user|end_user|customer|member|account|person|owner|thread|run|step|message'
        || '|file|batch|job|model|deployment|assistant|vector_store|conversation|response'
        || '|project|location|publisher|organization|org|team|tenant|key|api_key|session'
        || '|request|task|tool|item|server|agent|endpoint|version|region|resource)'
        || '(?:_?id|Id|_?name)?|id|uuid|name)\}'
    )
);

create or replace temp macro is_version(segment) as (
    regexp_full_match(
        segment, 'v[0-9]{1,2}(?:\.[0-9]{1,2})?(?:(?:alpha|beta|rc|p[0-9])[0-9]{0,2}){0,2}'
    )
);

-- After such a word stands somebody, or what somebody looks for.
create or replace temp macro is_of_people(segment) as (
    regexp_matches(
        segment,
        '(?i)(?:user|customer|member|account|person|employee|patient|student|client|contact'
        || '|subscriber|profile|owner|author|guest|friend|follower|participant|recipient'
        || '|sender|candidate|driver|passenger|tenant|consumer|name|e-?mail|phone'
        || '|address|identity|individual)(?:e?s)?$|(?i:people|identities)$'
        || '|^(?i:u|by|q|query|search|lookup|find|for|to|from|of)$'
    )
);

-- Letters alone, and neither a hash, nor a key in letters of both cases, nor one that
-- nobody can pronounce.
create or replace temp macro is_word(segment) as (
    regexp_full_match(segment, '[A-Za-z][A-Za-z_-]{0,31}')
    and not regexp_matches(
        segment,
        '^[A-Fa-f]{8,}$|[a-z][A-Z](?:.*?[a-z][A-Z]){3}|(?i)[bcdfghjklmnpqrstvwxz]{8}'
    )
    and not regexp_matches(segment, credential_shape())
);

create or replace temp macro plain_segment(segment, segment_before) as (
    case
        when is_placeholder(segment) or is_version(segment) then segment
        when is_of_people(segment_before) then '{id}'
        when is_word(segment) then segment
        else '{id}'
    end
);

-- The rule for paths that no template knows: eight segments, the others are `…`.
create or replace temp macro plain_endpoint(path) as (
    case
        when path = '/' then path
        else list_transform(
            [string_split(path, '/')[2:]],
            lambda segments: '/' || array_to_string(
                list_transform(
                    segments[:8],
                    lambda segment, place: plain_segment(
                        segment,
                        coalesce(
                            case
                                when is_version(segments[place - 1]) then segments[place - 2]
                                else segments[place - 1]
                            end,
                            ''
                        )
                    )
                ),
                '/'
            ) || case when len(segments) > 8 then '/…' else '' end
        )[1]
    end
);

-- What was cut by the rule is not known any more, so that it stays as it is.
create or replace temp macro documented_endpoint(path) as (
    case
        when not regexp_full_match(path, '(?:/[^/]+){8}/…') then known_endpoint(path)
    end
);

-- A shape that only the whole has is a secret with slashes in it.
create or replace temp macro endpoint_template(address) as (
    list_transform(
        [path_of(address)],
        lambda path: list_transform(
            [coalesce(documented_endpoint(path), plain_endpoint(path))],
            lambda endpoint:
                case when not regexp_matches(endpoint, any_shape()) then endpoint end
        )[1]
    )[1]
);

-- `v1beta` of an endpoint, else Azure's `api-version=2024-06-01` of the query.
create or replace temp macro api_version_of(address, endpoint) as (
    case
        when endpoint is not null then coalesce(
            list_filter(string_split(endpoint, '/'), lambda segment: is_version(segment))[1],
            nullif(
                regexp_extract(
                    address,
                    '^[^?#]*\?(?:[^#]*&)?(?i:api[-_]version)='
                    || '([0-9]{4}-[0-9]{2}-[0-9]{2}(?:-preview)?|v?[0-9]{1,2}(?:\.[0-9]{1,2}){0,2}'
                    || '|preview|latest)(?:[&#]|$)',
                    1
                ),
                ''
            )
        )
    end
);
