"""A legacy CRM that never was: ASGI, SQLite, 520 customers, and twelve years of habits.

``running()`` serves it on a free loopback port in a thread; ``python -m adaptgen.demo.crm`` from the command line.
"""

from adaptgen.demo.crm.app import PREFIX, Crm
from adaptgen.demo.crm.serving import Running, running
from adaptgen.demo.crm.sessions import PASSWORD, USERNAME

__all__ = ["PASSWORD", "PREFIX", "USERNAME", "Crm", "Running", "running"]
