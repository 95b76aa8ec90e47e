"""What is said of user agents and paths, and what is never repeated."""

import csv
import re
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from loaders.contract import CLIENT_IP, PATH, USER_AGENT
from loaders.descriptions import DESCRIPTIONS, describe
from loaders.endpoints import TEMPLATES, shipped, use_templates
from loaders.engine import engine
from loaders.errors import SettingsError
from loaders.privacy import address_of, describe_address, masked
from loaders.streams import GATEWAY_REQUESTS
from tests.conftest import PROJECT

KEY = b"0123456789abcdef"
DEVICES = ("desktop", "mobile", "tablet", "bot", "server")
TABLES = {raw: table for table, (raw, _) in DESCRIPTIONS.items()}


@pytest.fixture(scope="module")
def con():
    with engine() as con:
        yield con


@pytest.fixture
def con_of_home():
    with engine() as con:
        yield con


def described(con, column, values):
    """What `describe` says of each value, which nobody described before."""
    con.execute(f"drop table if exists {TABLES[column]}")
    con.execute(
        f"""
        create or replace temp table projected as
        select null::varchar as refused, unnest($1::varchar[]) as {column}
        """,
        [list(values)],
    )
    describe(con, frozenset({column}), KEY)
    rows = con.execute(f"select * from {TABLES[column]}").fetchall()
    assert len(rows) == len(set(values))
    # What is asked of an endpoint has a test of its own.
    most = 2 if column == PATH else len(rows[0])
    return {raw: tuple(rest[:most]) for raw, *rest in rows}


def endpoint(con, path):
    ((found, _),) = described(con, PATH, [path]).values()
    return found


CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
AGENTS = {
    "OpenAI/Python 1.99.0": ("openai-python", "1.99.0", "python", "server"),
    "AsyncOpenAI/Python 1.99.0": ("openai-python", "1.99.0", "python", "server"),
    "AzureOpenAI/Python 1.3.5": ("openai-python", "1.3.5", "python", "server"),
    "openai-python/1.99.0 (linux)": ("openai-python", "1.99.0", "python", "server"),
    "OpenAI/v1 PythonBindings/0.28.1": ("openai-python", "0.28.1", "python", "server"),
    "OpenAI/JS 4.52.0": ("openai-node", "4.52.0", "node", "server"),
    "openai-node/4.104.0": ("openai-node", "4.104.0", "node", "server"),
    "OpenAIClientImpl/Java 2.0.0": ("openai-java", "2.0.0", "java", "server"),
    "OpenAI/Go 1.12.0": ("openai-go", "1.12.0", "go", "server"),
    "OpenAI::Client/Ruby 0.16.0": ("openai-ruby", "0.16.0", "ruby", "server"),
    "OpenAI/2.1.0 (.NET 8.0.11; Microsoft Windows 10.0.22631)": (
        "openai-dotnet", "2.1.0", "dotnet", "server"),
    # Nothing but the name proves the language.
    "OpenAI/2.1.0": ("openai", "2.1.0", None, None),
    "Anthropic/Python 0.39.0": ("anthropic-python", "0.39.0", "python", "server"),
    "AsyncAnthropic/Python 0.39.0": ("anthropic-python", "0.39.0", "python", "server"),
    "anthropic-sdk-python/0.60.0": ("anthropic-python", "0.60.0", "python", "server"),
    "Anthropic/JS 0.32.1": ("anthropic-node", "0.32.1", "node", "server"),
    "AnthropicClient/C# 12.0.0": ("anthropic-dotnet", "12.0.0", "dotnet", "server"),
    "google-genai-sdk/1.0.0 gl-python/3.11.2": (
        "google-genai", "1.0.0", "python", "server"),
    "google-genai-sdk/1.41.0 gl-node/v22.19.0": (
        "google-genai", "1.41.0", "node", "server"),
    "Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux#5.15.167 md/arch#x86_64 "
    "lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#standard Botocore/1.34.0": (
        "boto3", "1.34.0", "python", "server"),
    "aws-cli/1.32.63 botocore/1.34.63 Python/3.8.18": (
        "aws-cli", "1.32.63", "python", "server"),
    "aws-sdk-js/3.758.0 ua/2.1 os/darwin#24.5.0 lang/js md/nodejs#22.14.0 "
    "api/bedrock-runtime#3.758.0 m/E,T": ("aws-sdk-js", "3.758.0", "node", "server"),
    "aws-sdk-js/3.738.0 ua/2.1 os/other lang/js md/browser#unknown_unknown": (
        "aws-sdk-js", "3.738.0", "browser", "server"),
    "langchainjs-openai/1.0.0 ((node/v20.18.0; win32; x64))": (
        "langchain", "1.0.0", "node", "server"),
    "litellm/1.74.3": ("litellm", "1.74.3", "python", "server"),
    "ai/5.0.34 ai-sdk/openai/2.0.27 ai-sdk/provider-utils/3.0.8 runtime/node.js/22": (
        "vercel-ai", "5.0.34", "node", "server"),
    "cohere-python/5.5.8": ("cohere-python", "5.5.8", "python", "server"),
    "mistral-client-python/1.2.3": ("mistral-python", "1.2.3", "python", "server"),
    "speakeasy-sdk/python 1.2.3 2.4 0.0.2 mistralai": (
        "mistral-python", "1.2.3", "python", "server"),
    "claude-cli/1.0.61 (external, cli)": ("claude-cli", "1.0.61", "node", "desktop"),
    "codex_cli_rs/0.46.0 (Ubuntu 22.4.0; x86_64) xterm-256color": (
        "codex", "0.46.0", "rust", "desktop"),
    "GeminiCLI/0.34.0/gemini-2.5-pro (darwin; arm64)": (
        "gemini-cli", "0.34.0", "node", "desktop"),
    "python-requests/2.31.0": ("python-requests", "2.31.0", "python", "server"),
    "python-httpx/0.27.0": ("python-httpx", "0.27.0", "python", "server"),
    "Python/3.11 aiohttp/3.9.5": ("aiohttp", "3.9.5", "python", "server"),
    "axios/1.7.2": ("axios", "1.7.2", "node", "server"),
    "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)": (
        "node-fetch", "1.0", "node", "server"),
    "undici": ("undici", None, "node", "server"),
    "got (https://github.com/sindresorhus/got)": ("got", None, "node", "server"),
    "curl/8.7.1": ("curl", "8.7.1", None, "server"),
    "Wget/1.21.4 (linux-gnu)": ("wget", "1.21.4", None, "server"),
    "Go-http-client/1.1": ("go-http-client", "1.1", "go", "server"),
    "okhttp/4.12.0": ("okhttp", "4.12.0", "java", "server"),
    "Java/17.0.2": ("java", "17.0.2", "java", "server"),
    "Apache-HttpClient/4.5.14 (Java/17.0.2)": (
        "apache-httpclient", "4.5.14", "java", "server"),
    "Faraday v2.7.4": ("faraday", "2.7.4", "ruby", "server"),
    "GuzzleHttp/7": ("guzzle", "7", "php", "server"),
    "reqwest/0.11.27": ("reqwest", "0.11.27", "rust", "server"),
    "Dart/3.0 (dart:io)": ("dart", "3.0", "dart", "server"),
    "PostmanRuntime/7.36.1": ("postman", "7.36.1", "node", "desktop"),
    "HTTPie/3.2.3": ("httpie", "3.2.3", "python", "desktop"),
    "insomnia/10.0.0": ("insomnia", "10.0.0", "node", "desktop"),
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36": (
        "chrome", "120", "browser", "desktop"),
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/121.0.0.0": (
        "edge", "121", "browser", "desktop"),
    f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36 OPR/106.0.0.0": (
        "opera", "106", "browser", "desktop"),
    f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36": (
        "chrome", "120", "browser", "mobile"),
    f"Mozilla/5.0 (Linux; Android 13; SM-X700) {CHROME} Safari/537.36": (
        "chrome", "120", "browser", "tablet"),
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0": (
        "firefox", "127", "browser", "desktop"),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1": (
        "safari", "17", "browser", "mobile"),
    "Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1": (
        "safari", "17", "browser", "tablet"),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": (
        "googlebot", "2.1", None, "bot"),
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/41.0.2272.96 Mobile Safari/537.36 "
    "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)": (
        "googlebot", "2.1", None, "bot"),
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; "
    "+https://openai.com/gptbot)": ("gptbot", "1.2", None, "bot"),
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; "
    "+claudebot@anthropic.com)": ("claudebot", "1.0", None, "bot"),
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)": (
        "bingbot", "2.0", None, "bot"),
    "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)": (
        "mj12bot", "1.4.8", None, "bot"),
    "acme-billing/2024.1": ("acme-billing", "2024.1", None, None),
    "MyChatbot/2.3.1 OpenAI/Python 1.99.0": (
        "openai-python", "1.99.0", "python", "server"),
    "-": (None, None, None, None),
    "": (None, None, None, None),
    "Mozilla/5.0": (None, None, None, None),
    "I got a question about my invoice": (None, None, None, None),
    "jane@example.org": (None, None, None, None),
    "sk-proj-abcdefghijklmnop1234567890/1.0": (None, None, None, None),
    "0123456789abcdef0123456789abcdef/1.0": (None, None, None, None),
    "gsk_abcdefghijklmnopqrstuv/1.0": (None, None, None, None),
    "Mozilla/5.0 (compatible; gsk_abcdefghijklmnopqrbot/1.0)": (
        None, None, None, "bot"),
    "Mozilla/5.0 (compatible; archiver/3.1.1 +http://www.example.org/archive_bot)": (
        None, None, None, None),
    "curl/192.0.2.7": ("curl", None, None, "server"),
    "\x00\x16\x03": (None, None, None, None),
}  # fmt: skip


