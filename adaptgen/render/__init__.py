"""MODEL -> {path: text}. The only place where spec text becomes code."""

from adaptgen.render.package import render

__all__ = ["render"]
