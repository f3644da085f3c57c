"""``adaptgen learn``: understand an API by trying it, reading only.

``probe`` is what experiments may do: ``live`` sends bounded reads through the ``guard``, ``replay`` answers from
recorded traffic. Experiments (``login/``, ``lists/``, ``answers/``) ask one question at a time and write into a
``Notebook`` what came back in shape, never a value. ``run`` puts them in order; ``state`` keeps the rows,
``learned_file`` makes of them ``specs/<name>/learned.yaml``, which people review and ``hints.yaml`` outranks."""