def test_user_agents_say_what_their_senders_mean(con):
    found = described(con, USER_AGENT, AGENTS)
    assert {agent: found[agent] for agent in AGENTS} == AGENTS


PATHS = {
    "/v1/chat/completions": ("/v1/chat/completions", "v1"),
    "/v1/chat/completions/?stream=true#top": ("/v1/chat/completions", "v1"),
    "//v1//embeddings": ("/v1/embeddings", "v1"),
    "/v1/%63hat/completions": ("/v1/chat/completions", "v1"),
    "https://user:pw@api.example.com:8443/v1/responses/resp_68af": (
        "/v1/responses/{id}", "v1"),
    "/v1/threads/thread_abc/runs/run_def": ("/v1/threads/{id}/runs/{id}", "v1"),
    "/v1/threads/runs": ("/v1/threads/runs", "v1"),
    "/v1/files/file-abc/content": ("/v1/files/{id}/content", "v1"),
    "/v1/fine_tuning/jobs/ftjob-1/events": ("/v1/fine_tuning/jobs/{id}/events", "v1"),
    "/v1/vector_stores/vs_1/file_batches/b/files": (
        "/v1/vector_stores/{id}/file_batches/{id}/files", "v1"),
    "/v1/audio/transcriptions": ("/v1/audio/transcriptions", "v1"),
    "/v1/images/generations": ("/v1/images/generations", "v1"),
    "/v1/moderations": ("/v1/moderations", "v1"),
    "/v1/models": ("/v1/models", "v1"),
    "/v1/models/gpt-4o": ("/v1/models/{model}", "v1"),
    "/v1/models/meta-llama/Llama-3.3-70B": ("/v1/models/{model}", "v1"),
    "/v1/messages": ("/v1/messages", "v1"),
    "/v1/messages/count_tokens?beta=true": ("/v1/messages/count_tokens", "v1"),
    "/v1/messages/batches/msgbatch_01": ("/v1/messages/batches/{id}", "v1"),
    "/v1beta/models/gemini-1.5-pro:generateContent?key=AIzaSyA1234567890abcdefghijk": (
        "/v1beta/models/{model}:generateContent", "v1beta"),
    "/v1beta/models/gemini-1.5-pro%3AstreamGenerateContent?alt=sse": (
        "/v1beta/models/{model}:streamGenerateContent", "v1beta"),
    "/v1/projects/acme-42/locations/us-central1/publishers/google/models/"
    "gemini-1.5-pro:streamGenerateContent": (
        "/v1/projects/{project}/locations/{location}/publishers/{publisher}/models/"
        "{model}:streamGenerateContent", "v1"),
    "/openai/deployments/jane-test/chat/completions?api-version=2024-06-01": (
        "/openai/deployments/{deployment}/chat/completions", "2024-06-01"),
    "/openai/deployments/d/embeddings?x=1&api-version=2025-01-01-preview": (
        "/openai/deployments/{deployment}/embeddings", "2025-01-01-preview"),
    "/openai/deployments/d/embeddings?api-version=jane@example.org": (
        "/openai/deployments/{deployment}/embeddings", None),
    "/openai/v1/responses/resp_1?api-version=preview": (
        "/openai/v1/responses/{id}", "v1"),
    "/model/anthropic.claude-3-sonnet-20240229-v1:0/converse": (
        "/model/{model}/converse", None),
    "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123%3Ainference-profile%2Fus.a/invoke-with"
    "-response-stream": ("/model/{model}/invoke-with-response-stream", None),
    "/v2/chat": ("/v2/chat", "v2"),
    "/key/generate": ("/key/generate", None),
    "/user/new": ("/user/new", None),
    "/team/member_add": ("/team/member_add", None),
    "/mcp": ("/mcp", None),
    "/mcp/github": ("/mcp/{id}", None),
    "/": ("/", None),
    "https://api.example.com": ("/", None),
    "/orders/2024-05-01/4711": ("/orders/{id}/{id}", None),
    "/orders/8d5f1e0a-3b7c-4a59-9f0e-1c2d3e4f5a6b": ("/orders/{id}", None),
    "/commit/deadbeefcafe": ("/commit/{id}", None),
    "/blog/puppet-1.0.html": ("/blog/{id}", None),
    "/static/app.js": ("/static/{id}", None),
    "/a/b/c/d/e/f/g/h/i/j": ("/a/b/c/d/e/f/g/h/…", None),
    "/v1/projects/1/locations/2/publishers/3/models/4/5/6": (
        "/v1/projects/{id}/locations/{id}/publishers/{id}/models/…", "v1"),
    "/v1/files/a%2Fb": ("/v1/files/{id}", "v1"),
    "/v1/models/a\nb": ("/v1/models/{model}", "v1"),
    "/keys/sk-abcdefghijklmnopqrstuvw": ("/keys/{id}", None),
    # A secret with a slash in it.
    "/gsk_abcdefghij/klmnopqrstuvwxyz": (None, None),
    "/users/v1/jane": ("/users/v1/{id}", "v1"),
    "/v1/threads/{thread_id}": ("/v1/threads/{id}", "v1"),
    "/reports/{report_id}/{user_id}": ("/reports/{id}/{user_id}", None),
    "/caf\u00e9/%ff": ("/{id}/{id}", None),
    "-": (None, None),
    "": (None, None),
    "*": (None, None),
    "api.example.com:443": (None, None),
    "\\x16\\x03\\x01": (None, None),
    "\x16\x03": (None, None),
    "v1/chat?api-version=2024-06-01": (None, None),
}  # fmt: skip


