#!/usr/bin/env bash
# All tests, or a part of them: test.sh [all|lint|clients].
# QUICK=1 makes the data of the client tests smaller.
#
# Everything is built with the release profile: RocksDB, the one dear dependency, is compiled once.
# A step that fails does not keep the later ones from running; the failures are listed at the end.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1
find_cargo

QUICK=${QUICK:-}
BINARY=$CARGO_TARGET_DIR/release/riznica
PYTHON=$VENV/bin/python
# The tests of the format call python3 with the package cryptography.
export PATH=$VENV/bin:$PATH
export RUSTDOCFLAGS="-D warnings"
export PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1

failed=()
started=$SECONDS

# step NAME COMMAND...: runs it, says how long it took, remembers a failure.
step() {
    local name=$1 begun=$SECONDS
    shift
    say "$name: $*"
    if "$@"; then
        say "$name: passed in $(seconds_as_text $((SECONDS - begun)))"
    else
        say "$name: FAILED after $(seconds_as_text $((SECONDS - begun)))"
        failed+=("$name")
    fi
}

lint() {
    step "format" cargo fmt --check
    step "shellcheck" shellcheck --external-sources scripts/*.sh .ci/run
    step "clippy" cargo clippy --release --locked --workspace --all-targets -- -D warnings
}

unit() {
    step "unit and integration tests" cargo nextest run --release --locked
    step "documentation tests" cargo test --doc --release --locked
    step "documentation" cargo doc --release --locked --no-deps --document-private-items
    step "the other implementation of the format" \
        "$PYTHON" tests/twin/rz1.py vectors tests/data/envelope/v1
    # The bench profile inherits release, so this compiles no dependency again.
    step "benches, once" cargo bench --locked --bench '*' -- --test
}

clients() {
    local quick=() rounds=5 size_mib=256
    if [ -n "$QUICK" ]; then
        quick=(--quick) rounds=2 size_mib=16
    fi
    local folder=tests/clients binary=(--binary "$BINARY")
    step "make run, twice" "$PYTHON" $folder/quickstart.py "${binary[@]}"
    step "clients" "$PYTHON" $folder/run.py "${binary[@]}" "${quick[@]}"
    step "listeners and command line" "$PYTHON" $folder/listener.py "${binary[@]}"
    step "admin API" "$PYTHON" $folder/admin_api.py "${binary[@]}" "${quick[@]}"
    step "canary" "$PYTHON" $folder/canary.py "${binary[@]}"
    step "bit flips" "$PYTHON" $folder/bitflip.py "${binary[@]}"
    step "crashes" "$PYTHON" $folder/crash.py "${binary[@]}" --rounds "$rounds"
    step "retention clock" "$PYTHON" $folder/clock.py "${binary[@]}"
    step "hostile connections" "$PYTHON" $folder/hostile.py "${binary[@]}" "${quick[@]}"
    step "fairness" "$PYTHON" $folder/fairness.py "${binary[@]}" "${quick[@]}"
    step "backups and their restore" "$PYTHON" $folder/backup.py "${binary[@]}" "${quick[@]}"
    step "space comes back" "$PYTHON" $folder/space.py "${binary[@]}" "${quick[@]}"
    step "memory" "$PYTHON" $folder/memory.py "${binary[@]}" --size-mib "$size_mib"
}

case "${1:-all}" in
all)
    lint
    scripts/build.sh --bin riznica
    unit
    clients
    ;;
lint) lint ;;
clients)
    scripts/build.sh --bin riznica
    clients
    ;;
*) die "usage: scripts/test.sh [all|lint|clients]" ;;
esac

if [ ${#failed[@]} -gt 0 ]; then
    say "FAILED: $(printf '%s; ' "${failed[@]}")after $(seconds_as_text $((SECONDS - started)))"
    exit 1
fi
say "all passed in $(seconds_as_text $((SECONDS - started)))"
