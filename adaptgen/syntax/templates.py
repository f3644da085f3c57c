"""Templates: strings with ``${env:X}`` references and ``{name}`` placeholders; ``{{`` and ``}}`` are literal braces.

The same little language serves credentials (``"Bearer {access}"``, ``"${secret:crm#password}"``) and the values of
steps (``"{account.org}"``). Text that comes from a document and not from a person must pass through :func:`escape`, so
that it can name neither an environment variable nor a saved value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from adaptgen.model.frozen import value
from adaptgen.syntax.identifiers import vocabulary

KINDS = ("env", "secret", "ssm")


class TemplateError(ValueError):
    """The text is not a template: an open brace, an unknown kind of reference, an empty name."""


@value()
class Reference:
    """``${kind:name}``: a value that is looked up at first use. ``name`` may end in ``#key`` (one key of a secret)."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"${{{self.kind}:{self.name}}}"


@value()
class Placeholder:
    """``{name}``: a value filled in from the scope; dots go into objects."""

    name: str


Part = str | Reference | Placeholder


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[Part, ...]:
    """The parts of a template, literals unescaped; TemplateError, with the offset of the brace that is wrong."""
    parts: list[Part] = []
    literal: list[str] = []
    at = 0
    while at < len(text):
        two = text[at : at + 2]
        if two in ("{{", "}}"):
            literal.append(two[0])
            at += 2
        elif two == "${" and text[at : at + 3] != "${{":
            end = _end(text, at + 2)
            kind, colon, name = text[at + 2 : end].partition(":")
            if not colon or kind not in KINDS or not name:
                known = "${env:NAME}, ${secret:NAME#KEY}, ${ssm:/PATH}"
                raise TemplateError(f"unknown reference {text[at : end + 1]!r} at {at}; known: {known}")
            parts += _flush(literal)
            parts.append(Reference(kind, name))
            at = end + 1
        elif text[at] == "{":
            end = _end(text, at + 1)
            name = text[at + 1 : end].strip()
            if not name:
                raise TemplateError(f"empty placeholder at {at}")
            parts += _flush(literal)
            parts.append(Placeholder(name))
            at = end + 1
        elif text[at] == "}":
            raise TemplateError(f"a closing brace without an opening one at {at}; a literal brace is written twice")
        else:
            literal.append(text[at])
            at += 1
    return (*parts, *_flush(literal))


def _end(text: str, start: int) -> int:
    end = text.find("}", start)
    if end < 0 or "{" in text[start:end]:
        raise TemplateError(f"an open brace at {start - 1}; a literal brace is written twice")
    return end


def _flush(literal: list[str]) -> list[Part]:
    text = "".join(literal)
    literal.clear()
    return [text] if text else []


def escape(text: str) -> str:
    """The template whose value is exactly ``text``."""
    return text.replace("{", "{{").replace("}", "}}")


def escape_json(value: Any) -> Any:
    """``value`` with every string in it escaped, keys excepted."""
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, list):
        return [escape_json(item) for item in value]
    if isinstance(value, dict):
        return {key: escape_json(item) for key, item in value.items()}
    return value


def references(value: Any) -> frozenset[Reference]:
    """Every reference in a template, or in a JSON value of templates."""
    return frozenset(part for part in _parts(value) if isinstance(part, Reference))


