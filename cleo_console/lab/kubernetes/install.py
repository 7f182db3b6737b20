"""Builds what no package has, and keeps it: ``python -m cleo_console.lab.kubernetes.install``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cleo_console.lab.kubernetes.programs import BUILT, built_folder

_SCRIPT = Path(__file__).with_name("scripts") / "build.sh"


def main() -> None:
    """Build the four programs where they are not there, whole or not at all.

    Raises:
        SystemExit: we are not root, or the build failed; it said why.
    """
    folder = built_folder()
    if all((folder / name).exists() for name in BUILT):
        return
    if os.geteuid():
        sys.exit("Building Kubernetes installs Debian packages: run it as root.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["bash", str(_SCRIPT), str(folder)], check=False)
    if done.returncode:
        sys.exit(f"Kubernetes could not be built: status {done.returncode}; what it said stands above.")
    print(f"Kubernetes: {folder}")


if __name__ == "__main__":
    main()
