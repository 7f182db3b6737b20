"""The tables as earlier versions made them: history, never to be edited."""

from __future__ import annotations

_TABLES = """
CREATE TABLE events (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, monotonic_ns INTEGER NOT NULL, boot_id TEXT NOT NULL,
    actor TEXT NOT NULL, host TEXT NOT NULL, type TEXT NOT NULL, step TEXT NOT NULL, payload TEXT NOT NULL,
    prev_hash TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_start_for_a_run ON events (json_extract(payload, '$.run')) WHERE type = 'action.started';
CREATE TABLE output (
    run INTEGER NOT NULL, n INTEGER NOT NULL, at TEXT NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (run, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE readings (name TEXT PRIMARY KEY, at TEXT NOT NULL, payload TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
_RULES = """
CREATE TRIGGER events_follow_each_other BEFORE INSERT ON events
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
  OR NEW.prev_hash IS NOT coalesce((SELECT hash FROM events ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
BEGIN SELECT raise(ABORT, 'an event goes after the last one'); END;
CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'events are never deleted'); END;
CREATE TRIGGER events_stand BEFORE UPDATE ON events BEGIN SELECT raise(ABORT, 'events are never changed'); END;
CREATE TRIGGER output_stays BEFORE DELETE ON output BEGIN SELECT raise(ABORT, 'output is never deleted'); END;
CREATE TRIGGER output_stands BEFORE UPDATE ON output BEGIN SELECT raise(ABORT, 'output is never changed'); END;
"""

FORMAT_1 = f"""
PRAGMA application_id = 1129071951; PRAGMA user_version = 1;
{_TABLES} {_RULES}
CREATE TRIGGER output_follows_itself BEFORE INSERT ON output
WHEN NEW.n IS NOT (SELECT coalesce(max(n), 0) + 1 FROM output WHERE run = NEW.run)
BEGIN SELECT raise(ABORT, 'a line goes after the last one'); END;
"""
"""Version 1."""

FORMAT_2 = f"""
PRAGMA application_id = 1129071951; PRAGMA user_version = 2;
{_TABLES}
CREATE TABLE carried (run INTEGER PRIMARY KEY, lines INTEGER NOT NULL, started INTEGER NOT NULL) STRICT;
"""
FORMAT_2_RULES = f"""
{_RULES}
CREATE TRIGGER output_follows_itself BEFORE INSERT ON output
WHEN NEW.n IS NOT 1 + coalesce(
    (SELECT max(n) FROM output WHERE run = NEW.run), (SELECT lines FROM carried WHERE run = NEW.run), 0)
BEGIN SELECT raise(ABORT, 'a line goes after the last one'); END;
CREATE TRIGGER one_start_over_all_files BEFORE INSERT ON events
WHEN NEW.type = 'action.started'
 AND EXISTS (SELECT 1 FROM carried WHERE run = json_extract(NEW.payload, '$.run') AND started)
BEGIN SELECT raise(ABORT, 'this run was started already'); END;
CREATE TRIGGER carried_is_settled BEFORE INSERT ON carried BEGIN SELECT raise(ABORT, 'what came before is known'); END;
CREATE TRIGGER carried_stays BEFORE DELETE ON carried BEGIN SELECT raise(ABORT, 'what came before is known'); END;
CREATE TRIGGER carried_stands BEFORE UPDATE ON carried BEGIN SELECT raise(ABORT, 'what came before is known'); END;
"""
"""What version 2 added to its tables as rules."""
