"""A digest of every definition in a database (schemas, functions, indexes…), so that a missing one can be named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_NOT_OF_AN_EXTENSION = "NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = {}.oid AND d.deptype = 'e')"
_RELATION = "format('%I.%I', n.nspname, c.relname)"

_DEFINITIONS = f"""
    SELECT 'schema ' || quote_ident(n.nspname), coalesce(n.nspacl::text, '') FROM pg_namespace n WHERE {_OURS}
    UNION ALL
    SELECT 'columns of ' || {_RELATION}, string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
           a.attnotnull, a.attgenerated, pg_get_expr(x.adbin, x.adrelid)), ',' ORDER BY a.attnum)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef x ON x.adrelid = c.oid AND x.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p', 'm', 'f') AND c.relpersistence <> 't' AND {_OURS} GROUP BY n.nspname, c.relname
    UNION ALL
    SELECT 'index ' || format('%I.%I', n.nspname, i.relname), pg_get_indexdef(i.oid)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace WHERE {_OURS}
    UNION ALL
    SELECT 'constraint ' || quote_ident(o.conname) || ' of ' || {_RELATION}, pg_get_constraintdef(o.oid)
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE o.contype <> 'n' AND {_OURS}
    UNION ALL
    SELECT 'view ' || {_RELATION}, pg_get_viewdef(c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND {_OURS} AND {_NOT_OF_AN_EXTENSION.format("c")}
    UNION ALL
    SELECT 'function ' || format('%I.%I', n.nspname, p.proname) || '(' || pg_get_function_identity_arguments(p.oid)
           || ')', concat_ws(' ', p.prokind, p.provolatile, p.prosecdef, format_type(p.prorettype, NULL), p.prosrc)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE {_OURS} AND {_NOT_OF_AN_EXTENSION.format("p")}
    UNION ALL
    SELECT 'trigger ' || quote_ident(t.tgname) || ' of ' || {_RELATION}, pg_get_triggerdef(t.oid) || t.tgenabled::text
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND {_OURS}
    UNION ALL
    SELECT 'policy ' || quote_ident(p.polname) || ' of ' || {_RELATION},
           concat_ws(' ', p.polcmd, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    UNION ALL
    SELECT 'enum ' || format('%I.%I', n.nspname, t.typname), string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)
    FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
    GROUP BY n.nspname, t.typname
    UNION ALL
    SELECT 'extension ' || quote_ident(e.extname), e.extversion FROM pg_extension e
"""
_ROLES = """
    SELECT 'role ' || quote_ident(r.rolname), concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb,
           r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconnlimit,
           (SELECT string_agg(g.rolname, ',' ORDER BY g.rolname)
            FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid))
    FROM pg_roles r WHERE r.rolname !~ '^pg_'
    UNION ALL
    SELECT 'tablespace ' || quote_ident(spcname), pg_get_userbyid(spcowner)::text FROM pg_tablespace
"""


def definitions(session: psycopg.Connection[Any]) -> tuple[dict[str, str], str]:
    """Return a digest of every definition of a database by what it defines: ``index public.t_pkey``.

    Some are told only under a lock on their table, which is waited for 3 s. The second value says why they could not
    be told, or is empty.
    """
    import psycopg

    session.execute("SELECT set_config('lock_timeout', '3s', false)")
    try:
        return _digests(session, _DEFINITIONS), ""
    except psycopg.errors.LockNotAvailable:
        return {}, "a table of theirs is locked"


def roles(session: psycopg.Connection[Any]) -> dict[str, str]:
    """Return a digest of every role (attributes and memberships, never its password) and tablespace of the cluster."""
    return _digests(session, _ROLES)


def _digests(session: psycopg.Connection[Any], query: str) -> dict[str, str]:
    return dict(session.execute(_DIGESTED.format(query).encode()).fetchall())


_DIGESTED = "SELECT name, left(md5(coalesce(said, '')), 16) AS digest FROM ({}) found (name, said)"
DEFINITION_DIGESTS = _DIGESTED.format(_DEFINITIONS)
"""Tells the digest of every definition of a database by what it defines."""
