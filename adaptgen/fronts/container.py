"""``python -m adaptgen.fronts.container``, as images of 0.1 start it."""

import sys

from adaptgen.transports.container import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
