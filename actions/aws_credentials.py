"""Credentials for Amazon's interfaces, or those that speak like them, from a file as AWS's own programs have it."""

from __future__ import annotations

import configparser
import stat

from actions.account import expanded
from journal.errors import CleoError


class CredentialsUnavailable(CleoError):
    """They cannot be had from where the inventory says they are."""


def client_keys(credentials: str, profile: str) -> dict[str, str]:
    """Return the credentials of a file as boto3 takes them, with a region; nothing where no file is named.

    Args:
        credentials: the file; empty: whatever boto3 finds is used (a role).
        profile: which section of it.

    Raises:
        CredentialsUnavailable: it cannot be read, others can read it, or it does not say.
        NoHome: it lies in a home folder, and we have none.
    """
    if not credentials:
        return {}
    path, parser = expanded(credentials), configparser.ConfigParser(interpolation=None)
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            words = f"Others can read the credentials in {path}; they are not used."
            raise CredentialsUnavailable(words, f"chmod 600 {path}")
        parser.read_string(path.read_text(encoding="utf-8"))
        section = parser[profile]
        found = {name: section[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
        region = section.get("region", "us-east-1")
    except OSError as error:
        words = f"The credentials in {path} cannot be read: {error.strerror}."
        raise CredentialsUnavailable(words, "Is it there?") from error
    except (configparser.Error, UnicodeDecodeError, KeyError) as error:
        raise CredentialsUnavailable(
            f"{path} has no aws_access_key_id and aws_secret_access_key in [{profile}].",
            "Write it as AWS's own programs have it.",
        ) from error
    token = section.get("aws_session_token")
    return {**found, "region_name": region} | ({"aws_session_token": token} if token else {})
