"""Somebody inside a cluster: a role, code and a rule that nobody of the house made; a backup holds them by now."""

from __future__ import annotations

import secrets

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.postgres import server
from cleo_console.lab.postgres.backups import take_backup
from cleo_console.lab.postgres.cluster import Cluster
from cleo_console.lab.service import Done

ROLE = "svc_metrics"
_PLANTED = """
CREATE FUNCTION public.audit_users() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
    'BEGIN NEW.plan := ''enterprise''; RETURN NEW; END';
CREATE TRIGGER audit_users BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION public.audit_users();
"""


def intrude(cluster: Cluster) -> Done:
    """Make a superuser, a trigger that gives new users a plan, and a rule that asks for no password; then a backup.

    What is noticed comes after that backup: users have another plan. So the newest backup holds all that was planted.
    """
    server.require_running(cluster)
    at, password = utc_now(), secrets.token_urlsafe(12)
    cluster.psql(f"CREATE ROLE {ROLE} LOGIN SUPERUSER PASSWORD '{password}'; {_PLANTED}")
    with (cluster.data_directory / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all {ROLE} 127.0.0.2/32 trust\n")
    cluster.psql("SELECT pg_reload_conf()")
    label = take_backup(cluster)
    noticed = utc_now()
    cluster.psql("UPDATE users SET plan = 'enterprise' WHERE id IN (SELECT id FROM users ORDER BY id LIMIT 10)")
    what = (
        f"Made the superuser {ROLE}, the trigger audit_users on users, and a rule of pg_hba.conf without a password; "
        f"backup {label} holds them. Then gave ten users another plan."
    )
    return what, {"at": at, "role": ROLE, "trigger": "audit_users", "backup": label, "noticed": noticed}
