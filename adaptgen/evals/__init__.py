"""``adaptgen eval``: whether agents can use the tools of a server, and whether a model does.

``cases`` reads ``specs/<name>/evals/*.yaml``; the layers check them (``static`` L0, ``retrieval`` L1, ``oracle`` L2,
``agent/`` L3); ``reports/`` prints one :class:`~adaptgen.evals.model.EvalResult` as a table, JSON, JUnit and HTML, and
compares two.
"""

FOLDER = "evals"
"""Where the cases of a document are: next to its hints."""
