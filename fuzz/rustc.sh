#!/usr/bin/env bash
# rustc for this workspace's own crates (RUSTC_WORKSPACE_WRAPPER), with the coverage that libFuzzer
# steers by. Dependencies are compiled as always: RocksDB is not built a second time.
# The flags are those of cargo-fuzz; the stable compiler takes them all.
set -eu
exec "$@" \
    -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0 \
    -Ccodegen-units=1 \
    -Cstrip=debuginfo \
    -Cdebug-assertions
