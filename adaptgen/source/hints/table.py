"""The table of hints: every key that a person may write, once, for the checker and for the published JSON Schema."""

from __future__ import annotations

from adaptgen.config.json_schema import published
from adaptgen.config.types import (
    Anything,
    Duration,
    Either,
    Flag,
    Key,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Table,
    Text,
)
from adaptgen.model.tables import Layout
from adaptgen.source.hints.kinds import HINTS_DIALECT

_TEMPLATE = Text("template")
_SECRET = Text("secret")
_TEMPLATES = MapOf(Anything("template"))
_PATHS = ListOf(Text("path"))
_SIZE = Number(1)
_BYTES = Number(200)
_DURATION = Duration(0.001, 3600)

CALL = Either((
    Text("call"),
    Table({
        "document": Key(Text("file"), "Another OpenAPI document, relative to the hints file", required=True),
        "call": Key(Text("call"), "The call in that document", required=True),
    }),
))  # fmt: skip

SENSITIVE = MapOf(Text("name"), key="path")

SEND = Table(
    {
        "header": Key(Text("header"), "Send it in this header"),
        "query": Key(Text(), "Send it in this query parameter"),
        "cookie": Key(Text("header"), "Send it in this cookie"),
        "as": Key(_TEMPLATE, "The value, such as Bearer {access}", required=True),
        "only": Key(OneOf(("read", "write")), "Only with requests that read, or only with those that write"),
    },
    exactly=(("header", "query", "cookie"),),
)

_EXPIRES = Table({
    "after": Key(Text("jsonpath"), "Where the answer says how long the token lives"),
    "at": Key(Text("jsonpath"), "Where the answer says when the token ends"),
    "unit": Key(OneOf(("s", "ms", "min", "iso")), "The unit of that number"),
}, exactly=(("after", "at"),))  # fmt: skip

_LOGIN: dict[str, Key] = {
    "call": Key(CALL, "The call, such as POST /session", required=True),
    "document": Key(Text("file"), "Another OpenAPI document that has the call, relative to the hints file"),
    "with": Key(_TEMPLATES, "Inputs of the call: templates of credentials and saved values"),
    "save": Key(
        MapOf(Text("saved")),
        "Name -> where in the answer: a JSONPath, header:<Name>, cookie:<name>; find:token, find:csrf: searched",
    ),
    "expires": Key(
        _EXPIRES,
        "When what was saved ends",
    ),
    "send": Key(ListOf(SEND), "Credentials that this call itself needs"),
    "cookies": Key(Either((OneOf(("keep",)), Flag())), "keep: send the cookies of the answer with every later request"),
}  # fmt: skip

_CALLERS = dict.fromkeys(("user", "users", "person", "people", "sub", "account", "me", "callers"), "caller")
"""What people write for ``caller``; of the two words ``server`` looks more like ``user``, and shares a session."""