def test_paths_become_the_endpoints_of_the_documentation(con):
    found = described(con, PATH, PATHS)
    assert {path: found[path] for path in PATHS} == PATHS


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1/chat/completions", "chat"),
        ("/v1/messages", "chat"),
        ("/model/m/converse-stream", "chat"),
        ("/v1/embeddings", "embeddings"),
        ("/v1/completions", "text_completion"),
        ("/v1beta/models/gemini:streamGenerateContent", "generate_content"),
        ("/v1/files", None),
    ],
)
def test_an_endpoint_says_what_is_asked_of_it(con, path, operation):
    described(con, PATH, [path])
    assert con.execute("select operation from paths").fetchall() == [(operation,)]


def test_what_is_refused_or_unknown_is_not_described(con_of_home):
    con = con_of_home
    con.execute(
        """
        create or replace temp table projected as
        from (values
            (null, 'curl/8', '/a', '192.0.2.1'), (null, 'curl/8', '/a', '192.0.2.1'),
            (null, null, null, null), ('late:requested_at', 'curl/7', '/b', '192.0.2.2')
        ) as rows (refused, user_agent, path, client_ip)
        """
    )
    describe(con, frozenset({CLIENT_IP, PATH, USER_AGENT}), KEY)
    hashes = describe_address(KEY, address_of("192.0.2.1"))
    assert con.execute("from addresses").fetchall() == [
        ("192.0.2.1", *hashes, None, None)
    ]
    assert con.execute("from agents").fetchall() == [
        ("curl/8", "curl", "8", None, "server")
    ]
    assert con.execute("from paths").fetchall() == [("/a", "/a", None, None)]
    # What was described stays, for the files and portions that come.
    describe(con, frozenset({PATH}), KEY)
    assert con.execute("select raw from agents").fetchall() == [("curl/8",)]


