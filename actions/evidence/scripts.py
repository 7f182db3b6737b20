"""The shell scripts that copy and digest evidence on its host. They print paths and numbers, and no content."""

from __future__ import annotations

HOST_LOOK = r"""
look() { name=$1; shift; echo "== $name: $*"; "$@" 2>&1 || echo "-- exit status $?"; }
date -u +%Y-%m-%dT%H:%M:%SZ
look system uname -a
look uptime uptime
look processes ps -eo pid,ppid,user,lstart,stat,args --no-headers
look connections ss -tanp
look sessions who -a
look logins last -Fwn 200
look accounts cat /etc/passwd
look groups cat /etc/group
look timers systemctl list-timers --all --no-pager
look units systemctl list-units --no-pager
for file in /etc/crontab /etc/cron.d/* /etc/cron.*/* /var/spool/cron/* /var/spool/cron/crontabs/* \
        /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys /etc/sudoers /etc/sudoers.d/* /etc/ld.so.preload; do
    [ -f "$file" ] && look "$file" cat "$file"
done
echo "== programs that run and whose file is gone or lies where anybody may write"
for link in /proc/[0-9]*/exe; do
    at=$(readlink "$link" 2>/dev/null) || continue
    case "$at" in *"(deleted)"|/tmp/*|/dev/shm/*|/var/tmp/*) echo "${link#/proc/} $at" ;; esac
done
true
"""
"""What the host itself tells: the most volatile first (RFC 3227, 2.1)."""

TREE = r"""
for at do
    find "$at" -printf '%y %#m %u:%g %s modified %T+ changed %C+ %p -> %l\n' 2>&1
done
true
"""
"""Owner, permissions and times of every file, before anything reads it: a copy cannot keep the time of a change."""

COPY = r"""
umask 077
into=$1; shift
mkdir -p "$into/files"
: >"$into/not-copied.txt"
for at do
    real=$(readlink -f -- "$at") && [ -e "$real" ] || { echo "$at: is not there" >>"$into/not-copied.txt"; continue; }
    cp -a --parents -- "$real" "$into/files" 2>>"$into/not-copied.txt"
done
exit 0
"""
"""Copies with owners, permissions and times. What cannot be copied is written down, and the others are copied."""

SEAL = r"""
set -e
umask 077
cd "$1.part"
find . -type f ! -path ./MANIFEST.sha256 -print0 | LC_ALL=C sort -z | xargs -0r sha256sum >MANIFEST.sha256
sync -f .
find . \( -type f -o -type d \) -exec chmod a-w {} +
chmod u+w .
mv -T --no-clobber "$1.part" "$1"
[ ! -e "$1.part" ] || { echo "$1 is there already" >&2; exit 66; }
chmod u-w "$1"
sync -f "$1"
"""
"""Digests every file, takes the right to write away, and gives the whole its name: until then it is none."""

SEALED = r"""
set -e
cd "$1"
printf '%s %s %s\n' "$(sha256sum <MANIFEST.sha256 | cut -d ' ' -f 1)" "$(wc -l <MANIFEST.sha256)" \
    "$(du -sB1 --apparent-size . | cut -f 1)"
"""
"""Prints digest of the manifest, number of files, bytes."""

CHECK = r"""
cd "$1" || exit 3
listed=$(mktemp)
trap 'rm -f "$listed"' EXIT
[ -f MANIFEST.sha256 ] || { echo "gone ./MANIFEST.sha256"; exit 0; }
echo "manifest $(sha256sum <MANIFEST.sha256 | cut -d ' ' -f 1)"
LC_ALL=C sha256sum -c MANIFEST.sha256 2>/dev/null |
    sed -n 's/^\(.*\): FAILED open or read$/gone \1/p; s/^\(.*\): FAILED$/changed \1/p'
LC_ALL=C awk '{ sub(/^\\?[0-9a-f]+  /, ""); print }' MANIFEST.sha256 | LC_ALL=C sort >"$listed"
find . -type f ! -path ./MANIFEST.sha256 | LC_ALL=C sort | LC_ALL=C comm -13 "$listed" - | sed 's/^/added /'
"""
"""Reads every file again; prints the manifest's digest, and each file that is gone, changed or was added."""