def strings_in(value: Any, skip: Collection[str] = ()) -> Iterator[str]:
    """Every string in a JSON value or in tables, keys excepted. ``skip``: fields of tables that are passed over."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from strings_in(member, skip)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from strings_in(member, skip)
    else:
        for name in getattr(type(value), "__dataclass_fields__", ()):
            if name not in skip:
                yield from strings_in(getattr(value, name), skip)


def references_in(value: Any, skip: Collection[str] = ()) -> Iterator[Reference]:
    """Every reference in a JSON value or in tables. A text that is not a template, such as a description, has none."""
    for text in strings_in(value, skip):
        if "${" in text:
            try:
                yield from references(text)
            except TemplateError:
                continue


def placeholders(value: Any) -> frozenset[str]:
    """The names of every placeholder in a template, or in a JSON value of templates."""
    return frozenset(part.name for part in _parts(value) if isinstance(part, Placeholder))


def _parts(value: Any) -> list[Part]:
    if isinstance(value, str):
        return list(parse(value))
    if isinstance(value, Mapping):
        return [part for item in value.values() for part in _parts(item)]
    if isinstance(value, (list, tuple)):
        return [part for item in value for part in _parts(item)]
    return []


def fill(value: Any, scope: Mapping[str, Any], resolve: Callable[[Reference], str]) -> Any:
    """``value`` with references resolved and placeholders filled. A string that is one placeholder keeps its type.
    KeyError names a placeholder that the scope does not have; TemplateError as :func:`parse`."""
    if isinstance(value, str):
        parts = parse(value)
        if len(parts) == 1 and isinstance(parts[0], Placeholder):
            return lookup(scope, parts[0].name)
        return "".join(_text(part, scope, resolve) for part in parts)
    if isinstance(value, Mapping):
        return {key: fill(item, scope, resolve) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill(item, scope, resolve) for item in value]
    return value


def fill_present(value: Any, scope: Mapping[str, Any], resolve: Callable[[Reference], str]) -> Any:
    """As :func:`fill`, without the members and elements of ``value`` that name what the scope does not have; KeyError
    where ``value`` itself is such a string."""
    if isinstance(value, str):
        return fill(value, scope, resolve)
    if isinstance(value, Mapping):
        return {key: fill_present(item, scope, resolve) for key, item in value.items() if _has(item, scope)}
    if isinstance(value, (list, tuple)):
        return [fill_present(item, scope, resolve) for item in value if _has(item, scope)]
    return value


def _has(value: Any, scope: Mapping[str, Any]) -> bool:
    """Whether the scope has what a string names; what holds strings is looked into."""
    if not isinstance(value, str):
        return True
    try:
        for name in placeholders(value):
            lookup(scope, name)
    except KeyError:
        return False
    return True


def _text(part: Part, scope: Mapping[str, Any], resolve: Callable[[Reference], str]) -> str:
    if isinstance(part, Reference):
        return resolve(part)
    if isinstance(part, Placeholder):
        found = lookup(scope, part.name)
        return found if isinstance(found, str) else _scalar(found)
    return part


def _scalar(value: Any) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    return "" if value is None else str(value)


def lookup(scope: Mapping[str, Any], name: str) -> Any:
    """``scope[name]``, or the longest prefix of the dotted ``name`` that the scope has, and then member by member."""
    if name in scope:
        return scope[name]
    members = name.split(".")
    head = len(members) - 1
    while head and ".".join(members[:head]) not in scope:
        head -= 1
    if not head:
        raise KeyError(name)
    here: Any = scope[".".join(members[:head])]
    for member in members[head:]:
        if isinstance(here, Mapping) and member in here:
            here = here[member]
        elif isinstance(here, (list, tuple)) and member.isdigit() and int(member) < len(here):
            here = here[int(member)]
        else:
            raise KeyError(name)
    return here


# Variables of services and tools that many people have set. A document may call itself like one of them, so no document
# gets such a variable: hints that name the variable and the address have to say so.
_OWNERS: Final = vocabulary(
    # code, builds and packages
    "ACTIONS ARTIFACTORY BITBUCKET BUILDKITE CARGO CI CIRCLE CIRCLECI CODECOV COMPOSER CONDA DOCKER GEM GH GHCR GIT "
    "GITEA GITHUB GITLAB HOMEBREW JENKINS JFROG MAVEN NODE NPM NUGET PIP POETRY PULUMI PYPI QUAY RENOVATE RUBYGEMS "
    "SNYK SONAR SONARCLOUD SONARQUBE SOURCEGRAPH SYSTEM TEAMCITY TRAVIS TWINE UV YARN "
    # clouds, platforms and their tools
    "AKAMAI ALIBABA ALICLOUD ARM AWS AZURE CDK CF CLOUDFLARE CLOUDSDK CONSUL DIGITALOCEAN EC2 ECS EKS EXPO FASTLY "
    "FIREBASE FLY GCLOUD GCP GOOGLE HCLOUD HEROKU HETZNER IBM IBMCLOUD K8S KUBE KUBECONFIG KUBERNETES LAMBDA LINODE "
    "NETLIFY NOMAD OCI OPENSHIFT OVH RAILWAY RENDER SCALEWAY SCW SUPABASE TERRAFORM TF TFE VAULT VERCEL VULTR "
    # models
    "AI21 ANTHROPIC ASSEMBLYAI BEDROCK CEREBRAS CLAUDE COHERE DEEPGRAM DEEPSEEK ELEVENLABS FIREWORKS GEMINI GROK GROQ "
    "HF HUGGINGFACE LANGCHAIN LANGFUSE LANGSMITH MISTRAL NVIDIA OLLAMA OPENAI OPENROUTER PERPLEXITY PINECONE REPLICATE "
    "SERPAPI STABILITY TAVILY TOGETHER VOYAGE WANDB XAI "
    # data
    "ALGOLIA CLICKHOUSE DATABASE DATABRICKS DB ELASTIC ELASTICSEARCH KAFKA MONGO MONGODB MYSQL NEON PG PLANETSCALE "
    "POSTGRES POSTGRESQL RABBITMQ REDIS SNOWFLAKE TURSO UPSTASH "
    # money, messages, work and watching
    "ADYEN AIRTABLE ASANA ATLASSIAN AUTH0 BRAINTREE CLERK CLICKUP CONFLUENCE DATADOG DD DISCORD DROPBOX FACEBOOK FIGMA "
    "GRAFANA HONEYCOMB HUBSPOT INTERCOM JIRA LAUNCHDARKLY LINEAR LINKEDIN MAILCHIMP MAILGUN MAPBOX MICROSOFT MONDAY "
    "NEWRELIC NOTION OKTA OPSGENIE PAGERDUTY PAYPAL PLAID POSTHOG POSTMARK RESEND SALESFORCE SEGMENT SENDGRID SENTRY "
    "SHOPIFY SLACK SPOTIFY SQUARE STRIPE TELEGRAM TRELLO TWILIO TWITTER WISE ZENDESK ZOOM "
    # machines and people
    "ADAPTGEN BW DESKTOP GNUPG GPG HTTP HTTPS KEYCHAIN LOGIN OP PROXY SMTP SSH SUDO USER WINDOWS"
)
_OF_TWO_WORDS: Final = ("HUGGING_FACE_", "NEW_RELIC_", "DIGITAL_OCEAN_", "LAUNCH_DARKLY_", "HUGGING_FACE_HUB_")


def is_well_known(variable: str) -> bool:
    """Whether ``variable`` belongs to a service or a tool that many people have set up: ``GITHUB_TOKEN``."""
    folded = variable.upper().lstrip("_")
    return folded.partition("_")[0] in _OWNERS or folded.startswith(_OF_TWO_WORDS)
