"""What is shown of a list that an answer leaves out: how many elements it has, and labels that are nobody's data.

Nobody asked for these elements, so a label is shown only where it is safe: from a member that is made for labels, not
classified, and without the look of an address, a number or a key. Where a label is not, the number alone is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.pii.field_kinds import kind_of
from adaptgen.runtime.core.text import clean
from adaptgen.runtime.pii.tagged_values import Tagged
from adaptgen.syntax import field_paths as fields

_LABELS: Final = ("name", "title", "label", "subject", "display_name", "full_name", "summary", "code", "key")
_IDS: Final = ("id", "_id", "uuid", "pk")
_SHOWN: Final = 3
_LONG: Final = 60
_DATE: Final = lazy(r"(?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)")
_DIGITS: Final = lazy(r"(?:\d[\s()./-]{0,2}){7}")
"""Seven digits: the shortest telephone numbers; longer ones are of people, cards and accounts."""
_OPAQUE: Final = lazy(r"(?=\S*\d)(?=\S*[A-Za-z])[\w+/=.-]{20,}")


class Samples:
    """Summaries of lists, without the fields that ``sensitive`` (paths in the payload, with their kinds) names."""

    def __init__(self, sensitive: Mapping[str, str]) -> None:
        kinds = {fields.keys_of(path.lstrip("$.")): kind for path, kind in sensitive.items()}
        self._paths = frozenset(kinds)
        # The list may be elsewhere than where it was classified; the name of a person alone says too little then.
        self._names = {path[-1] for path, kind in kinds.items() if path and kind != "name"}

    def summary(self, at: Sequence[str], value: list[Json]) -> dict[str, Json]:
        """The list at the keys ``at`` as its number of elements and the labels of the first three."""
        labels: list[Json] = []
        if not self._classified(at):
            labels = [label for one in value[:_SHOWN] if (label := self._label(at, one)) is not None]
        return {"count": len(value), **({"first": labels} if labels else {})}

    def _label(self, at: Sequence[str], value: Json) -> Json:
        if not isinstance(value, dict):
            return _safe(value)
        named = [key for key in value if key not in _LABELS and key.endswith(("name", "title"))]
        for name in (*_LABELS, *named, *_IDS):
            label = value.get(name)
            if isinstance(label, (str, int)) and label != "" and not self._classified((*at, name)):
                return _safe(label)
        return None

    def _classified(self, path: Sequence[str]) -> bool:
        """Whether the field is, or is in, one that is classified; by its name a person's name is not."""
        keys = tuple(path)
        return (
            keys[-1] in self._names
            or any(keys[start:] in self._paths for start in range(max(len(keys) - 1, 1)))
            or any(kind_of(key) not in (None, "name") for key in keys)
        )


def _safe(value: Json) -> Json:
    """A scalar as a label; None where it may be an e-mail address, a telephone number, an account or a key."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if isinstance(value, Tagged):
        return value if len(str(value)) <= _LONG else None
    text = clean(str(value))
    if "@" in text or _OPAQUE.search(text) or _DIGITS.search(_DATE.sub("", text)):
        return None
    return text[:_LONG] if isinstance(value, str) else value
