-- What the gateway can call and how a request can go.

-- Demo prices, not any provider's: picodollars a token (millionths of a dollar per
-- million tokens). Null: the gateway knows no price and logs no cost.
create table models as
select * from (values
    ('openai', 'chat', 'v1', 'gpt-4o', 'api.openai.com', 2500000, 1250000, 10000000),
    ('openai', 'chat', 'v2', 'gpt-5-mini', 'api.openai.com', 250000, 25000, 2000000),
    ('anthropic', 'chat', 'v1', 'claude-sonnet-4-5', 'api.anthropic.com', 3000000, 300000, 15000000),
    ('anthropic', 'chat', 'v2', 'claude-haiku-4-5', 'api.anthropic.com', 1000000, 100000, 5000000),
    ('gcp.gemini', 'chat', 'v1', 'gemini-2.5-pro', 'generativelanguage.googleapis.com', 1250000, 310000, 10000000),
    ('gcp.gemini', 'chat', 'v2', 'gemini-2.5-flash', 'generativelanguage.googleapis.com', 300000, 75000, 2500000),
    ('aws.bedrock', 'chat', 'v1', 'amazon.nova-pro-v1:0', 'bedrock-runtime.eu-west-1.amazonaws.com', 800000, 200000, 3200000),
    ('aws.bedrock', 'chat', 'v2', 'amazon.nova-lite-v1:0', 'bedrock-runtime.eu-west-1.amazonaws.com', 60000, 15000, 240000),
    ('openai', 'embeddings', 'v1', 'text-embedding-3-small', 'api.openai.com', 20000, 20000, 0),
    ('openai', 'images', 'v1', 'gpt-image-1', 'api.openai.com', null, null, null)
) as listed (
    provider, operation, version, model, host, input_price, cached_price, output_price
);

-- Requests whose share is from `above` to before `below` go this way; those to a
-- provider that is down go worse.
create table stories as
select *, coalesce(lag(below) over (partition by is_outage order by below), 0) as above
from (values
    (false, 'cache_hit', 0.040), (false, 'rate_retried', 0.062),
    (false, 'retried', 0.072), (false, 'retried_twice', 0.076),
    (false, 'fell_back', 0.088), (false, 'aborted', 0.100),
    (false, 'bad_request', 0.112), (false, 'unauthorized', 0.118),
    (false, 'not_found', 0.122), (false, 'rate_limited', 0.130),
    (false, 'exhausted', 0.133), (false, 'timeout', 0.137), (false, 'plain', 1),
    (true, 'retried', 0.15), (true, 'retried_twice', 0.35), (true, 'exhausted', 0.65),
    (true, 'timeout', 0.75), (true, 'fell_back', 0.85), (true, 'plain', 1)
) as listed (is_outage, story, below);

-- Attempts of each story. `waited_s` from the request's start; LiteLLM writes the first
-- failure and the end, none between, and one record of what failed throughout.
create table story_attempts as
select * from (values
    ('plain', 1, 200, null, null, false, 0.0, true),
    ('cache_hit', 1, 200, null, null, false, 0.0, true),
    ('rate_retried', 1, 429, 'rate_limit', 'rate_limit_exceeded', false, 0.0, true),
    ('rate_retried', 2, 200, null, null, false, 2.0, true),
    ('retried', 1, 503, 'upstream', 'overloaded', false, 0.0, true),
    ('retried', 2, 200, null, null, false, 1.5, true),
    ('retried_twice', 1, 503, 'upstream', 'overloaded', false, 0.0, true),
    ('retried_twice', 2, 503, 'upstream', 'overloaded', false, 1.5, false),
    ('retried_twice', 3, 200, null, null, false, 5.0, true),
    ('fell_back', 1, 503, 'upstream', 'overloaded', false, 0.0, true),
    ('fell_back', 2, 200, null, null, true, 1.2, true),
    ('aborted', 1, 499, 'aborted', 'client_disconnected', false, 0.0, true),
    ('bad_request', 1, 400, 'validation', 'invalid_request', false, 0.0, true),
    ('unauthorized', 1, 401, 'auth', 'invalid_api_key', false, 0.0, true),
    ('not_found', 1, 404, 'not_found', 'model_not_found', false, 0.0, true),
    ('rate_limited', 1, 429, 'rate_limit', 'rate_limit_exceeded', false, 0.0, true),
    ('over_quota', 1, 429, 'quota', 'quota_exceeded', false, 0.0, true),
    ('exhausted', 1, 503, 'upstream', 'overloaded', false, 0.0, true),
    ('exhausted', 2, 503, 'upstream', 'overloaded', false, 1.5, false),
    ('exhausted', 3, 503, 'upstream', 'overloaded', false, 5.0, false),
    ('timeout', 1, 504, 'timeout', 'upstream_timeout', false, 0.0, true)
) as listed (
    story, attempt_no, status_code, error_type, error_code, is_fallback, waited_s,
    is_in_litellm
);

create table incidents as
select * from (values
    ('outage', 'openai', day_of_world(6.55), day_of_world(6.6125)),
    ('outage', 'anthropic', day_of_world(34.36), day_of_world(34.4225))
) as listed (kind, provider, began_at, ended_at);

-- Half of the organisations, from the fourth week on.
create table experiments as
select 'prompt-router' as experiment, day_of_world(19) as began_at,
    day_of_world(47) as ended_at;
