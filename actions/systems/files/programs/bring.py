"""``bring INTO SNAPSHOT STORED BEGAN BYTES RESTIC…``: restore a snapshot into a folder of its own, and prove it there.

What is proven is written into the folder last (``whole.json``): a folder without it is restored anew, one with it is
left as it is. Ends with 4 where the snapshot cannot be read, with 5 where what was restored is not what it holds.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from actions.systems.files.programs.comparing import CannotRead, Compared, compare, failed, say
from actions.systems.files.programs.records import sync_folder
from actions.systems.files.programs.tree import entries, measure

WHOLE = "whole.json"
_PAUSE_S = 1.0


def bring(into: Path, snapshot: str, stored: str, began: float, size: int, restic: list[str]) -> dict[str, Any]:
    """Restore, compare, and note that it is whole.

    Raises:
        CannotRead: restic cannot restore it.
        SystemExit: what was restored differs.
    """
    if (into / WHOLE).exists():
        found: dict[str, Any] = json.loads((into / WHOLE).read_text())
        return found
    if into.exists():
        shutil.rmtree(into)
    begun = time.monotonic()
    into.mkdir(mode=0o700)
    tree = into / stored.strip("/")
    try:
        _restore(into, snapshot, size, restic)
        print("comparing every file with the snapshot", flush=True)
        compared = compare(restic, snapshot, stored, tree, began)
        _require_same(compared, tree, restic)
    except (CannotRead, SystemExit):
        shutil.rmtree(into, ignore_errors=True)
        raise
    os.sync()
    newest = measure(tree, math.inf)["newest"]  # the archive's times are whole seconds
    seconds = round(time.monotonic() - begun, 2)
    return _note(into, {"snapshot": snapshot, **compared.as_data(), "newest": newest, "seconds": seconds})


def _require_same(compared: Compared, tree: Path, restic: list[str]) -> None:
    if compared.number or not tree.is_dir():
        named = [f"{kind}: {', '.join(paths[:3])}" for kind, paths in compared.differ.items()]
        differs = "; ".join(named) or "nothing came back"
        failed(f"what was restored is not what the snapshot holds: {differs}", 5, restic)


def _note(into: Path, found: dict[str, Any]) -> dict[str, Any]:
    with (into / f"{WHOLE}.new").open("w") as file:
        json.dump(found, file)
        file.flush()
        os.fsync(file.fileno())
    (into / f"{WHOLE}.new").rename(into / WHOLE)
    sync_folder(into)
    return found


def _restore(into: Path, snapshot: str, size: int, restic: list[str]) -> None:
    argv = [*restic, "restore", snapshot, "--no-lock", "--target", str(into), "--verify"]
    over = threading.Event()
    watch = threading.Thread(target=_tell, args=(into, size, over), daemon=True)
    watch.start()
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    over.set()
    watch.join()
    for line in done.stdout.splitlines():
        print(line, flush=True)
    if done.returncode:
        raise CannotRead(" / ".join(done.stderr.strip().splitlines()[-3:]) or f"status {done.returncode}")


def _tell(into: Path, size: int, over: threading.Event) -> None:
    """Print how many bytes are there; rarely where walking the tree takes long."""
    pause = _PAUSE_S
    while not over.wait(pause):
        begun = time.monotonic()
        there = sum(seen.st_blocks * 512 for _, seen in entries(into))
        print(f"{there} of {size} bytes", flush=True)
        pause = max(_PAUSE_S, 20 * (time.monotonic() - begun))


if __name__ == "__main__":
    to, id_, path, since, total, *command = sys.argv[1:]
    try:
        say(bring(Path(to), id_, path, float(since), int(total), command), command)
    except CannotRead as error:
        failed(str(error), 4, command)
