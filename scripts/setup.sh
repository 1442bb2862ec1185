#!/usr/bin/env bash
# Installs what building (build-deps), testing (test-deps) or fuzzing (torture-deps) needs. Does
# nothing for what is there already. This is the one list of system packages.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"

# Compilers for RocksDB and aws-lc; libclang for RocksDB's bindings; curl and jq for scripts/run.sh.
BUILD_PACKAGES=(
    ca-certificates clang cmake curl g++ gcc jq libclang-dev libc6-dev make pkg-config
)
# The clients that the gateway is tested with, and what drives them.
TEST_PACKAGES=(
    awscli libfaketime openssl pgbackrest postgresql python3 python3-venv rclone restic s3cmd s3fs
    shellcheck
)
# Only where there is no node yet: a newer one from elsewhere brings npm and rules these out.
NODE_PACKAGES=(nodejs npm)
# Used where cargo-nextest is missing; a newer one is as good.
NEXTEST_VERSION=0.9.143

install_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null ||
        die "this is not Debian. Install the equivalents of: $*"
    for package in "$@"; do
        dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
            missing+=("$package")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        say "system packages: all ${#} present"
        return
    fi
    say "system packages: installing ${missing[*]}"
    as_root apt-get update
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "${missing[@]}"
}

# The tests start a PostgreSQL of their own. Its package would set up and start another one, for
# all who use this machine.
no_postgresql_cluster() {
    local folder=/etc/postgresql-common/createcluster.d
    if [ -d /etc/postgresql-common ]; then
        return
    fi
    as_root mkdir -p "$folder"
    echo "create_main_cluster = false" | as_root tee "$folder/no-main-cluster.conf" >/dev/null
}

require_cargo() {
    find_cargo
    if ! command -v cargo >/dev/null; then
        cat >&2 <<'TEXT'
error: there is no Rust toolchain (cargo) on this machine.
  Install rustup as https://rustup.rs describes, open a new shell and repeat the command.
  The toolchain's version is in rust-toolchain.toml; rustup fetches it by itself.
TEXT
        exit 1
    fi
    say "Rust: $(cd "$ROOT" && cargo --version)"
}

install_nextest() {
    if cargo nextest --version >/dev/null 2>&1; then
        say "cargo-nextest: present"
        return
    fi
    say "cargo-nextest: compiling it, some minutes"
    cargo install --locked cargo-nextest --version "$NEXTEST_VERSION"
}

# install_python NAME REQUIREMENTS ENVIRONMENT MODULES
install_python() {
    local name=$1 wanted=$2 environment=$3 modules=$4
    local stamp=$environment/requirements.installed
    if cmp -s "$wanted" "$stamp" && "$environment/bin/python" -c "import $modules" 2>/dev/null; then
        say "$name: present in $environment"
        return
    fi
    say "$name: installing into $environment"
    rm -rf "$environment"
    mkdir -p "${environment%/*}"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --disable-pip-version-check --quiet --requirement "$wanted"
    cp "$wanted" "$stamp"
}

install_node() {
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        install_packages "${NODE_PACKAGES[@]}"
    fi
    local wanted=$ROOT/tests/clients/js/package-lock.json stamp=$JS/package-lock.installed
    if cmp -s "$wanted" "$stamp" && [ -d "$JS/node_modules/@aws-sdk/client-s3" ]; then
        say "JavaScript client: present in $JS"
        return
    fi
    say "JavaScript client: installing into $JS"
    rm -rf "$JS"
    mkdir -p "$JS"
    cp "${wanted%/*}"/package{,-lock}.json "$JS"
    npm ci --prefix "$JS" --no-audit --no-fund --ignore-scripts --loglevel=error
    cp "$wanted" "$stamp"
}

case "${1:-}" in
build-deps)
    install_packages "${BUILD_PACKAGES[@]}"
    require_cargo
    ;;
test-deps)
    no_postgresql_cluster
    install_packages "${TEST_PACKAGES[@]}"
    require_cargo
    install_nextest
    clients=$ROOT/tests/clients
    install_python "Python clients" "$clients/requirements.txt" "$VENV" \
        "boto3, duckdb, minio, pyarrow, schemathesis"
    install_python "s3fs" "$clients/filesystem/requirements.txt" "$VENV_S3FS" s3fs
    install_node
    ;;
torture-deps)
    # libFuzzer's sources come with its crate and need no more than RocksDB's.
    install_packages "${BUILD_PACKAGES[@]}"
    require_cargo
    ;;
*)
    die "usage: scripts/setup.sh build-deps|test-deps|torture-deps"
    ;;
esac
