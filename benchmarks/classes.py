"""Whether each property of a schema is classified alike wherever an answer refers to it.

Every GET of the documents in ``$ADAPTGEN_TESTDATA/corpus`` is looked at: a property counts as divided where one answer
has it classified at one place and in clear at another, although both are one schema. Where people and things share a
schema, the place decides, and such properties are counted apart. ``--check`` exits with 1 where one is divided.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from inferring.drafted import opened

from adaptgen.diagnostics import AdaptgenError
from adaptgen.pii.field_kinds import is_thing
from adaptgen.plan.document.envelope import at
from adaptgen.plan.document.reader import Operation, operations
from adaptgen.plan.document.schemas import leaves, shape
from adaptgen.plan.facts import read_facts
from adaptgen.plan.tools.pii import classify_record, holder_of, references
from adaptgen.source import Document
from adaptgen.syntax.field_paths import keys_of


def main() -> int:
    """Prints the counts, and each property that is divided."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="exit 1 where a property is divided")
    given = parser.parse_args()
    corpus = Path(os.environ.get("ADAPTGEN_TESTDATA", "")) / "corpus"
    documents = [path for path in sorted(corpus.rglob("*.gz")) if not {"edge-broken", "multifile"} & {*path.parts}]
    classified = shared = 0
    divided: list[str] = []
    for path in documents:
        try:
            with opened(path.relative_to(corpus).as_posix()) as document:
                for operation in operations(document)[0]:
                    if operation.method == "GET":
                        for name, kinds, things in properties(document, operation):
                            classified += kinds != {None}
                            shared += len(kinds) > 1 and things
                            divided += [f"{path.stem}: {operation.key}: {name}"] * (len(kinds) > 1 and not things)
        except AdaptgenError as problem:
            print(f"not read: {path.name}: {problem}".splitlines()[0], file=sys.stderr)
    print("\n".join(divided))
    print(f"{len(documents)} documents: {classified} classified properties of named schemas, {len(divided)} divided;")
    print(f"{shared} of schemas that people and things share, where the place decides")
    return int(given.check and (bool(divided) or not documents))


def properties(document: Document, operation: Operation) -> Iterator[tuple[str, set[str | None], bool]]:
    """Each property of a named schema in the answer, with its kinds and whether things share the schema."""
    facts = read_facts(document, operation)
    record = facts.schema
    if record is not None and facts.envelope is not None:
        listed = at(document, record, facts.envelope.items)
        record = shape(document, listed).items if listed is not None else None
    if record is None:
        return
    kinds = classify_record(document, record, facts.holder)
    found: dict[tuple[str, str], set[str | None]] = defaultdict(set)
    for leaf in leaves(document, record):
        keys = keys_of(leaf.path) if leaf.path else ()
        if keys and leaf.type == "string" and not leaf.write_only:
            pointer = holder_of(document, record, keys).pointer
            if pointer:
                found[pointer, leaf.name].add(kinds.get(leaf.path))
    for (pointer, name), each in found.items():
        places = references(document).get(pointer, frozenset())
        yield f"{pointer.rpartition('/')[2]}.{name} {sorted(map(str, each))}", each, any(map(is_thing, places))


if __name__ == "__main__":
    sys.exit(main())
