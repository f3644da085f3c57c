"""The authorization server of MCP clients (OAuth 2.1; MCP, Authorization), in front of the company's identity provider.

``endpoints`` answers the paths. It keeps no list of clients: a ``client_id`` is sealed data (``registration``) or the
URL of a document (``client_documents``). The shared state holds what must happen once or end everywhere: codes and
families of tokens (``families``), and the consents of people.
"""
