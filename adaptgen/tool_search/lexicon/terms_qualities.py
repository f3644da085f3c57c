"""Terms of APIs: which of the things a tool is about."""

TERMS = """
assigned: responsible give hand homework task students
associated: belongs related linked
available: free offered choice times
current: running moment ongoing
daily: day
default: standard usual normal unless
expired: old ended lapsed run
failed: broken red went wrong unsuccessful
future: planned later coming
latest: newest recent current
nested: inside child
ongoing: running
past: ended finished
previous: earlier
private: hidden confidential internal secret
public: visible open world
recent: lately newest
required: mandatory
selected: chosen picked
total: altogether sum
upcoming: planned soon coming
"""
"""Each line: what a tool must name in full, and the plain words that it may be asked for with."""
