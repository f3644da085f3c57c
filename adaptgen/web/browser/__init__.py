"""Logging in with a browser at the company's identity provider, and the pages that people see.

``people`` knows who uses a browser and sends them to log in, ``pages`` renders a page and reads a form, ``idp`` asks
the identity provider, ``login`` answers below ``/login/``.
"""
