"""Rows of a query as Redis' protocol, made by the database that has them: this program only passes bytes on.

Half a million keys are made into commands within a second there; in Python the same takes several.
"""

from __future__ import annotations

from typing import Literal

ValueType = Literal["string", "list", "hash", "zset"]

_COMMANDS = {"list": "RPUSH", "hash": "HSET", "zset": "ZADD"}


def payload_query(sql: str, of: ValueType, *, keep: bool) -> str:
    """Return a query whose rows are each the commands of one key, as bytes. A key is whole, or not there.

    Args:
        sql: a query of the columns ``key`` (text), ``ttl`` (seconds, or NULL: it never expires) and ``value``: text, or
            an array of texts: a list's elements, a hash's fields and values, a sorted set's scores and members.
        of: the key's type.
        keep: a key that is there already stays as it is.
    """
    made = _string(keep=keep) if of == "string" else _array(_COMMANDS[of], keep=keep)
    return f"SELECT convert_to({made}, 'UTF8') FROM ({_plain(sql)}) AS source WHERE {_filled(of)}"


def size_query(sql: str, rows: int) -> str:
    """Return a query for the mean bytes of key and value of the first rows."""
    size = "octet_length(key::text) + octet_length(value::text)"
    return f"SELECT avg(size) FROM (SELECT {size} AS size FROM ({_plain(sql)}) AS source LIMIT {rows}) AS sampled"


def estimate_query(sql: str) -> str:
    """Return a query that says how many rows the database expects."""
    return f"EXPLAIN (FORMAT JSON) {_plain(sql)}"


def _plain(sql: str) -> str:
    return sql.strip().rstrip(";")


def _filled(of: ValueType) -> str:
    """Leave out what makes no key: an array without an element is none in Redis."""
    return "value IS NOT NULL" if of == "string" else "cardinality(value) > 0"


def _bulk(expression: str) -> str:
    return f"'$' || octet_length({expression}) || E'\\r\\n' || {expression} || E'\\r\\n'"


def _words(*words: str) -> str:
    return "".join(f"${len(word)}\\r\\n{word}\\r\\n" for word in words)


def _string(*, keep: bool) -> str:
    """Return one SET, with its time, and only where there is nothing yet if that is kept."""
    last = f"E'{_words('NX')}'" if keep else "''"
    ttl = f"E'{_words('EX')}' || {_bulk('ttl::text')}"
    return (
        f"'*' || CASE WHEN ttl IS NULL THEN {3 + keep} ELSE {5 + keep} END || E'\\r\\n{_words('SET')}'"
        f" || {_bulk('key')} || {_bulk('value')} || CASE WHEN ttl IS NULL THEN '' ELSE {ttl} END || {last}"
    )


def _array(command: str, *, keep: bool) -> str:
    """Return a key of elements, made under another name first: a reader sees it whole, with its time, or not at all."""
    made = "('cleo:warm:' || key)"
    each = f"SELECT string_agg({_bulk('word')}, '' ORDER BY place) FROM unnest(value) WITH ORDINALITY AS u(word, place)"
    expire = f"{_command('EXPIRE', 3)} || {_bulk(made)} || {_bulk('ttl::text')}"
    renamed = f"{_command('RENAMENX' if keep else 'RENAME', 3)} || {_bulk(made)} || {_bulk('key')}"
    gone = f"{_command('DEL', 2)} || {_bulk(made)}"
    return (
        f"{gone} || '*' || (2 + cardinality(value)) || E'\\r\\n{_words(command)}' || {_bulk(made)} || ({each})"
        f" || CASE WHEN ttl IS NULL THEN '' ELSE {expire} END || {renamed}{f' || {gone}' if keep else ''}"
    )


def _command(name: str, words: int) -> str:
    return f"E'*{words}\\r\\n{_words(name)}'"
