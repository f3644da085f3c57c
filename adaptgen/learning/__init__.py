"""``adaptgen learn``: understand an API by trying it, reading only.

``probe`` sends bounded reads and nothing else; experiments (``login/``, ``lists/``) ask it one question at a time and
write into a ``Notebook`` what came back in shape, never a value; ``learned_file`` makes of it
``specs/<name>/learned.yaml``, which people review and ``hints.yaml`` outranks."""
