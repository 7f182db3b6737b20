"""What an intruder leaves in a PostgreSQL cluster: asked of the running server and of an instance beside it alike.

Seen in the wild: superusers of their own (PG_MEM, CPU_HU), rules of ``pg_hba.conf``, functions in C or Python, triggers
that grant again what was taken, event triggers, ``archive_command`` and preloaded libraries, subscriptions that carry
data away. A backup brings all of it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from actions.intrusion.traces import Thing, digest

Ask = Callable[[str, str], Sequence[Mapping[str, Any]]]
"""Returns the rows of a query in a database, by their columns' names."""

POWERS = ("superuser", "may create roles", "may replicate", "bypasses row security")
ROLES = """
    SELECT rolname AS name, quote_ident(rolname) AS quoted, rolcanlogin AS login, rolsuper AS super,
           rolcreaterole AS creates, rolreplication AS replicates, rolbypassrls AS bypasses, oid::int8 AS oid,
           (SELECT array_agg(g.rolname ORDER BY 1) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
            WHERE m.member = r.oid) AS member
    FROM pg_roles r WHERE rolname !~ '^pg_' ORDER BY 1
"""
"""Every role, for whoever may look; who is a stranger among those of a running server goes by the same rows."""
FIRST_NORMAL_OID = 16384
_MAY = "SELECT has_table_privilege('pg_authid', 'SELECT') AS may"
_MADE = "SELECT quote_ident(rolname) AS quoted, xmin::text AS made FROM pg_authid"
_CLUSTER = {
    "role setting": "SELECT coalesce(r.rolname, 'all') || ' in ' || coalesce(d.datname, 'all') AS name, "
    "array_to_string(setconfig, ', ') AS said, s.xmin::text AS made FROM pg_db_role_setting s "
    "LEFT JOIN pg_roles r ON r.oid = setrole LEFT JOIN pg_database d ON d.oid = setdatabase",
    "database": "SELECT datname AS name, pg_get_userbyid(datdba) || ' ' || coalesce(datacl::text, '') AS said, "
    "xmin::text AS made FROM pg_database",
    "subscription": "SELECT subname AS name, subpublications::text AS said, '' AS made, "
    "'copies data from elsewhere' AS suspect FROM pg_subscription",
    "tablespace": "SELECT spcname AS name, pg_get_userbyid(spcowner)::text AS said, xmin::text AS made "
    "FROM pg_tablespace",
}
_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_NO_EXTENSION = "NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = {}.oid AND d.deptype = 'e')"
_RELATION = "format('%I.%I', n.nspname, c.relname)"
_DATABASE = {
    "function": f"""
        SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS name,
               concat_ws(' ', l.lanname, CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
                         'of ' || pg_get_userbyid(p.proowner)) AS said,
               concat_ws(' ', p.prosrc, p.probin, p.proconfig::text, p.proacl::text) AS more, p.xmin::text AS made,
               CASE WHEN NOT l.lanpltrusted AND l.lanname <> 'internal' THEN 'runs code outside of the database'
               END AS suspect
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        WHERE {_OURS} AND {_NO_EXTENSION.format("p")}""",
    "trigger": f"""
        SELECT quote_ident(t.tgname) || ' of ' || {_RELATION} AS name, pg_get_triggerdef(t.oid) AS said,
               t.tgenabled::text AS more, t.xmin::text AS made
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT t.tgisinternal AND {_OURS}""",
    "event trigger": "SELECT evtname AS name, evtevent || ' ' || evtfoid::regproc::text AS said, "
    "evtenabled::text AS more, xmin::text AS made FROM pg_event_trigger",
    "rule": f"""
        SELECT quote_ident(r.rulename) || ' of ' || {_RELATION} AS name, '' AS said, pg_get_ruledef(r.oid) AS more,
               r.xmin::text AS made
        FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE {_OURS} AND {_NO_EXTENSION.format("c")}""",
    "policy": f"""
        SELECT quote_ident(p.polname) || ' of ' || {_RELATION} AS name, '' AS said, concat_ws(' ', p.polcmd,
               pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), p.polroles::text) AS more,
               p.xmin::text AS made
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace""",
    "default of": f"""
        SELECT {_RELATION} || '.' || a.attname AS name, '' AS said, pg_get_expr(x.adbin, x.adrelid) AS more,
               x.xmin::text AS made
        FROM pg_attrdef x JOIN pg_attribute a ON a.attrelid = x.adrelid AND a.attnum = x.adnum
        JOIN pg_class c ON c.oid = x.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS}""",
    "rights on": f"""
        SELECT {_RELATION} AS name, pg_get_userbyid(c.relowner) || ' ' || c.relacl::text AS said, '' AS made
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relacl IS NOT NULL AND {_OURS}""",
    "schema": f"SELECT nspname AS name, pg_get_userbyid(nspowner) || ' ' || coalesce(nspacl::text, '') AS said, "
    f"xmin::text AS made FROM pg_namespace n WHERE {_OURS}",
    "default rights": "SELECT concat_ws(' ', pg_get_userbyid(defaclrole), defaclobjtype, defaclnamespace) AS name, "
    "defaclacl::text AS said, xmin::text AS made FROM pg_default_acl",
    "extension": "SELECT extname AS name, extversion AS said, xmin::text AS made FROM pg_extension",
    "language": "SELECT lanname AS name, CASE WHEN lanpltrusted THEN 'trusted' ELSE 'untrusted' END AS said, "
    "xmin::text AS made FROM pg_language",
    "foreign server": "SELECT srvname AS name, '' AS said, srvoptions::text AS more, xmin::text AS made "
    "FROM pg_foreign_server",
    "publication": "SELECT pubname AS name, CASE WHEN puballtables THEN 'all tables' ELSE '' END AS said, "
    "xmin::text AS made FROM pg_publication",
}
LOOKED_FOR = (
    "roles, their rights, memberships and settings",
    "functions, triggers, event triggers, rules, policies and defaults",
    "extensions and languages",
    "rights on tables and schemas",
    "foreign servers, publications, subscriptions",
    "pg_hba.conf, pg_ident.conf and settings that run or load something",
)
NOT_LOOKED_FOR = ("rows", "large objects", "passwords (they are changed)", "files outside of the data directory")
SETTINGS = (
    *("archive_command", "archive_library", "restore_command", "archive_cleanup_command", "recovery_end_command"),
    *("shared_preload_libraries", "session_preload_libraries", "local_preload_libraries", "dynamic_library_path"),
    *("ssl_passphrase_command", "primary_conninfo", "hba_file", "ident_file", "listen_addresses", "search_path"),
    *("include", "include_dir", "include_if_exists", "password_encryption", "krb_server_keyfile", "row_security"),
    *("jit_provider", "unix_socket_directories", "unix_socket_permissions", "ssl", "log_destination", "log_directory"),
)
"""Settings by which something is run or loaded, doors are opened, or traces are hidden."""


