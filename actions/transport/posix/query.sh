# query SECONDS USER NAMES ARGV...: become a short program that is killed with its children after SECONDS.

seconds=$1 user=$2 names=$3
shift 3
reason=$(why_not "$user")
if [ -n "$reason" ]; then
    echo "cleo: cannot become $user: $reason" >&2
    exit 125
fi
if ! command -v -- "$1" >/dev/null; then
    echo "cleo: missing" >&2
    exit 127
fi
command -v timeout >/dev/null && set -- timeout -s KILL "$seconds" "$@"
become "$user" "$names" "$@"
