"""What personal data is and where it is: used when servers are built and when they answer.

``field_kinds`` says what a field holds by its name, ``detectors`` find values that have a form, ``matcher`` finds
values that are known; ``classifier`` applies all of that to the places of a document.
"""
