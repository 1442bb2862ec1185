#!/usr/bin/env bash
# Starts the gateway on DATA_DIR with a demo tenant and says how to use it. Called by `make run`.
# On the first run it initialises the data folder and creates the tenant and one access key; later
# runs start on the same data with the same key. Ctrl-C stops the gateway cleanly.
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1
umask 077

DATA_DIR=${DATA_DIR:-./data}
LISTEN=${LISTEN:-127.0.0.1:9000}
ADMIN_LISTEN=${ADMIN_LISTEN:-127.0.0.1:9001}
BINARY=${BINARY:-$CARGO_TARGET_DIR/release/riznica}
DATA_DIR=${DATA_DIR%/}
KEYS_DIR=$DATA_DIR.keys
OPERATOR=$KEYS_DIR/operator.json
DEMO=$KEYS_DIR/demo.json
LOG=$DATA_DIR.log
TENANT=demo
START_SECONDS=60

server=

stop_server() {
    [ -n "$server" ] || return 0
    kill -TERM "$server" 2>/dev/null || true
    # A trap interrupts `wait`; only a dead process ends this loop.
    while kill -0 "$server" 2>/dev/null; do
        wait "$server" 2>/dev/null || true
    done
    server=
}

on_signal() {
    printf '\n' >&2
    say "stopping: requests in flight are finished first"
    stop_server
    say "stopped. The data is in $DATA_DIR; \`make run\` starts again on it"
    exit 0
}

# An address as a client on this machine writes it: a wildcard is reached by loopback.
reachable() {
    case "$1" in
    0.0.0.0:*) printf '127.0.0.1:%s' "${1##*:}" ;;
    '[::]':*) printf '[::1]:%s' "${1##*:}" ;;
    *) printf '%s' "$1" ;;
    esac
}

fail_with_log() {
    printf 'error: %s. The end of %s:\n' "$1" "$LOG" >&2
    tail -n 20 "$LOG" >&2 || true
    stop_server
    exit 1
}

init_data() {
    if [ -e "$OPERATOR" ]; then
        say "data folder $DATA_DIR: present"
        return
    fi
    say "data folder $DATA_DIR: initialising; keys go to $KEYS_DIR (never back both up together)"
    "$BINARY" init --data-dir "$DATA_DIR" >&2
}

start_server() {
    local ready tenths=0
    ready=http://$(reachable "$ADMIN_LISTEN")/health/ready
    if curl --silent --output /dev/null --max-time 2 "$ready"; then
        die "something answers on $ADMIN_LISTEN already. Stop it, or choose other ports:
       make run LISTEN=127.0.0.1:9100 ADMIN_LISTEN=127.0.0.1:9101"
    fi
    say "starting on $LISTEN (administration on $ADMIN_LISTEN), log in $LOG"
    # A process group of its own: Ctrl-C reaches this script alone, and the gateway gets one
    # SIGTERM.
    set -m
    "$BINARY" serve --data-dir "$DATA_DIR" --listen "$LISTEN" \
        --admin-listen "$ADMIN_LISTEN" </dev/null >>"$LOG" 2>&1 &
    server=$!
    set +m
    trap on_signal INT TERM HUP
    trap stop_server EXIT
    until curl --silent --fail --output /dev/null --max-time 2 "$ready"; do
        kill -0 "$server" 2>/dev/null || fail_with_log "the gateway did not start"
        tenths=$((tenths + 1))
        [ "$tenths" -lt $((START_SECONDS * 10)) ] ||
            fail_with_log "the gateway was not ready after $START_SECONDS seconds"
        sleep 0.1
    done
}

admin() {
    "$BINARY" "$@" --admin "http://$(reachable "$ADMIN_LISTEN")" --credential "$OPERATOR" \
        --output json
}

demo_credential() {
    if [ -s "$DEMO" ]; then
        say "demo tenant: present, key from $DEMO"
        return
    fi
    # The tenant may be there from a first run that was interrupted.
    if ! admin tenant show "$TENANT" >/dev/null 2>&1; then
        say "demo tenant: creating it"
        admin tenant create "$TENANT" --display-name "Demo / Демо" >/dev/null ||
            fail_with_log "the demo tenant could not be created"
    fi
    admin key create --tenant "$TENANT" >"$DEMO.new" ||
        fail_with_log "the demo access key could not be created"
    mv "$DEMO.new" "$DEMO"
}

print_welcome() {
    local address endpoint id secret
    address=$(reachable "$LISTEN")
    endpoint=http://$address
    id=$(jq --exit-status --raw-output .access_key_id "$DEMO")
    secret=$(jq --exit-status --raw-output .secret_access_key "$DEMO")
    local aws="AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$secret AWS_DEFAULT_REGION=us-east-1"
    local rclone="RCLONE_CONFIG_DEMO_TYPE=s3 RCLONE_CONFIG_DEMO_PROVIDER=Other"
    rclone+=" RCLONE_CONFIG_DEMO_ENDPOINT=$endpoint RCLONE_CONFIG_DEMO_ACCESS_KEY_ID=$id"
    rclone+=" RCLONE_CONFIG_DEMO_SECRET_ACCESS_KEY=$secret"
    local s3cmd="s3cmd --host=$address --host-bucket=$address --no-ssl"
    s3cmd+=" --access_key=$id --secret_key=$secret"
    cat <<TEXT

Riznica is ready.

  endpoint           $endpoint
  access key id      $id
  secret access key  $secret

Paste into another shell, in this folder:

  a bucket, once
    $aws aws --endpoint-url $endpoint s3 mb s3://records

  aws
    $aws aws --endpoint-url $endpoint s3 sync docs s3://records/docs
    $aws aws --endpoint-url $endpoint s3 ls --recursive s3://records

  rclone
    $rclone rclone sync docs demo:records/docs
    $rclone rclone check --download docs demo:records/docs

  s3cmd
    $s3cmd put README.md s3://records/README.md
    $s3cmd ls s3://records

Ctrl-C stops it.
TEXT
}

[ -x "$BINARY" ] || die "$BINARY is missing; \`make run\` builds it"
init_data
start_server
demo_credential
print_welcome
status=0
wait "$server" || status=$?
server=
[ "$status" -eq 0 ] || fail_with_log "the gateway ended by itself, exit code $status"
