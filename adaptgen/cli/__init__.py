"""The command line: argv -> calls -> printed result and exit code. The only part of adaptgen that prints.

Exit codes: 0 done; 1 a finding (a stale output, a failed call); 2 bad input or usage.
"""

from __future__ import annotations

from adaptgen.cli.entry import main

__all__ = ["main"]
