"""What a bundle is built for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from adaptgen.diagnostics import error

Kind = Literal["lambda", "agentcore"]
Arch = Literal["x86_64", "arm64"]

_MACHINE: dict[str, str] = {"x86_64": "x86_64", "arm64": "aarch64"}
_OLDEST, _NEWEST = 12, 14
"""Minor versions of Python 3 whose managed runtimes have glibc 2.34 (Amazon Linux 2023), which the wheels need."""


@dataclass(frozen=True, slots=True)
class Target:
    """``python`` is ``3.12`` or later; ``arch`` as Lambda names it."""

    kind: Kind = "lambda"
    arch: Arch = "x86_64"
    python: str = "3.12"

    def __post_init__(self) -> None:
        found = re.fullmatch(r"3\.([0-9]+)", self.python)
        if found is None or not _OLDEST <= int(found[1]) <= _NEWEST:
            help = ", ".join(f"3.{minor}" for minor in range(_OLDEST, _NEWEST + 1))
            raise error("AG090", f"no bundle can be built for Python {self.python!r}", help=f"one of {help}")

    @property
    def label(self) -> str:
        """For people."""
        return f"Python {self.python} on {self.arch}"

    @property
    def tag(self) -> str:
        """The interpreter's tag: ``cp312``."""
        return "cp" + self.python.replace(".", "")

    @property
    def machine(self) -> str:
        """The machine as wheels name it."""
        return _MACHINE[self.arch]

    @property
    def platforms(self) -> tuple[str, ...]:
        """Platform tags of wheels that run there, the newest glibc first (PEP 600)."""
        newer = tuple(f"manylinux_2_{minor}_{self.machine}" for minor in range(34, 16, -1))
        return (*newer, f"manylinux2014_{self.machine}")

    @property
    def environment(self) -> dict[str, str]:
        """What environment markers see there (PEP 508)."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
            "sys_platform": "linux",
            "extra": "",
        }
