"""Who calls: access tokens, the keys that they are verified with, identity assertions between proxy and server."""
