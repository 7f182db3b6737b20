-- CleoAI's tables. Keys and indexes follow after the rows: loading is three times as fast.
CREATE TABLE users (
    id bigint, email text NOT NULL, name text NOT NULL, plan text NOT NULL, country text NOT NULL,
    created_at timestamptz NOT NULL, last_seen_at timestamptz
);
CREATE TABLE conversations (
    id bigint, user_id bigint NOT NULL, title text NOT NULL, model text NOT NULL,
    started_at timestamptz NOT NULL, archived boolean NOT NULL DEFAULT false
);
CREATE TABLE messages (
    id bigint, conversation_id bigint NOT NULL, role text NOT NULL, content text NOT NULL,
    tokens integer NOT NULL, created_at timestamptz NOT NULL
);
CREATE TABLE user_preferences (
    user_id bigint, language text NOT NULL, timezone text NOT NULL, theme text NOT NULL,
    settings jsonb NOT NULL, updated_at timestamptz NOT NULL
);
CREATE TABLE audit_logs (
    id bigint, user_id bigint, action text NOT NULL, source inet NOT NULL, detail jsonb NOT NULL, at timestamptz NOT NULL
);
CREATE TABLE heartbeat (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE heartbeat IS 'One row a second: what is missing after a recovery is what was lost.';
