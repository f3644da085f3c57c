"""Words that build an English sentence and tell nothing about a tool."""

_STOP = """
    a an the this that these those there here it its i me my mine we us our ours you your yours he she they them their
    his her him is are was were be been being am do does did done can could would should will shall may might must
    have has had having of in on at by for from to into onto out off up with within without about as and or nor but if
    then than so such too very just only also any some each every all both few more most other another same own not no
    what which who whom whose where when why how please want wants wanted need needs needed like let lets let's
    there's i'm i'd i've we've we're don't doesn't isn't aren't won't can't cannot it's what's who's where's one ones
    thing things stuff something anything everything someone anyone everyone anybody everybody somebody currently now
    today right already yet still ever again first last next back over under via per across make sure able possible
    way ways kind sort lot many much whether while during after before until since because specific particular certain
    given existing actual various several single whole entire using use used go going goes gets got
"""
STOP = frozenset(_STOP.split())
"""Words that tell nothing about a tool."""
_PLAIN = """
    create add make new get list show view see find check set put give let have take update change edit modify delete
    remove start stop open close keep use call tell mark turn try bring do act offer insist
"""
PLAIN = frozenset(_PLAIN.split())
"""Verbs that say little about what is done."""
_ASKING = """
    am any are aren't did do does had has have how is isn't may was were what what's when where where's which who
    who's whom whose why will
"""
ASKING = frozenset(_ASKING.split())
"""Words that begin a question: what follows is to be looked at."""
_POLITE = """
    also always can could first help hey i i'd just kindly let's like me must need now please quickly should then to
    want we we'd would you
"""
POLITE = frozenset(_POLITE.split())
"""What may stand before that which is asked for."""
_JOINS = """
    about across after among as at because before behind between by during for from if in inside into near of on onto
    outside per since so that to under until via when where whether which while who whose with within without
"""
JOINS = frozenset(_JOINS.split())
"""What stands between a thing and more about it."""
_LIVE = """
    continuously follow live realtime streaming tail watch
"""
LIVE = frozenset(_LIVE.split())
"""Who says so wants to follow what happens."""
_SUBJECTS = """
    i we you they he she it any there
"""
SUBJECTS = frozenset(_SUBJECTS.split())
"""What follows ``do`` and ``have`` in a question."""
_VIEWS = """
    list overview summary look report history count table view
"""
VIEWS = frozenset(_VIEWS.split())
"""What one names to see it, although it is one new thing."""