def test_every_description_is_a_column_of_the_stream():
    named = [name for _, columns in DESCRIPTIONS.values() for name in columns]
    assert set(named) <= {column.name for column in GATEWAY_REQUESTS.columns}
    assert len(set(named)) == len(named)


# Pieces of what hostile clients send: secrets, people, and what surrounds them.
_LETTERS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789"), min_size=24)
_MAIL = st.from_regex(r"[a-z0-9._+-]{1,12}@[a-z0-9-]{1,12}\.[a-z]{2,5}", fullmatch=True)
_IP = st.ip_addresses().map(str)
_SECRET = _LETTERS.flatmap(
    lambda text: st.sampled_from(
        [f"sk-proj-{text}", f"ghp_{text}{text}", f"xai-{text}"]
    )
)
_GLUE = st.sampled_from([
    "/", " ", "//", "?", "#", ":", "%2F", "%40", "%", "/v1/", "/users/", "/keys/", "; ",
    "(", ")", "{id}", "{", "}", "…", "curl/", "OpenAI/Python ", "Mozilla/5.0 ", "bot/1",
    "https://", "compatible", "+http://x", "\x00", "\\x16", "/gsk_", "ABSK", "api_key=",
])  # fmt: skip
_HOSTILE = st.lists(st.text() | _MAIL | _IP | _SECRET | _GLUE).map("".join)
_TEXTS = st.lists(_HOSTILE, min_size=1, max_size=30, unique=True)


@given(_TEXTS)
def test_no_shape_of_a_secret_or_a_person_comes_out(con, texts):
    for column in (USER_AGENT, PATH, CLIENT_IP):
        for value in described(con, column, texts).values():
            for text in value:
                assert text is None or masked(text) == text
                assert text is None or 0 < len(text) <= (64 if column != PATH else 300)


@given(_TEXTS)
def test_agents_say_plain_words_and_versions_alone(con, texts):
    for name, version, runtime, device in described(con, USER_AGENT, texts).values():
        assert name is None or re.fullmatch(r"[a-z0-9]+([._-]+[a-z0-9]+)*", name)
        assert version is None or re.fullmatch(r"[0-9][0-9A-Za-z.-]*", version)
        assert runtime is None or runtime.isalpha()
        assert device in (None, *DEVICES)


@example(["/v1/projects/1/locations/2/publishers/3/models/4/5/6", "/v1/models/a\nb"])
@given(_TEXTS)
def test_an_endpoint_is_its_own_endpoint(con, texts):
    found = {name for name, _ in described(con, PATH, texts).values() if name}
    if found:
        assert {
            path: name for path, (name, _) in described(con, PATH, found).items()
        } == {name: name for name in found}


@given(
    st.sampled_from(["users", "user", "customers", "Members", "accounts", "people",
                     "end_users", "customer-accounts", "userProfiles", "u", "by"]),
    st.text(min_size=1),
    st.booleans(),
)  # fmt: skip
def test_nobody_is_named_after_a_word_for_people(con, word, name, is_encoded):
    assume(not set(name) & set("/?#%{}") and not re.fullmatch(r"v[0-9.]+\w*", name))
    sent = quote(name, safe="") if is_encoded else name
    found = endpoint(con, f"/shop/{word}/{sent}/orders").split("/")
    assert found[:4] == ["", "shop", word, "{id}"]
    # Whoever is called like such a word hides what follows as well.
    assert found[4:] in (["orders"], ["{id}"])


