"""``from adaptgen.fronts.aws_lambda import serve``, as handlers of format 1 have it."""

from adaptgen.transports.aws_lambda import proxy, serve

__all__ = ["proxy", "serve"]
