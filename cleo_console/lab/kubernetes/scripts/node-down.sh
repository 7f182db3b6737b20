#!/bin/bash
# node-down.sh FOLDER [NUMBER]: ends a lab's cluster, or one of its nodes: its first process, with which all others die. The data stay.
D=$1
. "$D/env"
for s in "$D"/node${2:-*}; do
  [ -f "$s/unshare.pid" ] || continue
  kill -TERM "$(cat "$s/inside.pid")" 2>/dev/null          # unshare itself ignores SIGTERM
  for _ in $(seq 50); do kill -0 "$(cat "$s/unshare.pid")" 2>/dev/null || break; sleep .1; done
  kill -KILL "$(cat "$s/unshare.pid")" 2>/dev/null         # --kill-child takes the namespace with it
  rm -f "$s/unshare.pid" "$s/inside.pid"
done
exit 0
