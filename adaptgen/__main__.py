"""``python -m adaptgen``."""

from adaptgen.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
