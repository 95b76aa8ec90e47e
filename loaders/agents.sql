-- What each user agent of `distinct_raw` says of its sender. It is taken apart into
-- words; rules of agent_rules.csv name some of them; of the rules that are met, the first
-- that fills a column decides it.
insert into agents
with rules as materialized (
    select
        rule_no,
        lower(product) as product,
        lower(beside) as beside,
        nullif(sdk_name, '') as sdk_name,
        nullif(runtime, '') as runtime,
        nullif(device_class, '') as device_class
    from (
        select unnest(from_json($rules, $structure), recursive := true)
    )
),

-- Whoever sends a megabyte has said who they are by then.
split as (
    select
        raw_no,
        regexp_matches(raw, '^(?:Mozilla|Opera)/') as is_browser_like,
        string_split_regex(left(raw, 1024), '[\s();,]+')[:64] as words
    from distinct_raw
),

said as (
    select
        raw_no,
        is_browser_like,
        unnest(words) as word,
        unnest(list_append(words[2:], '')) as next_word,
        generate_subscripts(words, 1) as word_no
    from split
),

worded as materialized (
    select
        raw_no,
        word_no,
        word,
        is_browser_like,
        lower(regexp_extract(word, '^(.+?)(?:[/#]v?[0-9].*)?$', 1)) as product,
        -- `OpenAI/Python 1.99.0` has its version in the next word.
        coalesce(
            nullif(regexp_extract(word, '[/#]v?(' || $version || ')(?:$|[-+_~/])', 1), ''),
            nullif(regexp_extract(next_word, '^v?(' || $version || ')$', 1), '')
        ) as version
    from said
    where word <> ''
),

-- A word amid a sentence is no product.
products as materialized (
    select *, split_part(product, '/', 1) as maker
    from worded
    where
        (word_no = 1 or is_browser_like or version is not null or contains(word, '/'))
        and not contains(word, '://')
),

matched as (
    select products.* exclude (product), rules.*
    from products inner join rules on products.product = rules.product
    union all by name
    -- `mistral-client-python/Mistral-Vibe/1.0` is an SDK in somebody's program.
    select products.* exclude (product), rules.*
    from products inner join rules on products.maker = rules.product
    where products.maker <> products.product
    union all by name
    select products.*, rules.* exclude (product)
    from products inner join rules on products.product glob rules.product
    where contains(rules.product, '*')
),

confirmed as (
    select * from matched
    where
        beside = ''
        or exists (
            select 1 from worded
            where worded.raw_no = matched.raw_no and worded.product glob matched.beside
        )
),

described as (
    select
        raw_no,
        version,
        runtime,
        device_class,
        rule_no * 100 + word_no as place,
        case
            when sdk_name is null or sdk_name <> '*' then sdk_name
            when length(product) <= 40 and regexp_full_match(product, $name)
                and not regexp_matches(word, $shapes) then product
            else '-'
        end as sdk_name
    from confirmed
    union all by name
    -- Anybody's program, where it introduces itself as one should.
    select
        raw_no,
        version,
        product as sdk_name,
        1000000 as place
    from worded
    where
        word_no = 1
        and length(product) <= 40
        and regexp_full_match(lower(word), $name || '/v?' || $version)
        and not regexp_matches(word, $shapes)
),

decided as (
    select
        raw_no,
        arg_min(
            {'name': sdk_name, 'version': version, 'runtime': runtime}, place
        ) filter (where sdk_name is not null) as sdk,
        arg_min(runtime, place) as runtime,
        arg_min(device_class, place) as device_class
    from described
    group by raw_no
)

select
    distinct_raw.raw,
    nullif(decided.sdk.name, '-') as sdk_name,
    case
        when decided.sdk.name = '-' then null
        -- Of browsers all but the first number is frozen, and looks like an address.
        when decided.sdk.runtime = 'browser' then split_part(decided.sdk.version, '.', 1)
        when not regexp_matches(decided.sdk.version, $shapes) then decided.sdk.version
    end as sdk_version,
    nullif(decided.runtime, '-') as runtime,
    nullif(decided.device_class, '-') as device_class
from distinct_raw
left join decided on distinct_raw.raw_no = decided.raw_no
