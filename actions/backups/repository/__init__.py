"""A repository: a folder that holds whole backups of many systems, each with an entry that tells what is in it.

``<repository>/<system>/<id>/entry.json`` is written last; a folder without it is no backup. While a backup is being
written its folder is called ``.incomplete-<id>``. Beside the backups lies ``log/``, where an engine keeps a log.
"""
