"""How an API logs callers in, found by trying: ``learn`` tries candidates against a read that fails without
credentials, ``placements`` where a token may go, ``refusals`` what a session that ended looks like."""
