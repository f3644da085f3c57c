"""The tables of words, read once, when somebody searches.

Plain English stands on one side, the words of APIs on the other. ``plain_*`` says what a word of a question may stand
for, each word in one of them; ``phrases`` says it of several words; ``terms_*`` has what APIs are about, each term in
one of them: of several words it is one that a tool must name in full, where ``create``, ``list``, ``read``, ``update``,
``delete`` and ``run`` are what it does. All of it is general knowledge of what such APIs are about, none of any one
API. In each table a line is ``words: words``, in the order of the alphabet; one that is indented goes on with the line
before. Words are in any form: their stems count.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from adaptgen.tool_search import phrases
from adaptgen.tool_search.lexicon import (
    plain_deeds,
    plain_machines,
    plain_media,
    plain_names,
    plain_people,
    plain_software,
    plain_trade,
    terms_builds,
    terms_clusters,
    terms_code,
    terms_content,
    terms_findings,
    terms_identity,
    terms_machines,
    terms_messages,
    terms_money,
    terms_places,
    terms_qualities,
    terms_work,
)
from adaptgen.tool_search.stemmer import stem, tokens

PLAIN = {
    one.__name__.rpartition(".")[2]: one.PLAIN
    for one in (plain_deeds, plain_machines, plain_media, plain_names, plain_people, plain_software, plain_trade)
}
TERMS = {
    one.__name__.rpartition(".")[2]: one.TERMS
    for one in (
        terms_builds, terms_clusters, terms_code, terms_content, terms_findings, terms_identity, terms_machines,
        terms_messages, terms_money, terms_places, terms_qualities, terms_work,
    )
}  # fmt: skip
"""Table -> its text."""
VERBS = """
add: put give new create
approve: allow accept confirm grant
archive: freeze mothball
assign: give hand put charge
block: ban keep away
cancel: stop abort halt
check:
compare: difference between
create: add new start open give set put
delete: remove get rid throw away destroy take down never stop retire clean
disable: turn deactivate stop
dismiss: throw reject outdated
dispatch: trigger start kick fire hand
download: get save
enable: turn activate allow
export: download take backup
follow: keep
fork: copy
generate: write produce
get: show read details
import: bring load
invite: ask join bring
list: show
lock: stop arguing freeze
merge: accept land combine take
publish: release public
redeliver: retry send once
remove: take away throw kick
rename: call new name
render: format preview
replace: change set edit overwrite instead pause update modify
rerun: retry once repeat
restore: bring undelete recover undo
resume: continue
revoke: take away withdraw invalidate
search: find
set: choose put change
star: favourite bookmark
start: launch turn begin wake
stop: shut down turn halt
suspend: pause stop temporarily
transfer: give away hand move
unblock: forgive
unlock: reopen allow
update: change set edit modify adjust instead pause rename
upload: put attach
"""
"""Each line: a verb that names of tools begin with, and what people say instead."""
_ACTS = frozenset(("create", "delete", "list", "read", "run", "update"))
_CONTINUED = re.compile(r"\n[ \t]+")
_STANDS_FOR, _LATER, _LAST = 0.85, 0.02, 10
"""How near the first word is that another stands for, how much less each one behind it, and up to which."""


@dataclass(frozen=True, slots=True)
class Term:
    """What APIs are about. ``needs``: stems that a tool must name; ``said``: words that it may be asked for with."""

    needs: frozenset[str]
    said: str

    @property
    def says(self) -> tuple[str, ...]:
        """The stems of ``said``."""
        return _stems(self.said)


@cache
def _stems(said: str) -> tuple[str, ...]:
    # Made of a term when a tool names it: no API names all of them.
    return tuple(map(stem, said.split()))


def lines(table: str) -> Iterator[tuple[str, str]]:
    """The two sides of each line of a table."""
    for line in _CONTINUED.sub(" ", table).strip().splitlines():
        said, _, meant = line.partition(":")
        yield said.strip(), meant.strip()


def plain() -> Collection[str]:
    """The stems of plain words that stand for others."""
    return _all_synonyms().keys()


def synonyms(word: str) -> Mapping[str, float]:
    """What the stem of a plain word stands for, with how near it is."""
    return _all_synonyms().get(word, {})


@lru_cache(maxsize=1)
def _all_synonyms() -> Mapping[str, Mapping[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for table in PLAIN.values():
        for said, meant in lines(table):
            others = [stem(one) for one in meant.split()]
            nearness = {one: _STANDS_FOR - _LATER * min(rank, _LAST) for rank, one in enumerate(others)}
            for word in said.split():
                found[stem(word)] = nearness
    return found


@lru_cache(maxsize=1)
def phrase_meanings() -> Mapping[tuple[str, ...], str]:
    """The stems of a phrase -> what it stands for."""
    return {
        tuple(map(stem, tokens(phrase))): meant for said, meant in lines(phrases.PHRASES) for phrase in said.split(",")
    }


@lru_cache(maxsize=1)
def terms() -> Mapping[str, tuple[Term, ...]]:
    """The terms, each by the stem that it is looked up with."""
    found: dict[str, list[Term]] = {}
    for table in TERMS.values():
        for term, said in lines(table):
            parts = term.split()
            ways = [frozenset(map(stem, parts))]
            if len(parts) > 1 and not _ACTS & set(parts):
                # Names that are written in one piece: configmaps.
                ways.append(frozenset((stem("".join(parts)),)))
            for needs in ways:
                found.setdefault(max(needs, key=lambda one: (len(one), one)), []).append(Term(needs, said))
    return {key: tuple(several) for key, several in found.items()}


@lru_cache(maxsize=1)
def compounds() -> Mapping[str, tuple[str, ...]]:
    """Stem of a name in one piece (``rolebindings``) -> the stems of its words, as the terms write them."""
    found = {}
    for table in TERMS.values():
        for term, _ in lines(table):
            parts = term.split()
            if len(parts) > 1 and not _ACTS & set(parts):
                found[stem("".join(parts))] = tuple(map(stem, parts))
    return found


@lru_cache(maxsize=1)
def verb_synonyms() -> Mapping[str, tuple[str, ...]]:
    """Stem of a verb of a name -> the stems of what people say instead."""
    return {stem(verb): tuple(map(stem, said.split())) for verb, said in lines(VERBS)}
