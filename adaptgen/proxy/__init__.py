"""The stand-alone governance proxy: servers behind it, their pinned tools, clients and subscriptions."""