AUTH = Table({
    "kind": Key(
        OneOf(("session", "api_key", "basic", "bearer", "oauth2", "exchange", "sigv4")),
        "How requests authenticate", required=True,
    ),
    "per": Key(
        OneOf(("server", "caller"), meant=_CALLERS),
        "Whose session it is; with caller, templates may say {caller.sub}",
    ),
    "store": Key(
        OneOf(("memory", "file", "redis", "dynamodb", "state")),
        "Where sessions outlive a request; state: where the settings keep what processes share, else in files",
    ),
    "start": Key(MapOf(_SECRET), "Saved values that exist before any login, such as a refresh token"),
    "chain": Key(ListOf(Table({"id": Key(Text("name"), "Its name", required=True), **_LOGIN})), "The login, in order"),
    "send": Key(ListOf(SEND), "What every request carries"),
    "refresh": Key(
        Table({**_LOGIN, "then": Key(ListOf(Text("name")), "Calls of the chain that are repeated after it")}),
        "How a token is renewed without logging in",
    ),
    "refused": Key(
        ListOf(Either((
            Number(100, 599),
            Table({
                "status": Key(Number(100, 599), "The status", required=True),
                "body": Key(MapOf(Text(), key="path"), "Path in the body -> pattern, such as *login again*"),
                "replay": Key(Flag(), "false: the call may have been executed, do not repeat it"),
            }),
        ))),
        "Answers that mean: not logged in, not executed",
    ),
    "header": Key(Text("header"), "api_key: the header"),
    "query": Key(Text(), "api_key: the query parameter"),
    "cookie": Key(Text("header"), "api_key: the cookie"),
    "value": Key(_SECRET, "api_key: the key, as a reference"),
    "username": Key(_TEMPLATE, "basic, oauth2: the user, as a reference"),
    "password": Key(_SECRET, "basic, oauth2: the password, as a reference"),
    "token": Key(_SECRET, "bearer: the token, as a reference"),
    "ask": Key(
        Either((Flag(), Text())),
        "api_key, bearer, basic with per: caller: each caller enters its own; a text is what the page calls it",
    ),
    "title": Key(Text(), "ask, authorization_code: what people call the account, that of the document if left out"),
    "grant": Key(OneOf(("client_credentials", "password", "refresh_token", "authorization_code")), "oauth2: the grant"),
    "authorization_url": Key(_TEMPLATE, "authorization_code: where a person agrees, that of the document if left out"),
    "token_url": Key(_TEMPLATE, "oauth2, exchange: the token endpoint"),
    "refresh_url": Key(_TEMPLATE, "authorization_code: where tokens are renewed, if not at token_url"),
    "revocation_url": Key(_TEMPLATE, "authorization_code: where tokens are ended (RFC 7009)"),
    "issuer": Key(_TEMPLATE, "authorization_code: what the API's answers name as iss (RFC 9207)"),
    "client_auth": Key(OneOf(("basic", "post")), "authorization_code: how the client sends its secret"),
    "body_format": Key(OneOf(("form", "json")), "authorization_code: how requests for tokens are written"),
    "save": Key(MapOf(Text("saved")), "authorization_code: where the answer has access and refresh (JSONPaths)"),
    "expires": Key(_EXPIRES, "authorization_code: when the access token ends, if not at $.expires_in"),
    "pkce": Key(Either((OneOf(("S256",)), Flag())), "authorization_code: false for an API that refuses a challenge"),
    "client_id": Key(_TEMPLATE, "oauth2, exchange"),
    "client_secret": Key(_SECRET, "oauth2, exchange; as a reference"),
    "refresh_token": Key(_SECRET, "oauth2 with grant refresh_token, as a reference"),
    "scopes": Key(ListOf(Text()), "oauth2, exchange"),
    "audience": Key(_TEMPLATE, "oauth2, exchange: the audience that the token is for"),
    "resource": Key(_TEMPLATE, "exchange, authorization_code: the URL that the token is for"),
    "service": Key(Text("name"), "sigv4: the AWS service, execute-api unless said otherwise"),
    "region": Key(_TEMPLATE, "sigv4: the region, that of the process unless said otherwise"),
    "role": Key(_TEMPLATE, "sigv4: the ARN of a role to assume"),
    "tags": Key(MapOf(Text()), "sigv4: session tag -> claim of the caller, with role"),
})  # fmt: skip

PAGE = Table({
    "style": Key(OneOf(("offset", "page", "cursor", "link", "header", "next_url", "none")), "How the API pages"),
    "limit": Key(Text(), "The parameter with the number of items"),
    "offset": Key(Text(), "offset: the parameter with the position"),
    "page": Key(Text(), "page: the parameter with the number of the page"),
    "size": Key(Text(), "page: the parameter with the size of a page"),
    "cursor": Key(Text(), "cursor: the parameter that takes the token"),
    "next": Key(Text("place"), "cursor, next_url: where the answer has the next token or URL"),
    "rel": Key(Text(), "link: the relation, if it is not next"),
    "header": Key(Text("header"), "header: the header that has the next URL"),
    "items": Key(Text("jsonpath"), "Where the answer has the list"),
    "total": Key(Text("place"), "Where the answer has the number of all items"),
    "more": Key(Text("jsonpath"), "cursor: where the answer says whether there is more"),
    "first": Key(Number(0), "offset, page: the number of the first item or page"),
    "max_size": Key(_SIZE, "The largest page that the API returns"),
    "single_use": Key(Flag(), "cursor: a token can be used once"),
    "in": Key(
        OneOf(("query", "body", "header", "path")),
        "Where the paging parameters are; in the body also paths: paging.cursor",
    ),
    "inside": Key(Text(), "The parameter or property that holds them: an object, or JSON text"),
})  # fmt: skip

