"""What an inventory says of a toy store."""

from __future__ import annotations

from typing import Annotated

import msgspec

from actions.secrets import Secret
from actions.settings import SystemSettings


class ToySettings(SystemSettings, frozen=True, kw_only=True, tag="toy", tag_field="type"):
    """One toy store.

    Attributes:
        folder: where it keeps everything, on its host.
        copies: where copies of it are, on its host.
        port: on 127.0.0.1.
        token: what a client must show.
        python: the interpreter that runs it there.
        environment: variables that it is started with.
    """

    host: str
    folder: str
    copies: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    token: Secret
    python: str = "python3"
    environment: dict[str, str] = {}

    def place(self) -> str:
        """Return its folder."""
        return self.folder.rstrip("/")
