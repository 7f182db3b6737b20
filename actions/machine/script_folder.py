"""A folder for one short program on a host, which is gone once that has ended: also where it was killed."""

from __future__ import annotations

_KEEPER = """'mkdir -m 700 -- "$1" && { cat; code=$(cat "$1/.code" 2>/dev/null); }; rm -rf -- "$1"
exit "${code:-1}"'"""
_WAIT = 'n=0; until [ -d "$d" ] || [ "$n" -gt 500 ]; do n=$((n + 1)); sleep 0.01; done'


def in_scratch(script: str) -> str:
    """Return a script of sh that runs another one in which ``$d`` is a folder of its own.

    Who kills a program at its deadline kills its whole group, and no trap is run. So a process in a session of its own
    makes the folder, passes on what is printed, and removes the folder at the end of that, whatever ended it. The exit
    status is that of the script.

    Args:
        script: what is run, with the same arguments; it ends with its last line, or by exit.
    """
    apart = "apart=$(command -v setsid)"
    return (
        f'd=$(mktemp -du) || exit; {apart}; {{ {_WAIT}; ( {script}\n ); echo "$?" >"$d/.code"; }} '
        f'| $apart sh -c {_KEEPER} sh "$d"'
    )
