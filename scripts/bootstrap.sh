#!/bin/sh
# Creates the virtual environment named in $1, or says plainly what this machine lacks.
set -eu
venv=$1

fail() {
    printf 'aisprint set-up: %s\n' "$1" >&2
    printf '  mend: %s\n' "$2" >&2
    exit 1
}

supported='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
python=
for name in "${PYTHON:-python3}" python3.11 python3.12 python3.13; do
    if command -v "$name" >/dev/null 2>&1 &&
        "$name" -c "$supported" 2>/dev/null; then
        python=$name
        break
    fi
done
[ -n "$python" ] || fail "no Python 3.11 to 3.13 was found" "as root: apt-get install python3; or set PYTHON=/path/to/python3.11"

"$python" -c 'import ensurepip' 2>/dev/null ||
    fail "$python cannot create virtual environments (module ensurepip is missing)" "as root: apt-get install python3-venv"

# An environment may be left half-made, for instance from before python3-venv was installed.
if ! "$venv/bin/python" -c "import pip; $supported" 2>/dev/null; then
    [ ! -e "$venv" ] || printf 'aisprint set-up: making %s anew; it held no working Python\n' "$venv" >&2
    "$python" -m venv --clear "$venv" ||
        fail "the virtual environment $venv could not be created" "see the message above; is the disk full?"
fi
"$venv/bin/python" -m pip install --quiet uv ||
    fail "the package index could not be reached" "check the network, or pip's index configuration"

# uv does not read pip's settings; here those of the index and its certificates hold for both.
uv_install() {
    "$venv/bin/python" -c 'import os, sys
from aisprint_cli.system.package_index import index_settings
os.execve(sys.argv[1], sys.argv[1:], os.environ | index_settings(os.environ))' \
        "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" "$@"
}
uv_install -r requirements-dev.lock ||
    fail "a package could not be installed" "see the message above; index and certificates are those of pip's configuration"
uv_install --no-deps --editable . ||
    fail "aisprint itself could not be installed" "see the message above"
printf 'aisprint is ready in %s\n' "$venv"
