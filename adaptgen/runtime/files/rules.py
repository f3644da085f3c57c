"""What the operator allows of files."""

from __future__ import annotations

from adaptgen.model.tables import value


@value()
class FileRules:
    """``roots``: folders whose files a client on stdio may send, ``downloads``: the folder into which it gets files
    ("" for the first of ``roots``). ``store``: ``s3://bucket/prefix``, for files between client and server.
    ``expires``: seconds that a slot or a link lives. ``inline``: bytes of the largest file that an answer holds itself.
    ``media_types``: those that are taken; none: all.
    """

    roots: tuple[str, ...] = ()
    downloads: str = ""
    store: str = ""
    region: str = ""
    endpoint: str = ""
    max_bytes: int = 100_000_000
    media_types: tuple[str, ...] = ()
    expires: float = 900.0
    inline: int = 262_144
