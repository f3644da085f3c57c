"""What one evaluation found, for people and machines: ``summary`` adds up, ``json_report``, ``junit`` and ``page``
write it, ``comparison`` shows what differs between two. The terminal's table is in ``adaptgen.cli.understand``."""
