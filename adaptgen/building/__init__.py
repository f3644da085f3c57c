"""The one build: a document with its side files in, a :class:`~adaptgen.building.result.BuildResult` out.

``build`` reads, plans and renders; ``spec_files`` knows which files belong to a document, and whether an output is
still what they produce; ``summary`` says what was understood of each operation, as plain data. Nothing is imported
here: where nothing changed, ``spec_files`` alone is loaded.
"""
