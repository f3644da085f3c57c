"""An API of a seed: login, paging, envelopes, errors and how far its document tells the truth."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any, TypeVar

from learning.behaviour import Api, Declared, Listing, Login, Paging
from learning.labels import PagingRow, customary, login_rows, paging_rows, unpaged_items
from learning.records import SMALL, THEMES, canaries_of, draw_fields, draw_records, styled

Choice = TypeVar("Choice")

TOTALS = ("$.total", "$.totalCount", "$.count", "$.meta.total", "$.pagination.total", "$.page.totalElements",
          "$.total_entries", "header:X-Total-Count", "header:X-Total", "header:Total-Records")  # fmt: skip
KEYS = ("header X-Api-Key: {token}", "header X-API-Key: {token}", "header apikey: {token}", "header api_key: {token}",
        "header Authorization: Bearer {token}", "header Authorization: Token {token}", "header Authorization: {token}",
        "query api_key", "query apikey", "query key", "query access_token", "cookie:api_key", "cookie:sid")  # fmt: skip


def weigh(dice: random.Random, weights: dict[Choice, float]) -> Choice:
    """One of the keys, by its weight."""
    return dice.choices(list(weights), list(weights.values()))[0]


def draw(seed: int) -> Api:
    """The API of a seed."""
    dice = random.Random(f"learning {seed}")
    style = weigh(dice, {"camel": 5.0, "snake": 4.0, "pascal": 1.0})
    declared = Declared(
        paging=weigh(dice, {"right": 5.0, "missing": 2.5, "renamed": 1.0, "partly": 1.0}),
        envelope=weigh(dice, {"right": 7.0, "bare": 1.0, "renamed": 1.0, "untyped": 1.0}),
        security=weigh(dice, {"right": 5.5, "missing": 3.0, "wrong": 1.5}),
        login=weigh(dice, {"right": 8.0, "untyped": 2.0}),
        fields=weigh(dice, {"right": 8.0, "wrong": 2.0}),
    )
    login = draw_login(dice)
    base = weigh(dice, {"": 4.0, "/api": 2.0, "/v1": 2.0, "/api/v2": 1.0})
    row, common = draw_paging(dice)
    names = draw_names(dice)
    lists = draw_lists(dice, seed, names, style, (row, common), declared)
    unsafe = draw_unsafe(dice, lists)
    canaries = set[str]()
    for one in lists:
        canaries |= canaries_of(one.fields, [dict(record) for record in one.records])
    secrets = {"user": f"svc-{seed}@mail.example", "password": f"pw-{dice.getrandbits(64):016x}",
               "key": f"key-{dice.getrandbits(96):024x}"}  # fmt: skip
    return Api(
        seed=seed,
        name=f"mock{seed}",
        base=base,
        login=login,
        lists=tuple(lists),
        errors=weigh(dice, {"flat": 4.0, "problem": 2.0, "spring": 2.0, "nested": 2.0}),
        strict=dice.random() < 0.08,
        unsafe=unsafe,
        secrets=secrets,
        canaries=frozenset(canaries),
        declared=declared,
    )


def draw_login(dice: random.Random) -> Login:
    """Who is let in, and how it is refused."""
    kind = weigh(dice, {"none": 1.0, "basic": 1.2, "key": 2.6, "session": 5.2})
    refused = weigh(dice, {"401": 5.0, "403": 2.0, "200": 1.5, "redirect": 1.5})
    if kind == "none":
        return Login()
    if kind == "basic":
        return Login("basic", sent="header Authorization: Basic {token}", refused="401")
    if kind == "key":
        return Login("key", sent=dice.choice(KEYS), refused="401" if refused == "redirect" else refused)
    row = dice.choice(login_rows())
    lifetime = weigh(dice, {3600: 4.0, None: 5.0, 900: 1.0})
    uses = 45 if dice.random() < 0.15 else None
    return Login(
        "session", row.sent, row.path, row.user, row.password, dice.random() < 0.1, row.token, lifetime, uses, refused
    )


def draw_paging(dice: random.Random) -> tuple[PagingRow, Paging]:
    """How the lists of an API page: one labelled list, and what labels do not say."""
    row = dice.choice(paging_rows())
    style = "header" if dice.random() < 0.03 else row.style
    default = weigh(dice, {10: 3.0, 20: 3.0, 25: 2.0, 30: 1.0, 50: 2.0, 100: 1.0})
    above = weigh(dice, {"honoured": 2.5, "clamped": 4.0, "refused": 1.5, "ignored": 0.8}) if row.size else "ignored"
    maximum = max(default, dice.choice((25, 50, 100, 100, 200))) if above in ("clamped", "refused") else None
    first = row.first if style == "page" else 1
    if style == "page" and first == 1 and dice.random() < 0.08:
        first = 0
    paging = Paging(
        mechanics="none", position=row.position, size=row.size, first=first, default=default, maximum=maximum,
        above=above, next=row.next, last=weigh(dice, {"absent": 4.0, "null": 4.0, "blank": 1.0, "more": 1.0}),
        end=weigh(dice, {"empty": 7.0, "404": 1.2, "400": 0.7, "repeated": 1.0}), absolute=dice.random() < 0.7,
        zero=weigh(dice, {"first": 6.0, "400": 3.0, "empty": 1.0}),
    )  # fmt: skip
    if style in ("offset", "page"):
        also = weigh(dice, {"": 7.5, "url": 1.5, "link": 1.0})
        place = {"url": "$.next", "link": "header:Link", "": ""}[also] if row.items.startswith("$.") else ""
        announce: Any = also if place else ""
        end = "empty" if style == "offset" and paging.end == "repeated" else paging.end
        last = "absent" if paging.last == "more" else paging.last
        return row, replace(paging, mechanics=style, announce=announce, next=place, end=end, last=last)
    if style == "cursor":
        last = "absent" if row.next == "last" and paging.last in ("null", "blank") else paging.last
        return row, replace(paging, mechanics="cursor", announce="token", last=last)
    mechanics = weigh(dice, {"cursor": 5.0, "page": 3.0, "offset": 2.0})
    position = {"cursor": "cursor", "page": "page", "offset": "offset"}[mechanics]
    announce = {"link": "link", "header": "header", "next_url": "url"}[style]
    place = {"link": "header:Link", "header": "header:Next-Page"}.get(style, row.next)
    last = "absent" if paging.last == "more" or style in ("link", "header") else paging.last
    return row, replace(
        paging, mechanics=mechanics, position=position, announce=announce, next=place, last=last, end="empty"
    )  # fmt: skip


def draw_names(dice: random.Random) -> list[str]:
    """The lists of an API: those that are pointed to first."""
    large = [one for one in THEMES if one not in SMALL]
    chosen = {*dice.sample(large, dice.choice((2, 3, 3, 4))), *dice.sample(SMALL, dice.choice((0, 1, 1, 2)))}
    order = ["countries", "categories", "departments", "users", "customers", "orders", "projects"]
    return sorted(chosen, key=lambda one: (order.index(one) if one in order else len(order), one))


def draw_count(dice: random.Random, name: str, default: int) -> int:
    """How many records a list has."""
    if name in SMALL:
        return dice.randrange(4, 13)
    kind = weigh(dice, {"empty": 0.5, "one": 0.5, "few": 1.0, "exact": 1.2, "many": 6.8})
    several = {"exact": default * dice.choice((2, 3)), "many": int(default * dice.uniform(1.15, 4.4)) + 1}
    return {"empty": 0, "one": 1, "few": dice.randrange(2, default)}.get(kind) or several.get(kind, 0)


def draw_lists(
    dice: random.Random, seed: int, names: list[str], style: str, common: tuple[PagingRow, Paging], declared: Declared
) -> list[Listing]:
    """The lists with their records, and child lists below their parents."""
    identity = weigh(dice, {"id": 7.0, "own": 1.0, "uuid": 0.6, "code": 0.7, "key": 0.4})
    form = "uuid" if identity == "uuid" else weigh(dice, {"int": 6.0, "uuid": 2.0, "code": 2.0})
    total = dice.choice(TOTALS) if dice.random() < 0.65 else ""
    extras = draw_extras(dice)
    found: list[Listing] = []
    ids: dict[str, list[Any]] = {}
    for name in names:
        row, paging = common if dice.random() > 0.12 else draw_paging(dice)
        unpaged = (name in SMALL and dice.random() < 0.7) or dice.random() < 0.12
        items = dice.choice(unpaged_items()) if unpaged and dice.random() < 0.5 else row.items
        if unpaged:
            paging = Paging(default=10**6)
        fields = draw_fields(dice, name, style, [*ids], identity)
        count = draw_count(dice, name, 20 if unpaged else paging.default)
        records = draw_records(dice, seed, name, fields, count, ids, form)
        ids[name] = [record[fields[0].name] for record in records]
        place = total if fits(total, items, paging.next) else ""
        own = declare(dice, declared, paging)
        filters = tuple(one.name for one in fields if one.kind == "ref" and dice.random() < 0.6)
        others = {key: kind for key, kind in extras.items() if fits(key, items, paging.next, place)}
        found.append(
            Listing(name, THEMES[name][0], f"/{styled(name, 'snake')}", fields, tuple(records), paging, items, place,
                    others, filters, own)
        )  # fmt: skip
    return found + draw_children(dice, found, style)


def draw_children(dice: random.Random, lists: list[Listing], style: str) -> list[Listing]:
    """Lists below the detail of what they point to."""
    found = []
    for one in lists:
        refs = [field for field in one.fields if field.kind == "ref" and field.of not in SMALL]
        if refs and one.records and dice.random() < 0.4:
            parent = next(other for other in lists if other.name == refs[0].of)
            if not parent.records:
                continue
            path = f"{parent.path}/{{{styled(parent.singular + '_id', style)}}}/{one.name}"
            found.append(replace(one, name=f"{parent.singular}_{one.name}", path=path, parent=parent.name,
                                 link=refs[0].name, filters=()))  # fmt: skip
    return found


def draw_extras(dice: random.Random) -> dict[str, str]:
    """Other members of an envelope, some of which look like a total."""
    pool = {"$.success": "true", "$.message": "text", "$.pageCount": "pages", "$.size": "size", "$.warnings": "list",
            "$.returned": "count", "$.columns": "names", "$.requestId": "text",
            "$.links": "links"}  # fmt: skip
    return dict(dice.sample(sorted(pool.items()), dice.choice((0, 0, 1, 2, 3))))


def fits(place: str, *others: str) -> bool:
    """Whether a value may stand at ``place`` next to those at ``others``."""
    if not place or place.startswith("header:"):
        return bool(place)
    if others[0] == "$":
        return False
    return not any(one and (one == place or one.startswith(f"{place}.") or place.startswith(f"{one}."))
                   for one in others)  # fmt: skip


def declare(dice: random.Random, declared: Declared, paging: Paging) -> Declared:
    """What the document says of one list. Names that nobody could guess are mostly declared."""
    if paging.mechanics == "none":
        wrong = declared.paging == "renamed" and dice.random() < 0.3
        return replace(declared, paging="invented" if wrong else "right")
    said = declared.paging
    guessable = (paging.position, paging.size) in customary(paging.mechanics) or paging.announce not in ("", "token")
    if said != "right" and not guessable and dice.random() < 0.8:
        said = "right"
    first = None
    if paging.mechanics == "page" and dice.random() < 0.4:
        first = paging.first if dice.random() > 0.1 else 1 - paging.first
    maximum = None
    if paging.maximum and dice.random() < 0.35:
        maximum = paging.maximum if dice.random() > 0.2 else paging.maximum * 5
    return replace(declared, paging=said, first=first, maximum=maximum)


def draw_unsafe(dice: random.Random, lists: list[Listing]) -> tuple[str, ...]:
    """Operations that look like reads and are none."""
    found = []
    if dice.random() < 0.3:
        found.append("GET /logout")
    if dice.random() < 0.3:
        found.append(f"GET {lists[-1].path.partition('/{')[0]}/purge")
    if dice.random() < 0.3:
        found.append("GET /jobs/start")
    return tuple(found)
