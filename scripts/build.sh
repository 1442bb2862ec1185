#!/usr/bin/env bash
# `cargo build --release`, with signs of life while RocksDB compiles: that is the one long step
# (8 to 20 minutes on two cores, once per machine) and cargo shows nothing of it. Arguments go
# to cargo.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
find_cargo
cd "$ROOT" || exit 1

ROCKSDB_OBJECTS=343
ROCKSDB_LIBRARY=librocksdb.a

rocksdb_is_compiled() {
    compgen -G "$CARGO_TARGET_DIR/release/build/librocksdb-sys-*/out/$ROCKSDB_LIBRARY" >/dev/null
}

# Prints how far RocksDB has come until the library is there.
report_progress() {
    local seconds=0 objects
    while sleep 15; do
        seconds=$((seconds + 15))
        rocksdb_is_compiled && return
        objects=$(find "$CARGO_TARGET_DIR/release/build" -path '*/librocksdb-sys-*/out/*.o' \
            2>/dev/null | wc -l)
        [ "$objects" -gt 0 ] || continue
        say "RocksDB: $objects of about $ROCKSDB_OBJECTS files compiled," \
            "$(seconds_as_text "$seconds")"
    done
}

say "cargo build --release $* (into $CARGO_TARGET_DIR)"
if ! rocksdb_is_compiled; then
    say "RocksDB is compiled first: 8 to 20 minutes on two cores, once"
    report_progress &
    reporter=$!
    trap 'kill "$reporter" 2>/dev/null || true' EXIT
fi
cargo build --release --locked "$@"