@given(
    _MAIL
    | _IP
    | _SECRET
    | st.uuids().map(str)
    | st.from_regex(r"[0-9]{1,20}", fullmatch=True)
)
def test_what_is_no_word_is_an_id_wherever_it_stands(con, value):
    for sent in (value, quote(value, safe="")):
        assert endpoint(con, f"/shop/{sent}/orders?q={sent}") == "/shop/{id}/orders"


def test_a_megabyte_is_described_by_its_beginning(con):
    long = "a" * 1_000_000
    assert endpoint(con, f"/v1/{long}") == "/v1/{id}"
    assert endpoint(con, f"/v1/embeddings?{long}") == "/v1/embeddings"
    assert endpoint(con, "/a" * 500_000) == "/a/a/a/a/a/a/a/a/…"
    # Half a word at the cut is no word.
    assert endpoint(con, "/" + "1" * 2040 + "/janedoe-at-example") == "/{id}/{id}"
    agents = [
        f"curl/8.7.1 {long}",
        long,
        "x/1 " * 250_000,
        "(" * 1_000_000,
        f"{long} curl/8",
    ]
    found = described(con, USER_AGENT, agents)
    assert [found[agent][0] for agent in agents] == ["curl", None, "x", None, None]
    assert described(con, CLIENT_IP, [f"192.0.2.1, {long}"]) == {
        f"192.0.2.1, {long}": (
            *describe_address(KEY, address_of("192.0.2.1")),
            None,
            None,
        )
    }


def test_each_shipped_template_is_reached_and_is_its_own_endpoint(con):
    expected = {name: name for each in shipped() for name in each.endpoints()}
    for template in shipped():
        path = template.pattern.replace("**", "x-1/y-2").replace("*", "x-1")
        path = re.sub(r"\(([^|)]+)[^)]*\)", r"\1", path)
        expected[path] = template.endpoints()[0]
    found = described(con, PATH, expected)
    assert {path: name for path, (name, _) in found.items()} == expected


def test_each_rule_of_agents_is_reached():
    text = (PROJECT / "loaders/agent_rules.csv").read_text()
    rows = csv.DictReader(text.splitlines(), skipinitialspace=True)
    said = [
        {column.strip(): (cell or "").strip() for column, cell in row.items()}
        for row in rows
    ]
    seen = set()
    for rule in said:
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}|[*-]|", rule["sdk_name"])
        assert rule["device_class"] in ("", *DEVICES)
        for product in rule["product"].lower().split(" | "):
            fills = {
                (product, beside, column)
                for column in ("sdk_name", "runtime", "device_class")
                for beside in ("", rule["beside"].lower())
                if rule[column]
            }
            assert not fills <= seen, rule
            # What stands alone is met by what stands beside something, too.
            seen |= {fill for fill in fills if fill[1] == rule["beside"].lower()}


def test_a_home_names_its_own_endpoints_first(con_of_home, tmp_path):
    (tmp_path / TEMPLATES).write_text(
        "pattern,template\n/v1/files/*,/v1/files/{file}\n/(shop|store)/**,/$1/{page}\n"
    )
    use_templates(con_of_home, tmp_path)
    assert endpoint(con_of_home, "/v1/files/f-1") == "/v1/files/{file}"
    assert endpoint(con_of_home, "/store/a/b/c.html") == "/store/{page}"
    assert endpoint(con_of_home, "/v1/batches/b-1") == "/v1/batches/{id}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pattern,template\nv1,/v1\n", "line 2: not a pattern: v1"),
        ("pattern,template\n/x'y,/x\n", "line 2: not a pattern"),
        ("pattern,template\n/x/(a,/x\n", "line 2: not a pattern"),
        ("pattern,template\n/x\n", "line 2: not a template"),
        ("pattern,template\n/x,/{A}\n", "line 2: not a template"),
        ("pattern,template\n/x/*,/x/$1\n", r"line 2: \$1 has no"),
        ("pattern,template\n/x/*,/people/jane\n", "as a path, /people/jane is another"),
        ('pattern,template\n"/x,/x\n', "endpoint_templates.csv"),
    ],
)
def test_a_wrong_template_is_named(con_of_home, tmp_path, text, message):
    (tmp_path / TEMPLATES).write_text(text)
    with pytest.raises(SettingsError, match=message):
        use_templates(con_of_home, tmp_path)
