# read_file PATH: print a file.

if [ ! -e "$1" ]; then
    echo "cleo: missing" >&2
    exit 127
fi
exec cat -- "$1"
