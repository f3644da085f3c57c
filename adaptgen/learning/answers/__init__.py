"""What answers really hold: ``learn.learn_answers`` is the face.

``fields`` looks at the values of each path, ``identity`` asks whether a record is found by what identifies it,
``personal`` and ``views`` write lines from that, ``references`` finds the lists whose names can stand for ids, and
``disagreements`` compares with the document. Values are looked at in memory; only names and shapes are written.

Questions: ``answers.fields``, ``answers.shapes``, ``answers.bulky``, ``answers.identity``, ``answers.record``,
``answers.personal``, ``answers.view``, ``answers.names``."""
