#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# No MTA at all: the sink itself answers on BENCH_LISTEN (the ceiling of the
# SMTP dialogue on this machine).  BENCH_BIN has smtpsink.
set -eu
S=${BENCH_STATE:?}
case $1 in
setup) mkdir -p "$S" ;;
start)
    "${BENCH_BIN:?}/smtpsink" -p "${BENCH_LISTEN##*:}" -f "$S/stats" </dev/null >/dev/null 2>&1 &
    echo $! >"$S/pid"
    ;;
stop) kill "$(cat "$S/pid")" 2>/dev/null || true ;;
version) echo "smtpsink (no MTA)" ;;
*) exit 3 ;;
esac