ARGUMENT = Table({
    "hide": Key(Flag(), "Agents do not see it"),
    "value": Key(Anything("template"), "What is sent instead of an argument: a template"),
    "encode": Key(Text(), "json, file, or a media type"),
    "holds": Key(Text("separators"), "Separators that its values hold in a path: of / \\ ; ? #"),
    "name": Key(Text("tool"), "What agents call it"),
    "names": Key(
        Either((
            Text("tool"),
            Table({
                "tool": Key(Text("tool"), "The list tool that has the names", required=True),
                "id": Key(Text("path"), "Where an item has what the API takes"),
                "labels": Key(_PATHS, "Where it has what people call it"),
                "keep": Key(ListOf(Text()), "Values that are sent as they are, such as me"),
            }),
        )),
        "A list tool: the name of one of its items is accepted where an id is wanted",
    ),
    "description": Key(Text(), "What agents read about it"),
    "type": Key(OneOf(("string", "integer", "number", "boolean", "array", "object")), "Its JSON type"),
    "required": Key(Flag(), "Whether agents must give it"),
    "searches": Key(_PATHS, "The fields of the answer that it searches or orders by; an empty list: no personal data"),
    "in": Key(OneOf(("query", "header", "body", "cookie", "path")), "Where an undeclared input goes"),
    "enum": Key(Anything(), "Its values"),
    "format": Key(Text(), "Its format, as in JSON Schema"),
    "default": Key(Anything(), "What the API takes if it is left out"),
    "pattern": Key(Text(), "As in JSON Schema"),
    "minimum": Key(Number(whole=False), "As in JSON Schema"),
    "maximum": Key(Number(whole=False), "As in JSON Schema"),
    "minLength": Key(Number(0), "As in JSON Schema"),
    "maxLength": Key(Number(0), "As in JSON Schema"),
    "items": Key(Anything(), "As in JSON Schema"),
    "properties": Key(Anything(), "As in JSON Schema"),
    "examples": Key(Anything(), "As in JSON Schema"),
})  # fmt: skip

EXTRAS = ("enum", "format", "default", "pattern", "minimum", "maximum", "minLength", "maxLength", "items", "properties",
          "examples")  # fmt: skip
"""The keys of an argument that go into its JSON Schema as they are."""

STEP = Table({
    "id": Key(Text("name"), "Its name: {id} is its answer, {id.name} a saved value", required=True),
    "call": Key(CALL, "The call, such as GET /api/contacts/", required=True),
    "document": Key(Text("file"), "Another OpenAPI document that has the call, relative to the hints file"),
    "with": Key(_TEMPLATES, "Inputs of the call: templates of arguments and earlier steps"),
    "save": Key(MapOf(Text("place")), "Name -> where in the answer"),
    "view": Key(_PATHS, "The fields that are kept"),
    "items": Key(Text("jsonpath"), "Where the answer has the list"),
    "when": Key(
        Either((
            _TEMPLATE,
            Table({
                "value": Key(Anything("template"), "A template", required=True),
                "is": Key(Anything(), "The value, or one of these"),
                "is_not": Key(Anything(), "Any other value, or none of these"),
            }),
        )),
        "The step runs where this is neither null, false, 0 nor empty, or as is and is_not say",
    ),
    "each": Key(_TEMPLATE, "A list: the step runs for each of its items, {item}; its answer is the list of theirs"),
    "until": Key(
        Table({
            "path": Key(Text("jsonpath"), "Where the answer says how far it is", required=True),
            "is": Key(Anything(), "What it says in the end, or one of these", required=True),
            "fails": Key(Anything(), "What it says where there will be no end, or one of these"),
            "every": Key(_DURATION, "Time between two questions, 1s unless said otherwise"),
            "at_most": Key(_DURATION, "Time in all, 25s unless said otherwise; then the answer has a cursor to go on"),
        }),
        "Ask again until the answer says that it is done",
    ),
    "all_pages": Key(
        Either((Flag(), Table({"max": Key(Number(1, 10_000), "Items at most", required=True)}))), "Read every page"
    ),
    "on_error": Key(
        OneOf(("fail", "omit", "null"), empty="null"), "What becomes of a failure: of an item, with each"
    ),
})  # fmt: skip

WORDS = ListOf(Text("words"), most=32)

FORMS: tuple[Layout, ...] = ("columns", "objects", "structured")

TOOL = Table({
    "call": Key(CALL, "The operation, such as GET /api/contacts/"),
    "document": Key(Text("file"), "Another OpenAPI document that has the operation, relative to the hints file"),
    "description": Key(Text(), "What agents read about the tool"),
    "view": Key(_PATHS, "The fields that are kept unless an agent asks for others"),
    "page": Key(Either((OneOf(("none",)), PAGE)), "How the operation pages"),
    "arguments": Key(MapOf(ARGUMENT), "What agents give it, by the name of the input"),
    "answer": Key(Text("jsonpath"), "Where the answer has what matters"),
    "result": Key(
        Anything("template"),
        "columns, objects or structured: the form of the answer; with steps: the template of the answer",
    ),
    "effect": Key(OneOf(("read", "write", "delete")), "What it does to the data; a POST that only reads says read"),
    "sensitive": Key(SENSITIVE, "Path -> kind of personal data"),
    "steps": Key(ListOf(STEP), "Several calls that are one tool"),
    "update": Key(OneOf(("merge", "replace")), "Whether a PUT takes the changes only, or the whole"),
    "page_size": Key(_SIZE, "Items per answer"),
    "max_bytes": Key(_BYTES, "Bytes per answer"),
    "was": Key(ListOf(Text("tool")), "Earlier names, which are still served"),
    "also": Key(WORDS, "Other words for the tool, which only search reads"),
})  # fmt: skip

