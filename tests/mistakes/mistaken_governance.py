"""Settings and policies that do not hold, and what is governed before it can be."""

from __future__ import annotations

from mistakes.notes_project import GOVERNED, POLICY, SETTINGS, Mistake

_FILE = "specs/notes/governance.yaml"
_SERVE = f"serve generated/notes --governance {_FILE}"


def _settings(text: str, base: str = SETTINGS) -> dict[str, str | bytes | None]:
    return {**GOVERNED, _FILE: base + text}


def _policy(text: str) -> dict[str, str | bytes | None]:
    return {**GOVERNED, "specs/notes/policies/staff.cedar": text}


def _without(line: str) -> str:
    return "".join(one for one in SETTINGS.splitlines(keepends=True) if not one.startswith(line))


GOVERNANCE = [
    Mistake("a key of the settings is misspelt", _SERVE, _settings("limts: []\n"), f"{_FILE}:6:1"),
    Mistake(
        "an engine does not exist",
        _SERVE,
        _settings("authorize: {engine: opa, policies: [policies/]}\n", _without("authorize")),
        f"{_FILE}:5:",
    ),
    Mistake("a mode is misspelt", _SERVE, _settings("mode: embeded\n", _without("mode")), f"{_FILE}:5:"),
    Mistake("a rate has no unit", _SERVE, _settings("limits:\n  - {per: [sub], rate: 60}\n"), f"{_FILE}:7:"),
    Mistake("a kind of personal data is misspelt", _SERVE, _settings("tokenize: {kinds: [e-mail]}\n"), f"{_FILE}:6:"),
    Mistake("a key is written into the settings", _SERVE, _settings("keys: {audit: hunter2}\n"), f"{_FILE}:6:"),
    Mistake(
        "the name of a key is misspelt in the settings", _SERVE, _settings("keys: {audt: hunter2}\n"), f"{_FILE}:6:"
    ),
    Mistake(
        "a variable of the settings is not set",
        _SERVE,
        _settings('keys: {audit: "${env:NOTES_AUDIT_KEY}"}\n'),
        f"{_FILE}:6:",
    ),
    Mistake(
        "a key is too short",
        _SERVE,
        _settings('keys: {audit: "${env:NOTES_AUDIT_KEY}"}\n'),
        f"{_FILE}:6:",
        env={"NOTES_AUDIT_KEY": "c2hvcnQ="},
    ),
    Mistake(
        "a tab indents settings",
        _SERVE,
        {**GOVERNED, _FILE: "adaptgen: 1\nmode: embedded\nlocal:\n\tgroups: [staff]\n"},
        f"{_FILE}:4:1",
    ),
    Mistake("the settings are empty", _SERVE, {**GOVERNED, _FILE: ""}, _FILE),
    Mistake("the settings are not there", "serve generated/notes --governance governance.yml", place="governance.yml"),
    Mistake(
        "the settings are those of a proxy",
        _SERVE,
        _settings("mode: proxy\nupstreams: {notes: {url: 'https://notes.example/mcp'}}\n", _without("mode")),
        _FILE,
    ),
    Mistake("a proxy has the settings of a server", f"proxy {_FILE}", GOVERNED, _FILE),
    Mistake("callers over HTTP are not authenticated", f"{_SERVE} --http 0.0.0.0:0", GOVERNED, _FILE),
    Mistake(
        "a hook cannot be imported", _SERVE, _settings("hooks: {before: [{call: 'mine.hooks:check'}]}\n"), f"{_FILE}:6:"
    ),
    Mistake(
        "the audit trail cannot be written",
        _SERVE,
        _settings("audit: {sink: missing/audit.jsonl}\n", _without("audit")),
        _FILE,
    ),
    Mistake(
        "the shared state cannot be reached",
        f"usage {_FILE}",
        _settings("state: {store: redis, url: 'redis://{refused}/0'}\n"),
        _FILE,
    ),
    Mistake("usage is asked for without shared state", f"usage {_FILE}", GOVERNED, _FILE),
    Mistake("settings are begun for a server that there is not", "govern init note", place="note"),
    Mistake("an issuer is opened to others", "dev issuer --http 0.0.0.0:9000 --sub bob"),
    Mistake("the life of a token is no time", "dev issuer --http 127.0.0.1:0 --sub bob --ttl long"),
    Mistake(
        "settings are JSON with a comment",
        "serve generated/notes --governance governance.json",
        {"governance.json": '{\n  "adaptgen": 1, // version\n  "mode": "embedded"\n}\n'},
        "governance.json:2:",
    ),
    Mistake(
        "settings are a document", "serve generated/notes --governance specs/notes.yaml", place="specs/notes.yaml:1:1"
    ),
    Mistake(
        "the switch of the settings is not there",
        _SERVE,
        _settings("switch: {source: switch.yaml}\n"),
        _FILE,
    ),
    # ---- policies
    Mistake(
        "a policy is broken",
        "policy check specs/notes/policies",
        _policy(POLICY.replace("permit (", "permitt (")),
        "specs/notes/policies/staff.cedar:2:1",
    ),
    Mistake(
        "a policy is not closed",
        "policy check specs/notes/policies",
        _policy(POLICY.replace(";", "")),
        "specs/notes/policies/staff.cedar:",
    ),
    Mistake(
        "a policy names a tool that there is not",
        "policy check specs/notes/policies",
        _policy(POLICY.replace('in Action::"read"', '== Action::"notes__list_note"')),
        "specs/notes/policies/staff.cedar:2:",
    ),
    Mistake(
        "a policy reads an attribute that there is not",
        "policy check specs/notes/policies",
        _policy(POLICY.replace("groups", "group")),
        "specs/notes/policies/staff.cedar:3:",
    ),
    Mistake("the policies are not there", "policy check specs/notes/policy", GOVERNED, place="specs/notes/policy"),
    Mistake("a folder holds no policy", "policy check generated", place="generated"),
    Mistake(
        "policies are checked before the build",
        "policy check specs/notes/policies",
        GOVERNED,
        "specs/notes/policies",
        built=False,
    ),
    Mistake(
        "policies that are named are not there", _SERVE, {**GOVERNED, "specs/notes/policies/staff.cedar": None}, _FILE
    ),
    Mistake(
        "a tool whose policies are explained does not exist",
        f"policy explain generated/notes list_note --governance {_FILE}",
        GOVERNED,
    ),
    # ---- shipping
    Mistake("a server is packaged without governance", "package generated/notes", place="generated/notes"),
    Mistake("a server is packaged before it is built", "package generated/notes", place="generated/notes", built=False),
    Mistake(
        "a trail to check is not there",
        "audit verify audit.jsonl",
        place="audit.jsonl",
        env={"ADAPTGEN_AUDIT_KEY": "8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98ab9159f51fd0297e236d"},
    ),
    Mistake("the key of a trail is not one", "audit verify audit.jsonl", env={"ADAPTGEN_AUDIT_KEY": "x"}),
    Mistake("AWS is not installed", "deploy --stack notes --delete", without=("boto3", "botocore")),
    Mistake(
        "Redis is not installed",
        f"usage {_FILE}",
        _settings("state: {store: redis, url: 'redis://127.0.0.1:9/0'}\n"),
        without=("redis",),
    ),
    Mistake(
        "OpenTelemetry is not installed",
        _SERVE,
        _settings("trace: {otlp: 'http://127.0.0.1:4318'}\n"),
        without=("opentelemetry",),
    ),
    Mistake(
        "settings are in S3 and no region is set",
        "serve generated/notes --governance s3://notes/governance.yaml",
        without=("boto3", "botocore"),
    ),
]
