"""Logging in with a browser at the company's identity provider, and the pages that people see.

``people`` knows who uses a browser and sends them to log in (``cookies``), ``pages`` renders a page and reads a form,
``idp`` asks the identity provider (``provider_metadata``, ``id_tokens``), ``login`` answers below ``/login/``.
"""