def things(ask: Ask, databases: Sequence[str]) -> dict[str, Thing]:
    """Return what the cluster holds; what is in a database is named with it where it is not the first one."""
    made = _made(ask, databases[0])
    found = {f"role {row['quoted']}": _role(row, made.get(row["quoted"], "")) for row in ask(ROLES, databases[0])}
    for kind, query in _CLUSTER.items():
        found |= _named(kind, ask(query, databases[0]))
    for number, database in enumerate(databases):
        where = f" ({database})" if number else ""
        for kind, query in _DATABASE.items():
            found |= _named(kind, ask(query, database), where)
    return found


def _named(kind: str, rows: Sequence[Mapping[str, Any]], where: str = "") -> dict[str, Thing]:
    return {f"{kind} {row['name']}{where}": _thing(row) for row in rows}


def _thing(row: Mapping[str, Any]) -> Thing:
    said, more = str(row["said"] or ""), str(row.get("more") or "")
    return Thing(what=said, digest=digest(said, more), suspect=row.get("suspect") or "", mark=str(row["made"] or ""))


def _made(ask: Ask, database: str) -> dict[str, str]:
    """Return which transaction wrote each role, where we may see that."""
    if not ask(_MAY, database)[0]["may"]:
        return {}
    return {str(row["quoted"]): str(row["made"]) for row in ask(_MADE, database)}


def _role(row: Mapping[str, Any], made: str) -> Thing:
    what = role_words(row)
    own = row["oid"] >= FIRST_NORMAL_OID
    mighty = own and (row["super"] or row["creates"] or row["replicates"] or row["bypasses"])
    suspect = "has rights over the whole cluster" if mighty else ""
    return Thing(what=what, digest=digest(what), suspect=suspect, mark=made)


def role_words(row: Mapping[str, Any]) -> str:
    """Return what a role of `ROLES` may, in words."""
    has = (row["super"], row["creates"], row["replicates"], row["bypasses"])
    powers = [word for word, is_so in zip(POWERS, has, strict=True) if is_so]
    member = [f"member of {', '.join(row['member'])}"] if row["member"] else []
    return ", ".join([*powers, *member, "can log in" if row["login"] else "cannot log in"])


def rules(text: str, name: str) -> dict[str, Thing]:
    """Return the rules of ``pg_hba.conf`` or ``pg_ident.conf``, each by its words; Cleo's own block is none."""
    lines = (" ".join(line.partition("#")[0].split()) for line in text.splitlines())
    return {f"{name}: {line}": Thing(digest=digest(line)) for line in lines if line}


def settings(*texts: str) -> dict[str, Thing]:
    """Return what configuration files set of `SETTINGS`; a later file counts before an earlier one."""
    found = {name: value for text in texts for name, value in _settings(text)}
    return {f"setting {name}": Thing(what=value, digest=digest(value)) for name, value in found.items()}


def _settings(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        words = line.partition("#")[0].strip()
        name, _, value = words.replace("=", " ", 1).partition(" ")
        if name.lower() in SETTINGS:
            yield name.lower(), value.strip().strip("'")
