# shellcheck shell=bash
# Sourced by the other scripts: where things are, and how they speak.

set -euo pipefail

# Both are read by the scripts that source this file.
# shellcheck disable=SC2034
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$HOME/.cache/riznica/target}
# shellcheck disable=SC2034
VENV=$HOME/.cache/riznica/venv
# shellcheck disable=SC2034
VENV_S3FS=$HOME/.cache/riznica/venv-s3fs
# shellcheck disable=SC2034
JS=$HOME/.cache/riznica/js

say() { printf '==> %s\n' "$*" >&2; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Runs a command as root: as it is for root, by sudo for others.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root and there is no sudo. As root, run: $*"
    fi
}

seconds_as_text() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }

# cargo, also in a shell that was open before rustup was installed.
find_cargo() {
    if [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH=$HOME/.cargo/bin:$PATH
    fi
}
