"""Writes that somebody must approve first, and writes that are done once.

``requests`` holds a request for approval in the shared state and moves it from one state to the next; ``repeats`` holds
the first answer of a write that is done once; ``guard`` is what one call passes before and after it is executed;
``approver`` is what a person who approves sees and does.
"""
