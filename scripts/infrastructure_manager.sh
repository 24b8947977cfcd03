#!/bin/sh
# Makes the environment $1 with an Infrastructure Manager server for tests; what is there already is kept.
# That server is GPL: it has an environment of its own and is only ever used over HTTP.
set -eu
venv=$1
uv=${2:-uv}
lock=$(cd "$(dirname "$0")/.." && pwd)/requirements-im.lock

cmp -s "$lock" "$venv/.installed" && exit 0

"$uv" venv --quiet --clear "$venv"
"$uv" pip install --quiet --python "$venv/bin/python" --no-deps --requirements "$lock"
cp "$lock" "$venv/.installed"
