"""The mongod that a lab runs: where it lies, and how it is installed there.

MongoDB is in no Debian release. A wheel of PyPI has the real mongod; it is installed into a folder of its own, outside
every Python environment: it is a program of another project, and several environments share it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from actions.account import expanded
from cleo_console.lab.workspace import SYSTEM_PATH
from journal.errors import CleoError

REQUIREMENTS = Path(__file__).with_name("mongod.txt")
LIBRARIES = ("libcurl4", "liblzma5", "libssl3")
"""What it needs of Debian."""

_FOLDER = "mongod-6.0.5"
_PROGRAM = Path("fiftyone/db/bin/mongod")


def mongod_folder() -> Path:
    """Return where the pinned mongod is installed: in ``cleo`` under XDG_DATA_HOME, else under ``~/.local/share``.

    Raises:
        NoHome: neither is there.
    """
    data = os.environ.get("XDG_DATA_HOME")
    parent = Path(data) if data else expanded("~/.local/share", "Set XDG_DATA_HOME to a folder for programs.")
    return parent / "cleo" / _FOLDER


def install_argv(target: Path) -> list[str]:
    """Return what installs the pinned mongod into a folder that is not there yet."""
    fixed = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    checked = ["--require-hashes", "--requirement", str(REQUIREMENTS)]
    return [sys.executable, "-m", "pip", *fixed, *checked, "--target", str(target)]


def find_mongod() -> Path:
    """Return the pinned mongod; where that is not installed, the one on PATH.

    Raises:
        CleoError: there is none; it says how to install it.
    """
    pinned = mongod_folder() / _PROGRAM
    if pinned.exists():
        return pinned
    if found := shutil.which("mongod", path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"):
        return Path(found)
    raise CleoError(
        f"The lab needs mongod, and it is neither in {pinned.parent} nor on PATH.",
        f"Install it: {shlex.join(install_argv(mongod_folder()))}\n"
        f"It needs {', '.join(LIBRARIES)} (apt-get install --no-install-recommends {' '.join(LIBRARIES)}).",
    )
