"""A stack created, updated, rolled back and deleted through AWS.

``stages`` is what a stage file says, ``planning`` makes the ``Plan`` of a bundle, ``deployment`` carries it out:
``advice`` by the state of the stack, ``changes`` for people to agree to, ``following`` to its end.

``shifting`` moves calls to a new version in steps, ``rollback`` sends them back, ``promotion`` takes the artefact of
another stage. ``live`` is the alias and the versions, ``stack_state`` what the stack says about them.
"""
