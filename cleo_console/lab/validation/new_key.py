"""Gives the stand-in for CleoAI's API another signing key: ``python -m … CONFIGURATION EXPIRED``.

Every token of before is then worth nothing. The one that ran out long ago is made anew, so that it is still refused
for its time and not for its key.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path

from cleo_console.lab.validation.tokens import issue
from cleo_console.lab.workspace import write_secret


def main(arguments: list[str]) -> None:
    """Write both."""
    configuration, expired = map(Path, arguments)
    key = secrets.token_bytes(32)
    Path(json.loads(configuration.read_text())["key"]).write_bytes(key)
    write_secret(expired, issue(key, 1, secrets.token_hex(8), lasts_s=-86_400), os.geteuid(), os.getegid())


if __name__ == "__main__":
    main(sys.argv[1:])
