#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Adapter for OpenSMTPD.  PEER_OPENSMTPD: prefix that has usr/sbin/smtpd.
# Its spool, socket and delivery agents have fixed paths: the daemon runs in a
# mount namespace of its own, where they are bound to our directories.
set -eu
R=${PEER_OPENSMTPD:?}
S=${BENCH_STATE:?}
host=${BENCH_LISTEN%:*}; port=${BENCH_LISTEN##*:}
conf=$S/smtpd.conf
case $1 in
setup)
    mkdir -p "$S/spool" "$S/log" "$S/run"
    chmod 711 "$S/spool"
    # fixed paths, outside of our state directory
    mkdir -p /var/spool/smtpd /usr/libexec/opensmtpd /var/lib/opensmtpd/empty
    {
	tls=
	if [ -n "${BENCH_TLS_CERT:-}" ]; then
	    cp "$BENCH_TLS_CERT" "$S/cert.pem"; cp "$BENCH_TLS_KEY" "$S/key.pem"
	    chmod 600 "$S/key.pem"
	    echo "pki bench cert \"$S/cert.pem\""
	    echo "pki bench key \"$S/key.pem\""
	    tls="tls pki bench"
	fi
	if [ "${BENCH_PROFILE:-tuned}" = tuned ]; then
	    cat <<EOF
smtp max-message-size 50M
smtp limit max-mails 100000
smtp limit max-rcpt 50000
mta max-deferred 100000
mta limit max-conn-per-host 100
mta limit max-conn-per-route 100
mta limit max-conn-per-source 1000
mta limit max-conn-per-connector 100
mta limit max-conn-per-relay 100
mta limit max-conn-per-domain 100
mta limit conn-delay-host 0
mta limit conn-delay-source 0
mta limit conn-delay-connector 0
mta limit conn-delay-relay 0
mta limit conn-delay-domain 0
mta limit session-mail-max 1000
mta limit session-transaction-delay 0
scheduler limit max-inflight 50000
scheduler limit max-schedule 1000
EOF
	    echo "${BENCH_OPENSMTPD_EXTRA:-}"
	else
	    echo "smtp max-message-size 50M"
	    echo "smtp limit max-rcpt 50000"
	fi
	echo "listen on $host port $port hostname opensmtpd.bench.example $tls"
	if [ -n "${BENCH_LOCAL_DOMAIN:-}" ]; then
	    echo "action \"local\" maildir \"%{user.directory}/Maildir\""
	    echo "match from any for domain \"$BENCH_LOCAL_DOMAIN\" action \"local\""
	fi
	echo "action \"relay\" relay host smtp://${BENCH_NEXTHOP%:*}:${BENCH_NEXTHOP##*:}"
	echo "match from any for any action \"relay\""
    } >"$conf"
    # its resolver asks DNS before the hosts file, unless told so: no query
    # may leave this machine
    printf 'lookup file bind\nnameserver 127.0.0.1\noptions timeout:1 attempts:1\n' >"$S/resolv.conf"
    ;;
start)
    unshare -m bash -c '
	mount --bind "$(dirname "$3")/resolv.conf" /etc/resolv.conf
	mount --bind "$1/spool" /var/spool/smtpd
	mount --bind "$2/usr/libexec/opensmtpd" /usr/libexec/opensmtpd
	exec "$2/usr/sbin/smtpd" -d -f "$3"' x "$S" "$R" "$conf" </dev/null >"$S/log/maillog" 2>&1 &
    echo $! >"$S/pid"
    ;;
stop)
    if [ -s "$S/pid" ]; then
	p=$(cat "$S/pid"); kill "$p" 2>/dev/null || true
	for _ in $(seq 50); do kill -0 "$p" 2>/dev/null || break; sleep .1; done
    fi
    ;;
sendmail) echo "nsenter -t $(cat "$S/pid") -m $R/usr/sbin/smtpctl enqueue -f bench@client.example" ;;
qlist) echo "nsenter -t $(cat "$S/pid") -m $R/usr/sbin/smtpctl show queue" ;;
qpids) cat "/proc/$(cat "$S/pid")/task/$(cat "$S/pid")/children" | tr ' ' '\n' ;;
qpurge) rm -rf "$S/spool/queue" "$S/spool/incoming" ;;
version) echo "OpenSMTPD $("$R/usr/sbin/smtpd" -h 2>&1 | sed -n 's/^version: //p')" ;;
*) echo "unknown verb $1" >&2; exit 2 ;;
esac
