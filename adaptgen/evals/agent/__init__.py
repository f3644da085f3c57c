"""L3: a model in front of the server's tools. ``loop`` runs one conversation, ``endpoints/`` speak to models,
``judge`` says what became of it, ``recordings`` keeps it and replays it without a model.

``conversation`` holds the values that all of them, and the reports, share.
"""
