"""What an inventory says of a host's configuration."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from actions.settings import SystemSettings

_PASSWORD_IN_ADDRESS = re.compile(r"://[^/@\s]*:[^/@\s]*@")


class ConfigurationSettings(SystemSettings, frozen=True, kw_only=True, tag="configuration", tag_field="type"):
    """The configuration that runs on one host.

    Attributes:
        host: the host that it runs on.
        directory: where it lies; a path in the repository is the same path in there.
        remote: the Git repository, as ``git fetch`` takes it. Credentials in it are refused: use a key or a helper.
        branch: the branch that what runs comes from.
        root: the id of the repository's first commit, so that another repository is never taken for it.
        paths: the folders of the repository that are compared and restored; everything else in there is left alone.
        mirror: a bare repository on the host that is ours, in a folder that is there: what was fetched, and every head
            of the branch that was seen, with when. A forced push takes nothing from it.
        allowed_signers: ssh's file of who may sign on the host; where it is named, a commit that neither carries nor
            stands under a good signature is restored for a reason only.
        run_as: the account that it is read and written as; empty: the one that we log in as.
        python: the Python with Cleo installed on the host; a local host needs none.
        environment: variables that git gets (``GIT_SSH_COMMAND``). No secrets.
    """

    host: str
    directory: str
    remote: str
    branch: str = "main"
    root: str = ""
    paths: Annotated[list[str], msgspec.Meta(min_length=1)]
    mirror: str
    allowed_signers: str = ""
    run_as: str = ""
    python: str = ""
    environment: dict[str, str] = {}

    def __post_init__(self) -> None:
        """Refuse what would show a secret, or lead out of the directory."""
        if _PASSWORD_IN_ADDRESS.search(self.remote):
            raise ValueError("the remote's address holds a password; everybody sees that in a command line")
        if not self.directory.startswith("/") or not self.place().strip("/"):
            raise ValueError("the directory is to be a whole path, and not /")
        if any(path.startswith("/") or ".." in path.split("/") or not path.strip("/") for path in self.paths):
            raise ValueError("paths are those of the repository: without / at the beginning, and without ..")

    def place(self) -> str:
        """Return its directory."""
        return self.directory.rstrip("/")
