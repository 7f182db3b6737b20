"""CleoAI's keys: conversations and users with their contexts and memory indexes, each with a time to live."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from cleo_console.lab.redis.node import APPLICATION, HEARTBEAT, Node

if TYPE_CHECKING:
    import redis

SMALL_BYTES = 4_000_000
"""What the keys of scale 1 take in memory (measured: 3.6 MB)."""
CONVERSATIONS, USERS = 1500, 500
MEMORY_TYPES = ("episodic", "semantic", "preferences")
SESSIONS_DATABASE, LIMITS_DATABASE = 1, 2
"""Beside database 0: sessions, and rate limits without a time to live."""
_DAY_S = 86_400
_BATCH = 500

WARM_KEYS = [
    {
        "name": "conversations",
        "type": "list",
        "sql": f"""
            SELECT 'conversation:' || conversation_id || ':messages' AS key, {7 * _DAY_S} AS ttl,
                array_agg(json_build_object('role', role, 'content', content)::text ORDER BY id) AS value
            FROM messages GROUP BY conversation_id
        """,
    },
    {
        "name": "contexts",
        "sql": f"""
            SELECT 'user:' || u.id || ':context' AS key, {2 * _DAY_S} AS ttl,
                json_build_object('name', name, 'plan', plan, 'language', language, 'timezone', timezone)::text AS value
            FROM users u LEFT JOIN user_preferences p ON p.user_id = u.id
        """,
    },
    {
        "name": "memory indexes",
        "type": "zset",
        "sql": f"""
            SELECT 'user:' || user_id || ':memory_index:conversations' AS key, {30 * _DAY_S} AS ttl,
                array_agg(word ORDER BY id, part) AS value
            FROM conversations, LATERAL (VALUES
                (1, extract(epoch FROM started_at)::bigint::text), (2, 'conversation:' || id)) AS pair (part, word)
            GROUP BY user_id
        """,
    },
]
"""What the cache is warmed with from the lab's PostgreSQL, as the inventory says it."""

Key = tuple[str, ...]
"""A command and its arguments; the last is the key's time to live in seconds, or empty."""


def fill(node: Node, scale: float) -> None:
    """Write the keys, as the application, and the first heartbeat."""
    chance = random.Random(1)  # the same data in every lab
    everything = {
        0: _conversations(chance, scale),
        SESSIONS_DATABASE: _sessions(chance, scale),
        LIMITS_DATABASE: _limits(scale),
    }
    for database, keys in everything.items():
        with node.client(APPLICATION, database=database, deadline_s=60) as client:
            while batch := list(islice(keys, _BATCH)):
                _write(client, batch)
            if database == 0:
                client.set(HEARTBEAT, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}")


def _write(client: redis.Redis, batch: list[Key]) -> None:
    pipeline: Any = client.pipeline(transaction=False)
    for *command, ttl in batch:
        pipeline.execute_command(*command)
        if ttl:
            pipeline.execute_command("EXPIRE", command[1], ttl)
    pipeline.execute()


def _conversations(chance: random.Random, scale: float) -> Iterator[Key]:
    """Database 0: what `cleo.warm_cache` warms again, too."""
    for number in range(int(CONVERSATIONS * scale)):
        messages = [f"message {each} of conversation {number}: {chance.randbytes(30).hex()}" for each in range(10)]
        yield ("RPUSH", f"conversation:{number}:messages", *messages, str(chance.randint(_DAY_S, 7 * _DAY_S)))
    for number in range(int(USERS * scale)):
        context = f'{{"user": {number}, "mood": "{chance.randbytes(100).hex()}"}}'
        yield ("SET", f"user:{number}:context", context, str(chance.randint(_DAY_S, 2 * _DAY_S)))
        for kind in MEMORY_TYPES:
            scores = [word for each in range(8) for word in (str(chance.random()), f"memory:{number}:{each}")]
            yield ("ZADD", f"user:{number}:memory_index:{kind}", *scores, str(30 * _DAY_S))


def _sessions(chance: random.Random, scale: float) -> Iterator[Key]:
    for number in range(int(USERS * scale)):
        yield ("HSET", f"session:{chance.randbytes(8).hex()}", "user", str(number), "device", "web", str(_DAY_S))


def _limits(scale: float) -> Iterator[Key]:
    for number in range(int(USERS * scale)):
        yield ("SET", f"limit:{number}", "100", "")
