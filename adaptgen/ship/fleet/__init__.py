"""Several stacks as one: the proxy, its servers, their roles and their secrets.

``needed_secrets`` lists what they read from secret stores, ``secret_store`` makes the keys that are missing. (The
workspace file of many documents, ``specs/adaptgen.yaml``, is of the build: ``source.workspace``.)
"""
