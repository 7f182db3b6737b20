"""Somebody inside a mongod: a user with every right, code, and documents that nobody of the application wrote."""

from __future__ import annotations

import secrets

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.mongodb import backups
from cleo_console.lab.mongodb.cluster import DATABASE, Member
from cleo_console.lab.service import Done

USER = "svc_metrics"
_CODE = "function () { return db.users.find().toArray(); }"


def intrude(member: Member) -> Done:
    """Make a user with the role root and a function on the server; then a backup; then rewrite ten memories."""
    from bson import Code

    at = utc_now()
    with member.session() as client:
        client.admin.command("createUser", USER, pwd=secrets.token_urlsafe(12), roles=["root"])
        client[DATABASE]["system.js"].insert_one({"_id": "metrics", "value": Code(_CODE)})
    label = backups.take(member, "full")
    noticed = utc_now()
    with member.session() as client:
        memories = client[DATABASE]["episodic_memories"]
        ids = [each["_id"] for each in memories.find({}, {"_id": 1}).limit(10)]
        memories.update_many({"_id": {"$in": ids}}, {"$set": {"text": "rewritten"}})
    what = f"Made the user {USER} with the role root; backup {label} holds it. Then rewrote {len(ids)} memories."
    return what, {"at": at, "user": USER, "backup": label, "noticed": noticed}
