"""Words of text and of names, and their stems: the algorithm of Porter (1980), with the usual exceptions."""

from __future__ import annotations

import re
from functools import lru_cache

from adaptgen.syntax.identifiers import words as name_words

_TEXT = re.compile(r"[A-Za-z0-9]+(?:['’][a-z]+)?")
_VOWEL = "aeiou"
_BRITISH = re.compile(r"(?<=[a-z]{3})is(?=(?:e|es|ed|er|ers|ing|ation|ations)$)")
"""``organise`` and ``organize``; words that are never written with a z (``promise``) are alike on both sides."""
_IRREGULAR = {
    "people": "person", "persons": "person", "children": "child", "men": "man", "women": "woman", "ran": "run",
    "running": "run", "wrote": "write", "written": "write", "made": "make", "sent": "send", "built": "build",
    "gave": "give", "given": "give", "took": "take", "taken": "take", "kept": "keep", "left": "leave", "got": "get",
    "gotten": "get", "done": "do", "did": "do", "does": "do", "went": "go", "gone": "go", "seen": "see", "saw": "see",
    "held": "hold", "met": "meet", "paid": "pay", "bought": "buy", "sold": "sell", "told": "tell", "said": "say",
    "threw": "throw", "thrown": "throw", "shut": "shut", "began": "begin", "begun": "begin", "broke": "break",
    "broken": "break", "chose": "choose", "chosen": "choose", "found": "find", "hid": "hide", "hidden": "hide",
    "spoke": "speak", "stole": "steal", "stolen": "steal", "used": "use", "using": "use", "users": "user",
    "news": "news", "status": "status", "statuses": "status", "access": "access", "address": "address",
    "addresses": "address", "analyses": "analysis", "indices": "index", "indexes": "index", "data": "data",
    "media": "media", "series": "series", "process": "process", "processes": "process", "organisation": "organ",
    "organisations": "organ", "organization": "organ", "organizations": "organ", "general": "general",
    "universe": "universe", "university": "university", "policies": "polici", "police": "police",
    "pods": "pod", "orgs": "org", "repos": "repo", "apis": "api", "ids": "id", "keys": "key",
    "wasnt": "not", "cant": "cannot", "can't": "cannot", "ingress": "ingress", "ingresses": "ingress",
    # What the algorithm would make one, and are two.
    "custom": "custom", "customer": "customer", "customers": "customer", "important": "important",
    "personal": "personal", "terminal": "terminal", "terminals": "terminal", "conversion": "conversion",
    "conversions": "conversion", "internal": "internal", "international": "international",
    "authorization": "authoriz", "authorizations": "authoriz", "authorize": "authoriz", "authorized": "authoriz",
    "authorise": "authoriz", "authorised": "authoriz", "authorisation": "authoriz", "activity": "activity",
    "activities": "activity", "balancer": "balancer", "balancers": "balancer", "booking": "booking",
    "bookings": "booking", "income": "income", "installment": "installment", "installments": "installment",
    "listing": "listing", "listings": "listing", "objective": "objective", "objectives": "objective",
    "rating": "rating", "ratings": "rating", "recording": "recording", "recordings": "recording",
    "referral": "referral", "referrals": "referral", "accounting": "accounting",
    "authorizes": "authoriz", "authorizing": "authoriz", "incomes": "income",
    # Verbs and their nouns that the algorithm leaves apart.
    "subscription": "subscrib", "subscriptions": "subscrib", "registration": "regist", "registrations": "regist",
    "delivery": "deliv", "deliveries": "deliv", "payment": "pai", "payments": "pai", "shipment": "ship",
    "shipments": "ship", "verification": "verifi", "verifications": "verifi", "notification": "notifi",
    "notifications": "notifi", "deploy": "deploy", "deploys": "deploy", "deployed": "deploy", "deploying": "deploy",
    "response": "respond", "responses": "respond", "submission": "submit", "submissions": "submit",
    "classification": "classifi", "classifications": "classifi", "consumption": "consum",
    "subscriber": "subscriber", "subscribers": "subscriber", "carrier": "carrier", "carriers": "carrier",
    # Plurals in -us and -is, which are none elsewhere (status, analysis).
    "key": "key", "cpus": "cpu", "gpus": "gpu", "menus": "menu", "skus": "sku", "wikis": "wiki", "emojis": "emoji",
    "uris": "uri", "kpis": "kpi", "aliases": "alias", "alias": "alias", "buses": "bus", "bus": "bus",
    # British spelling.
    "colour": "color", "colours": "color", "centre": "center", "centres": "center", "catalogue": "catalog",
    "catalogues": "catalog", "programme": "program", "programmes": "program", "behaviour": "behavior",
    "labour": "labor", "metre": "meter", "metres": "meter", "fulfilment": "fulfil", "fulfilments": "fulfil",
    "fulfillment": "fulfil", "fulfillments": "fulfil", "cancelled": "cancel", "cancelling": "cancel",
    "labelled": "label", "dialled": "dial", "travelled": "travel", "enrolment": "enrol", "enrollment": "enrol",
    "enrollments": "enrol",
    # Strong verbs and plurals.
    "became": "become", "bent": "bend", "bound": "bind", "brought": "bring", "came": "come", "caught": "catch",
    "drawn": "draw", "drew": "draw", "driven": "drive", "drove": "drive", "fallen": "fall", "fell": "fall",
    "forgot": "forget", "forgotten": "forget", "froze": "freez", "frozen": "freez", "grew": "grow", "grown": "grow",
    "hung": "hang", "knew": "know", "known": "know", "led": "lead", "lent": "lend", "lost": "lose", "rang": "ring",
    "rung": "ring", "rose": "rise", "sought": "seek", "spent": "spend", "stood": "stand", "stuck": "stick",
    "taught": "teach", "thought": "think", "withdrawn": "withdraw", "withdrew": "withdraw", "woke": "wake",
    "won": "win", "wore": "wear", "worn": "wear", "rebuilt": "rebuild", "undid": "undo", "undone": "undo",
    "criteria": "criterion", "halves": "half", "lives": "life", "matrices": "matrix", "shelves": "shelf",
    "vertices": "vertex",
}  # fmt: skip


