#!/bin/sh
# Installs Chromium from the distribution, where that is possible; says what to do where it is not.
set -eu

for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then
        printf 'There is a browser already: %s\n' "$(command -v "$name")"
        exit 0
    fi
done
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    printf 'aisprint: Chromium is not installed, and only root can do it, with apt-get\n' >&2
    printf '  mend: install the package chromium; tests that need it are skipped until then\n' >&2
    exit 1
fi
apt-get update -qq
apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core
