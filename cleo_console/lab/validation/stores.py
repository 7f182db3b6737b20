"""The lab's stores, as the application reads them: its own users and passwords, nothing kept between requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cleo_console.lab.station import PRIMARY

if TYPE_CHECKING:
    import psycopg
    from pymongo import MongoClient
    from redis import Redis

KINDS = ("postgres", "mongodb", "redis")
SESSIONS = 1
"""Redis's database of sessions."""
_WAIT_S = 2
_SESSION_S = 3600


class Stores:
    """Those of one lab.

    Args:
        inventory: the lab's inventory file.
        site: the site whose stores are read; empty: whichever are no standbys.
    """

    def __init__(self, inventory: Path, site: str = "") -> None:
        self._inventory, self._site = inventory, site
        self._entries: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._read_at = 0.0

    def checks(self) -> dict[str, str]:
        """Return for each store of the lab ``ok``, or in a word what is wrong with it."""
        asked: dict[str, Callable[[], object]] = {
            "postgres": lambda: self.user(1),
            "mongodb": lambda: self.remembered(1),
            "redis": lambda: self.is_cached(1),
        }
        return {kind: _word(asked[kind]) for kind in KINDS if kind in self._known()}

    def user(self, user: int) -> Mapping[str, Any] | None:
        """Return a user of PostgreSQL."""
        return self._row("SELECT id, name, plan FROM users WHERE id = %s", user)

    def conversations(self, user: int) -> list[Mapping[str, Any]]:
        """Return a user's newest conversations from PostgreSQL."""
        sql = "SELECT id, title, started_at FROM conversations WHERE user_id = %s ORDER BY started_at DESC LIMIT 20"
        with self._postgres() as session:
            rows = session.execute(sql, (user,)).fetchall()
        return [{"id": row[0], "title": row[1], "started_at": row[2].isoformat()} for row in rows]

    def remembered(self, user: int) -> int:
        """Return how much MongoDB remembers of a user; 0 in a lab without it."""
        if "mongodb" not in self._known():
            return 0
        _, entry = self._known()["mongodb"]
        with self._mongodb() as client:
            return int(client[entry["database"]]["episodic_memories"].count_documents({"user_id": user}))

    def is_cached(self, user: int) -> bool:
        """Whether Redis has a user's context; False in a lab without it."""
        if "redis" not in self._known():
            return False
        with self._redis(0) as client:
            return bool(client.exists(f"user:{user}:context"))

    def add_conversation(self, user: int, title: str) -> int:
        """Write a conversation to PostgreSQL, and return its number."""
        sql = (
            "INSERT INTO conversations (id, user_id, title, model, started_at) "
            "SELECT coalesce(max(id), 0) + 1, %s, %s, 'cleo-1', now() FROM conversations RETURNING id"
        )
        with self._postgres() as session:
            row = session.execute(sql, (user, title)).fetchone()
        return int(row[0]) if row else 0

    def remember(self, user: int, text: str) -> None:
        """Write what a user said to MongoDB, where the lab has it."""
        if "mongodb" in self._known():
            _, entry = self._known()["mongodb"]
            memory = {"user_id": user, "type": "said", "text": text, "created_at": datetime.now(UTC)}
            with self._mongodb() as client:
                client[entry["database"]]["episodic_memories"].insert_one(memory)

    def cache_context(self, user: int, text: str) -> None:
        """Write a user's context to Redis, where the lab has it."""
        if "redis" in self._known():
            with self._redis(0) as client:
                client.set(f"user:{user}:context", json.dumps({"user": user, "said": text}), ex=_SESSION_S)

    def begin_session(self, session: str, user: int) -> None:
        """Write down a session, where the lab has Redis."""
        if "redis" in self._known():
            with self._redis(SESSIONS) as client:
                client.hset(f"session:{session}", mapping={"user": str(user), "device": "api"})
                client.expire(f"session:{session}", _SESSION_S)

    def has_session(self, session: str) -> bool:
        """Whether a session goes on: in a lab without Redis, nobody ends one."""
        if "redis" not in self._known():
            return True
        with self._redis(SESSIONS) as client:
            return bool(client.exists(f"session:{session}"))

    def _known(self) -> Mapping[str, tuple[str, Mapping[str, Any]]]:
        """Return name and entry of each store's first system, read again where the inventory was written anew."""
        import yaml

        written = self._inventory.stat().st_mtime
        if written != self._read_at:
            systems = yaml.safe_load(self._inventory.read_text())["systems"]
            found: dict[str, tuple[str, Mapping[str, Any]]] = {}
            for name, entry in systems.items():
                if self._is_ours(entry):
                    found.setdefault(entry["type"], (name, entry))
            self._entries, self._read_at = found, written
        return self._entries

    def _is_ours(self, entry: Mapping[str, Any]) -> bool:
        """Whether a system is read: of a lab with two sites the one that is at ours."""
        return entry.get("site", PRIMARY) == self._site if self._site else not entry.get("standby_of")

    def _row(self, sql: str, *values: object) -> Mapping[str, Any] | None:
        with self._postgres() as session:
            cursor = session.execute(sql, values)
            row = cursor.fetchone()
            return dict(zip([each.name for each in cursor.description or ()], row, strict=True)) if row else None

    def _postgres(self) -> psycopg.Connection[Any]:
        import psycopg

        name, entry = self._known()["postgres"]
        return psycopg.connect(
            host=entry["address"],
            port=entry["port"],
            dbname=entry["database"],
            user="cleo_app",
            passfile=str(self._inventory.parent / (entry.get("standby_of") or name) / "secrets" / "cleo_app.pgpass"),
            connect_timeout=_WAIT_S,
            application_name="cleoai",
            options=f"-c statement_timeout={_WAIT_S * 1000}",
        )

    def _mongodb(self) -> MongoClient[dict[str, Any]]:
        from pymongo import MongoClient

        _, entry = self._known()["mongodb"]
        login = entry["app_users"][0]
        return MongoClient(
            entry["address"],
            entry["port"],
            directConnection=True,
            username=login["user"],
            password=Path(login["password"]["file"]).read_text().strip(),
            serverSelectionTimeoutMS=_WAIT_S * 1000,
            socketTimeoutMS=_WAIT_S * 1000,
        )

    def _redis(self, database: int) -> Redis:
        from redis import Redis

        _, entry = self._known()["redis"]
        login = entry["app_users"][0]
        return Redis(
            host=entry["address"],
            port=entry["port"],
            db=database,
            username=login["name"],
            password=Path(login["password"]["file"]).read_text().strip(),
            socket_timeout=_WAIT_S,
            socket_connect_timeout=_WAIT_S,
        )


def _word(look: Callable[[], object]) -> str:
    try:
        look()
    except Exception as error:  # noqa: BLE001  # whatever its client library raises
        text = str(error)
        return next(
            (word for word in ("refused", "timed out", "permission denied") if word in text), type(error).__name__
        )
    return "ok"
