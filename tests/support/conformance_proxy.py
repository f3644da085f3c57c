"""The proxy before one server, as a program: the mirror and the wire, with a desk that decides nothing.

``python conformance_proxy.py PORT URL`` listens on the loopback port.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn

from adaptgen.fronts.wire import app
from adaptgen.govern.desk import Desk
from adaptgen.govern.mirror import Mirror
from adaptgen.govern.vocabulary import Upstream


def desk(mirror: Mirror) -> Desk:
    """What stands between the wire and the mirror."""
    from support.passing_desk import PassingDesk

    return PassingDesk(mirror)


async def main(port: int, url: str) -> None:
    """Serve until the process ends."""
    mirror = Mirror({"fixture": Upstream(url=url, prefix="")})
    await mirror.start()
    config = uvicorn.Config(app(desk(mirror)), host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    await uvicorn.Server(config).serve()
    await mirror.aclose()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
