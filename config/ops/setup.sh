#!/bin/sh
# Make this checkout ready: system packages, .venv, fonts. `setup.sh run` for serving, `setup.sh test` also for testing.
# Safe to repeat; does nothing when there is nothing to do. Needs Python >= 3.11 and Debian's or Ubuntu's apt.
set -eu

UV_VERSION=0.13.9
level=${1:-run}
cd "$(dirname "$0")/../.."

say() { printf 'premise: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }
installed() { dpkg-query --show --showformat='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }
browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        path=$(command -v "$name" || true)
        if [ -n "$path" ] && "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$path"
            return
        fi
    done
    stop 'Python 3.11 or newer is needed: install it (Debian 12, Ubuntu 24.04 and newer bring it as python3).'
}

# What is missing, in package names. Nothing is asked of apt as long as all is there.
missing_packages() {
    installed libpangoft2-1.0-0 || echo libpangoft2-1.0-0
    installed libharfbuzz-subset0 || echo libharfbuzz-subset0
    if ! works .venv/bin/python && ! "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
    if [ "$level" = test ] && [ -z "$(browser || true)" ]; then
        echo chromium
    fi
}

works() { [ -x "$1" ] && "$1" -c pass 2>/dev/null; }

install_packages() {
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif sudo -n true 2>/dev/null; then
        as_root='sudo -n'
    else
        say 'System packages are missing and this user may not install them. Run this line, then start again:'
        # shellcheck disable=SC2086
        printf 'sudo apt-get install --yes --no-install-recommends %s\n' "$(echo $1)" >&2
        exit 1
    fi
    say "installing $(echo $1)"
    apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0"
    $apt update || say 'The package lists could not be brought up to date; trying with the old ones.'
    # shellcheck disable=SC2086
    $apt install --yes --no-install-recommends $1 >/dev/null || stop "apt-get could not install: $(echo $1)"
}

make_venv() {
    works .venv/bin/python || { rm -rf .venv; "$python" -m venv .venv; }
    if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" != "$UV_VERSION" ]; then
        .venv/bin/python -c 'import pip' 2>/dev/null || .venv/bin/python -m ensurepip >/dev/null
        .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" 2>&1 |
            { grep -v '^WARNING: Location' >&2 || true; }
    fi
    unset VIRTUAL_ENV
    export UV_PROJECT_ENVIRONMENT="$PWD/.venv" UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
    # Without the tools when serving; but those that are there stay.
    [ "$level" = test ] && choice=--all-groups || choice='--no-dev --inexact'
    # shellcheck disable=SC2086
    .venv/bin/uv sync --frozen --quiet --python .venv/bin/python $choice
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    stop 'This is not Debian or Ubuntu: see README, Running it, for what is supported.'
python=$(find_python)
packages=$(missing_packages)
[ -z "$packages" ] || install_packages "$packages"

wanted=$(cat uv.lock pyproject.toml config/ops/setup.sh config/ops/fonts.py | sha256sum)
var=${PREMISE_VAR:-var}
fonts=${FONTS_DIR:-$var/fonts}
done_with() { [ "$(cat ".venv/.premise-$1" 2>/dev/null)" = "$wanted" ]; }
if works .venv/bin/python && { done_with "$level" || done_with test; } && [ -e "$fonts/built" ]; then
    exit 0
fi
done_with "$level" || make_venv
.venv/bin/python -m config.ops.fonts
echo "$wanted" >".venv/.premise-$level"
