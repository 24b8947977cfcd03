#!/bin/sh
# Installs what builds and keeps container images, from the distribution, where that is possible.
# With a directory, also makes there a base image with Python for each architecture, as packed file systems.
set -eu

programs='dockerd buildah docker-registry skopeo mmdebstrap runc iptables'
packages='docker.io buildah docker-registry skopeo mmdebstrap runc iptables ca-certificates'
missing=
for name in $programs; do
    command -v "$name" >/dev/null 2>&1 || missing="$missing $name"
done
if [ -n "$missing" ]; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        printf 'aisprint: not installed:%s; only root can do it, with apt-get\n' "$missing" >&2
        printf '  mend: install %s; tests that need them are skipped until then\n' "$packages" >&2
        exit 1
    fi
    apt-get update -qq
    # Debian starts what it installs; these are started by whoever needs them, below directories of their own.
    policy=/usr/sbin/policy-rc.d
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && made=yes; }
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages >/dev/null
    [ -z "${made:-}" ] || rm -f "$policy"
fi

[ $# -gt 0 ] || exit 0
mkdir -p "$1"
for architecture in amd64 arm64; do
    [ -s "$1/$architecture.tar" ] && continue
    # Packages are only unpacked: nothing runs, so no emulation is needed for another architecture.
    mmdebstrap --quiet --variant=extract --architectures="$architecture" \
        --include=python3,python-is-python3,dash,coreutils,libgomp1,libstdc++6,ca-certificates \
        bookworm "$1/.$architecture.tar"
    mv "$1/.$architecture.tar" "$1/$architecture.tar"
done
