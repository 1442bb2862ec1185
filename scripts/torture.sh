#!/usr/bin/env bash
# Long campaigns: every target of fuzz/ for TORTURE_SECONDS each (60), or only those that are named,
# and MODEL_STEPS random steps (2,000,000) beside the reference model of tests/s3/model.
#   scripts/torture.sh                    all of it; what was found is named at the end
#   scripts/torture.sh TARGET..           fuzz these alone
#   scripts/torture.sh merge [TARGET..]   copy new inputs that reach new code into fuzz/corpus
# Inputs that were found on the way are kept outside the checkout, in $CARGO_TARGET_DIR/fuzz.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
find_cargo
cd "$ROOT" || exit 1

TORTURE_SECONDS=${TORTURE_SECONDS:-60}
WORK=$CARGO_TARGET_DIR/fuzz
# An input that takes longer, or a process that grows larger, is a finding.
LIMITS=(-timeout=10 -rss_limit_mb=2048)

fuzz() {
    local target=$1
    mkdir -p "$WORK/corpus/$target" "$WORK/artifacts" "$WORK/logs"
    say "$target: $TORTURE_SECONDS s"
    if "$CARGO_TARGET_DIR/release/$target" "${LIMITS[@]}" "-max_total_time=$TORTURE_SECONDS" \
        -print_final_stats=1 "-artifact_prefix=$WORK/artifacts/$target-" \
        "$WORK/corpus/$target" "fuzz/corpus/$target" >"$WORK/logs/$target" 2>&1; then
        grep -E '^stat::number_of_executed_units' "$WORK/logs/$target" >&2 || true
        return 0
    fi
    tail -n 30 "$WORK/logs/$target" >&2
    return 1
}

merge() {
    local target=$1
    mkdir -p "$WORK/corpus/$target"
    # The smallest set of inputs that reaches all code; how often they reach it does not count.
    "$CARGO_TARGET_DIR/release/$target" "${LIMITS[@]}" -set_cover_merge=1 -use_counters=0 \
        -use_cmp=0 "fuzz/corpus/$target" "$WORK/corpus/$target" >&2
}

# Long enough to be of another kind than the run in `make test`.
model() {
    say "reference model: ${MODEL_STEPS:=2000000} steps"
    # Not with nextest, which ends tests that take minutes.
    MODEL_STEPS=$MODEL_STEPS cargo test --release --locked --test s3 model:: -- --nocapture >&2
}

verb=fuzz
is_whole=yes
if [ "${1:-}" = merge ]; then
    verb=merge
    is_whole=
    shift
fi
targets=("$@")
if [ ${#targets[@]} -gt 0 ]; then
    is_whole=
else
    for file in fuzz/fuzz_targets/*.rs; do
        targets+=("$(basename "$file" .rs)")
    done
fi

# The wrapper is part of what cargo keeps apart: the instrumented crate and the usual one lie side
# by side in one folder, and share everything that is not ours.
RUSTC_WORKSPACE_WRAPPER=$ROOT/fuzz/rustc.sh scripts/build.sh --package riznica-fuzz

failed=()
for target in "${targets[@]}"; do
    "$verb" "$target" || failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
    die "targets with findings: ${failed[*]}. The inputs are in $WORK/artifacts; give one to" \
        "\$CARGO_TARGET_DIR/release/TARGET to see it again."
fi
[ -z "$is_whole" ] || model || die "the reference model and the gateway disagree; see above"
say "no findings"