DEFAULTS = Table({
    "page_size": Key(_SIZE, "Items per answer"),
    "max_bytes": Key(_BYTES, "Bytes per answer"),
    "result": Key(OneOf(FORMS), "columns, objects or structured: the form of answers"),
})  # fmt: skip

HINTS = Table({
    "adaptgen": Key(Number(1, 1), "The format of this file"),
    "server": Key(Table({
        "name": Key(Text("name"), "The name of the server"),
        "title": Key(Text(), "What people read"),
        "base_url": Key(Text("base_url"), "Where the API is"),
        "trusted_origins": Key(
            ListOf(Text("origin")), "Other origins of the API that its credentials may be sent to: https://files.example.com"
        ),
        "credentials": Key(
            MapOf(Either((Text("origin"), ListOf(Text("origin")))), key="variable"),
            "Environment variable -> the origin that its value may be sent to: GITHUB_TOKEN: https://api.github.com",
        ),
        "surface": Key(OneOf(("auto", "list", "search")), "list: all tools; search: agents search; auto: as it fits"),
        "registry": Key(Table({
            "namespace": Key(Text("namespace"), "Whose server it is, in reverse-DNS form: com.example"),
            "version": Key(Text("release"), "The version of the server; by default that of the document"),
            "url": Key(Text("endpoint"), "Where the server runs: https://mcp.example.com/crm/mcp"),
            "image": Key(Text("image"), "Its container image: registry.example.com/crm:1.4.0"),
        }), "What server.json says to a registry of MCP servers"),
    })),
    "source": Key(Table({
        "url": Key(_TEMPLATE, "Where adaptgen pull fetches the document: https, or loopback", required=True),
        "headers": Key(MapOf(_TEMPLATE, key="header"), "What the request carries, such as Authorization"),
        "format": Key(OneOf(("json", "yaml")), "What a document that is not there yet is called: .json or .yaml"),
    }), "Where the document comes from"),
    "connection": Key(Table({
        "timeout": Key(_DURATION, "Seconds, or a duration: 10s"),
        "ca": Key(_TEMPLATE, "Certificates to trust in addition to the usual ones: a PEM file, or a reference"),
        "client_cert": Key(_TEMPLATE, "Certificate and private key: a PEM file, or a reference: ${secret:crm-mtls}"),
        "proxy": Key(_TEMPLATE, "The egress proxy: a URL, or a reference such as ${env:EGRESS_PROXY}"),
        "concurrency": Key(Number(1, 1000), "Requests at once; others wait within their timeout"),
        "rate": Key(Text("rate"), "Requests in a time: 50/s, 600/m; others wait within their timeout"),
    })),
    "documents": Key(
        MapOf(
            Either((
                Text("file"),
                Table({
                    "file": Key(Text("file"), "The document, relative to the hints file", required=True),
                    "base_url": Key(Text("base_url"), "Where its operations are"),
                }),
            )),
            key="name",
        ),
        "Other documents whose operations become tools of the same server, by names of your choice",
    ),
    "overlays": Key(ListOf(Text("file")), "OpenAPI Overlays (1.0, 1.1), applied to the document first, in order"),
    "references": Key(MapOf(Text("file"), key="path"), "URL of a document that a $ref names, or of a folder (with / at "
                      "the end) -> the local file or folder that is read instead"),
    "workflows": Key(ListOf(Text("file")), "Arazzo descriptions (1.0): each workflow is a tool"),
    "auth": Key(MapOf(AUTH, key="auth"),
                "How requests authenticate, by the name of a security scheme; another name: everywhere"),
    "defaults": Key(DEFAULTS),
    "sensitive": Key(SENSITIVE, "Path -> kind of personal data, for the whole server"),
    "tools": Key(MapOf(TOOL, key="tool"), "The tools, by their names"),
    "hide": Key(ListOf(Text("hide")), "Operations that become no tools"),
    "pin": Key(ListOf(Text("tool")), "Tools that are listed also where agents search the others"),
})  # fmt: skip


def schema_text() -> str:
    """The published file, ``docs/hints.schema.json``."""
    return published(HINTS, HINTS_DIALECT, "Hints for adaptgen", "Hints about an API (hints.yaml)")
