#!/bin/sh
# backup.sh full|diff|incr: one backup, and beside it a manifest of every table's count and digest.
# The tables are counted just before and just after: what stayed the same is what the backup must hold.
set -eu
cd "${0%/*}/.."
. bin/lab.env

sql() {
    "$BIN/psql" -XAtq -v ON_ERROR_STOP=1 -h "$PWD/run" -p "$PORT" -U postgres -d cleoai "$@"
}
rest() {
    "$PGBACKREST" --config="$CONFIG" --stanza="$STANZA" "$@"
}

sh -c "${REACHED:-true}" || { echo "the backup repository is not reached" >&2; exit 1; }
work=run/backup.$$
mkdir "$work"
trap 'rm -rf "$work"' EXIT

# A table that cannot be read must not keep the backup from being taken: it then has no manifest, and says so.
sql -f bin/count.sql >"$work/before" || echo "tables could not be counted" >&2
rest --log-level-console=info --type="$1" backup >"$work/said" || { status=$?; cat "$work/said" >&2; exit "$status"; }
label=$(sed -n 's/.*new backup label = //p' "$work/said")
if [ -s "$work/before" ] && sql -f bin/count.sql >"$work/after"; then
    rest --output=json info >"$work/info"
    sql -v work="$work" -v label="$label" -f bin/manifest.sql >"$work/manifest"
    mv "$work/manifest" "manifests/$label.json"
fi
echo "$label"