def tokens(text: str) -> list[str]:
    """The words of a text in lower case; names in it (``camelCase``, ``snake_case``) as their words."""
    found: list[str] = []
    for piece in _TEXT.findall(text):
        plain = piece.replace("’", "'")
        low = plain.lower()
        if "'" in low:
            low = low.removesuffix("'s")
            found.append(low)
        elif plain.isalpha() and (plain.islower() or plain.isupper() or plain[1:].islower()):
            found.append(low)
        else:
            found += name_words(plain)
    return found


def text_stems(text: str) -> list[str]:
    """The stems of the words of a text."""
    return [stem(word) for word in tokens(text)]


@lru_cache(maxsize=16384)
def name_stems(text: str) -> tuple[str, ...]:
    """The stems of the words of an identifier."""
    return tuple(map(stem, name_words(text)))


@lru_cache(maxsize=32768)
def stem(word: str) -> str:
    """What a word has in common with its inflections: ``deployments`` and ``deploying`` give ``deploi``."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 2 or not word.isascii() or not word.isalpha():
        return word
    word = _BRITISH.sub("iz", word)
    word = _plural(word)
    word = _past(word)
    if word.endswith("y") and len(word) > 2 and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    for suffixes, least in ((_SECOND, 1), (_THIRD, 1), (_FOURTH, 2)):
        word = _replaced(word, suffixes, least)
    if word.endswith("e"):
        rest = word[:-1]
        if _measure(rest) > 1 or (_measure(rest) == 1 and not _short(rest)):
            word = rest
    if word.endswith("ll") and _measure(word) > 1:
        word = word[:-1]
    return word


def _plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for suffix in ("ed", "ing"):
        rest = word.removesuffix(suffix)
        if rest != word and _has_vowel(rest):
            if rest.endswith(("at", "bl", "iz")):
                return rest + "e"
            if len(rest) > 1 and rest[-1] == rest[-2] and rest[-1] not in "lsz" + _VOWEL:
                return rest[:-1]
            if _measure(rest) == 1 and _short(rest):
                return rest + "e"
            return rest
    return word


_SECOND = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"),
)  # fmt: skip
_THIRD = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
_FOURTH = tuple(
    (suffix, "")
    for suffix in ("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism",
                   "ate", "iti", "ous", "ive", "ize")
)  # fmt: skip


def _replaced(word: str, suffixes: tuple[tuple[str, str], ...], least: int) -> str:
    fitting = [pair for pair in suffixes if word.endswith(pair[0])]
    if not fitting:
        return word
    suffix, instead = max(fitting, key=lambda pair: len(pair[0]))
    rest = word[: -len(suffix)]
    if _measure(rest) < least or (suffix == "ion" and not rest.endswith(("s", "t"))):
        return word
    return rest + instead


def _consonant(word: str, at: int) -> bool:
    if word[at] in _VOWEL:
        return False
    return word[at] != "y" or at == 0 or not _consonant(word, at - 1)


def _measure(word: str) -> int:
    """How often a vowel is followed by a consonant."""
    count, before = 0, True
    for at in range(len(word)):
        now = _consonant(word, at)
        if now and not before:
            count += 1
        before = now
    return count


def _has_vowel(word: str) -> bool:
    return any(not _consonant(word, at) for at in range(len(word)))


def _short(word: str) -> bool:
    """Ends in consonant, vowel, consonant, the last of them not w, x or y."""
    return (
        len(word) > 2
        and _consonant(word, len(word) - 3)
        and not _consonant(word, len(word) - 2)
        and _consonant(word, len(word) - 1)
        and word[-1] not in "wxy"
    )
