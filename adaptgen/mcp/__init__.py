"""What MCP and the model providers behind its clients agree on: tool schemas and the rules about them.

Standard library only: the build measures lists with it, servers and the proxy answer with it.
"""
