"""The request of a login: an operation's declared inputs filled with credentials, constants and saved values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import Body, Call, Param
from adaptgen.plan.auth.field_roles import GRANTS, LoginInput, basic_header, default_of, grants_of
from adaptgen.plan.auth.security_schemes import reference
from adaptgen.plan.document.reader import Operation
from adaptgen.plan.document.schemas import MISSING
from adaptgen.syntax.identifiers import vocabulary, words
from adaptgen.syntax.templates import escape_json

if TYPE_CHECKING:
    from adaptgen.source import Document

_ENV = {
    "user": "USERNAME",
    "password": "PASSWORD",
    "client_id": "CLIENT_ID",
    "client_secret": "CLIENT_SECRET",
    "api_key": "API_KEY",
    "api_secret": "API_SECRET",
}
# Who logs in may have to say where, too.
_WHERE = vocabulary(
    "tenant company organization organisation domain account database realm workspace instance subdomain customer site "
    "client org db firm branch business store shop team project environment"
)
_PROOFS = {"password", "client_secret", "api_key", "api_secret", "refresh"}
# What a person must be asked for, or what is computed anew for each login.
_EACH_TIME = vocabulary(
    "otp totp code pin captcha recaptcha nonce challenge signature hash hmac digest timestamp time date txn "
    "transaction state assertion verifier mfa fa factor redirect callback answer token"
)
SET_APART = _WHERE | _EACH_TIME | vocabulary("device type method provider scope locale language")
"""Words of texts next to a password that do not say who logs in."""
WAYS = vocabulary("provider method strategy connector backend collection realm")
"""By what somebody logs in, where a path has a placeholder for it."""
_CODES = vocabulary("otp totp code pin mfa fa passcode captcha recaptcha")
_OF_CODES = vocabulary(
    "verification auth authentication sms login one time confirmation email mail phone factor two 2 token response"
)
# A token of the device that messages are pushed to stays the same.
_DEVICE = vocabulary("fcm apns push device firebase")
# The likeliest of several optional inputs that name the user.
_USER_ORDER = ("username", "user", "login", "email", "account", "identifier", "name")


def login_call(
    document: Document,
    operation: Operation,
    inputs: Sequence[LoginInput],
    name: str,
    *,
    basic: bool = False,
    refresh: bool = False,
    bare: bool = False,
    loose: bool = False,
    sure: bool = False,
    where: frozenset[str] = frozenset(),
    encoded: bool = False,
) -> Call | None:
    """The call of ``operation`` as a login; None where it requires an input that nothing supplies.

    ``refresh``: as the renewal of one; ``bare``: without credentials; ``encoded``: its answer is wanted in base64.
    Texts that it requires come from the environment, too: with ``loose`` whatever they are, with ``sure`` those that
    stay the same from login to login (a role, a kind of user), and the placeholders of the path in ``where``.
    """
    values: list[tuple[LoginInput, Any]] = []
    # HTTP Basic is sent next to the call.
    inputs = _told_apart([each for each in inputs if not basic_header(each)])
    if encoded:
        encoding = _takes_base64(inputs)
        if encoding is None:
            return None
        values.append((encoding, "base64"))
        inputs = [each for each in inputs if each is not encoding]
    chosen = select_credentials(inputs, refresh, basic or bare)
    if chosen is None or not (loose or bare or basic or {each.role for each in chosen} & _PROOFS):
        return None
    nothing_required = not any(each.required for each in inputs)
    for each in inputs:
        if each in chosen:
            values.append((each, _value(each, chosen, name)))
        elif each.required:
            value = _required_value(each, name, _settled(each, loose, sure, where))
            if value is MISSING:
                return None
            values.append((each, value))
        elif nothing_required and _has_example(each):
            # A document that requires nothing does not say what can be left out: how to log in (a provider) may not.
            values.append((each, escape_json(each.example)))
    return build_call(operation, [((each.place, *each.keys), value) for each, value in values])


def is_code(one: LoginInput) -> bool:
    """Whether an input takes a code that a person receives for one login."""
    spoken = {*words(one.name)}
    return bool(spoken & _CODES) and spoken <= _CODES | _OF_CODES


def _takes_base64(inputs: Sequence[LoginInput]) -> LoginInput | None:
    return next((each for each in inputs if "base64" in (each.enum or ())), None)


def _has_example(one: LoginInput) -> bool:
    return bool(one.enum) and not one.role and one.example in (one.enum or ())


def _settled(one: LoginInput, loose: bool, sure: bool, where: frozenset[str]) -> bool:
    """Whether a required input may come from the environment."""
    spoken = set(words(one.name))
    if one.place == "path" and one.name in where:
        return True
    if one.place == "body" and len(one.keys) > 1 and not sure:
        return False
    if loose:
        return one.type == "string" and one.enum is None
    return (
        sure
        and one.type in {"string", "integer", None}
        and one.place != "path"
        and not spoken & (_EACH_TIME - {"token"} if spoken & _DEVICE else _EACH_TIME)
    )


def _told_apart(given: Sequence[LoginInput]) -> Sequence[LoginInput]:
    """Of several required names, those that say where (an account next to a login) are not who logs in."""
    users = [one for one in given if one.role == "user" and one.required]
    where = [one for one in users if set(words(one.name)) <= _WHERE]
    if len(users) < 2 or len(where) == len(users):
        return given
    return [replace(one, role="") if one in where else one for one in given]


def select_credentials(given: Sequence[LoginInput], refresh: bool, none: bool) -> list[LoginInput] | None:
    """The inputs that take the credentials; None where the declared grants do not offer them."""
    if none:
        return _grant_of_client(given)
    by_role: dict[str, list[LoginInput]] = {}
    for one in given:
        by_role.setdefault(one.role, []).append(one)
    # A single grant of the service's own goes in as it is written.
    grants = grants_of(given) & GRANTS
    wanted: tuple[str, ...]
    if refresh:
        wanted, grant = ("refresh",), "refresh_token"
    elif "password" in by_role and not (grants and "password" not in grants):
        wanted, grant = ("user", "password"), "password"
    elif {"client_id", "client_secret"} <= set(by_role) and not (grants and "client_credentials" not in grants):
        wanted, grant = ("client_id", "client_secret"), "client_credentials"
    elif "api_secret" in by_role:
        wanted, grant = ("api_key", "user", "client_id", "api_secret"), ""
    else:
        wanted, grant = ("api_key",) if "" in by_role else ("user", "api_key"), ""
    if grants and grant and grant not in grants:
        return None
    chosen = [pick for role in wanted for pick in _pick(by_role.get(role, []))]
    if grant == "password" and not by_role.get("user"):
        chosen += _pick(by_role.get("api_key", [])) or _pick(by_role.get("client_id", []))
    chosen += by_role.get("grant", [])[:1]
    chosen += [one for one in given if one.required and one.role in _ENV and one not in chosen]
    return chosen


def _grant_of_client(given: Sequence[LoginInput]) -> list[LoginInput]:
    """The input that takes the grant which HTTP Basic of a client is good for."""
    return [one for one in given if one.role == "grant" and "client_credentials" in grants_of([one])][:1]


def _pick(options: list[LoginInput]) -> list[LoginInput]:
    required = [one for one in options if one.required]
    if required or len(options) < 2:
        return required or options
    order = {name: index for index, name in enumerate(_USER_ORDER)}
    return [min(options, key=lambda one: order.get("".join(words(one.name)), 99))]


def _value(one: LoginInput, chosen: Sequence[LoginInput], name: str) -> Any:
    if one.role == "refresh":
        return "{refresh}"
    if one.role == "grant":
        roles = {each.role for each in chosen}
        if "refresh" in roles:
            return "refresh_token"
        own = default_of(one)
        if isinstance(own, str) and own not in GRANTS:
            return escape_json(own)
        return "password" if "password" in roles else "client_credentials"
    return reference(name, _ENV[one.role])


def constant(one: LoginInput) -> Any:
    """The value of an input that is not a credential, as far as the document proposes one; MISSING without."""
    proposed = default_of(one)
    if proposed is not MISSING and not isinstance(proposed, (dict, list)):
        return escape_json(proposed)
    if one.role == "scope" and one.type != "array":
        return ""
    if one.role == "scope" and one.enum:
        return [escape_json(value) for value in one.enum]  # a token for all that the API offers
    return False if one.type == "boolean" else MISSING


def _required_value(one: LoginInput, name: str, settled: bool) -> Any:
    """The value of a required input that is not a credential: what the document proposes or shows, or a variable for
    what says where or stays the same (``settled``); MISSING without."""
    if (proposed := constant(one)) is not MISSING:
        return proposed
    spoken = words(one.name)
    where = one.type in {"string", "integer", None} and bool(set(spoken) & _WHERE)
    if not where and _scalar(one.example) and not set(spoken) & _EACH_TIME:
        return escape_json(one.example)
    return reference(name, "_".join(spoken).upper()) if settled or where else MISSING


def _scalar(value: object) -> bool:
    return isinstance(value, (str, int, float)) and value != ""


def build_call(operation: Operation, values: Sequence[tuple[tuple[str, ...], Any]]) -> Call:
    """The call of ``operation`` with fixed ``values``: (place, key, …) -> template. Constants of its path included."""
    placed: dict[str, list[Param]] = {"path": [], "query": [], "header": [], "cookie": []}
    placed["query"] += [Param(key, value=escape_json(value)) for key, value in operation.constants]
    body: dict[str, Any] = {}
    whole: Any = None
    for (place, *keys), value in values:
        if place == "body" and not keys:
            whole = value
        elif place == "body":
            inside = body
            for key in keys[:-1]:
                inside = inside.setdefault(key, {})
            inside[keys[-1]] = value
        else:
            placed[place].append(Param(keys[0], value=value))
    return Call(
        operation.method,
        operation.path,
        path_params=tuple(placed["path"]),
        query=tuple(placed["query"]),
        headers=tuple(placed["header"]),
        cookies=tuple(placed["cookie"]),
        body=_body(operation, body) if whole is None else _text(operation, whole),
    )


def _text(operation: Operation, value: Any) -> Body:
    media = operation.body.media if operation.body else "text/plain"
    return Body(media=media, whole=Param("body", value=value))


def _body(operation: Operation, values: dict[str, Any]) -> Body | None:
    if not values:
        empty = operation.body is not None and operation.body.required and "json" in operation.body.media
        return Body(whole=Param("body", value={})) if empty else None
    media = operation.body.media if operation.body else "application/json"
    inside = None
    if len(values) == 1 and isinstance(next(iter(values.values())), dict) and "json" in media:
        inside, values = next(iter(values.items()))
    return Body(media=media, params=tuple(Param(key, value=value) for key, value in values.items()), inside=inside)
