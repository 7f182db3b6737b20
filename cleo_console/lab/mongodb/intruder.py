"""Somebody inside a mongod: a user with every right, and documents that nobody of the application wrote."""

from __future__ import annotations

import secrets

from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.mongodb.cluster import DATABASE, Member
from cleo_console.lab.service import Done

USER = "svc_metrics"


def intrude(member: Member) -> Done:
    """Make a user with the role root, and rewrite ten memories."""
    at = utc_now()
    with member.session() as client:
        client.admin.command("createUser", USER, pwd=secrets.token_urlsafe(12), roles=["root"])
        memories = client[DATABASE]["episodic_memories"]
        ids = [each["_id"] for each in memories.find({}, {"_id": 1}).limit(10)]
        memories.update_many({"_id": {"$in": ids}}, {"$set": {"text": "rewritten"}})
    return f"Made the user {USER} with the role root, and rewrote {len(ids)} memories.", {"at": at, "user": USER}
