#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Adapter for Sallyport.  PEER_SALLYPORT: installation prefix with sbin/, libexec/sallyport/ and etc/sallyport/.
set -eu
P=${PEER_SALLYPORT:?}
S=${BENCH_STATE:?}
C=$S/etc
host=${BENCH_LISTEN%:*}; port=${BENCH_LISTEN##*:}
pc() { "$P/sbin/postconf" -c "$C" "$@"; }
case $1 in
setup)
    mkdir -p "$C" "$S/spool" "$S/data" "$S/log"
    cp "$P"/etc/sallyport/main.cf "$P"/etc/sallyport/master.cf "$C"/
    pc -e queue_directory="$S/spool" data_directory="$S/data" \
	command_directory="$P/sbin" daemon_directory="$P/libexec/sallyport" \
	inet_interfaces="$host" inet_protocols=ipv4 \
	myhostname=sallyport.bench.example mydomain=bench.example \
	mynetworks=127.0.0.0/8 mydestination= \
	relayhost="[${BENCH_NEXTHOP%:*}]:${BENCH_NEXTHOP##*:}" \
	maillog_file="$S/log/maillog" \
	alias_maps= message_size_limit=52428800 mailbox_size_limit=0
    if [ "${BENCH_PROFILE:-tuned}" = tuned ]; then
	pc -e smtpd_client_connection_count_limit=0 smtpd_peername_lookup=no in_flow_delay=0 \
	    qmgr_message_active_limit=50000 qmgr_message_recipient_limit=50000 \
	    initial_destination_concurrency=20 default_destination_concurrency_limit=100 \
	    smtpd_relay_restrictions=permit_mynetworks,reject smtpd_recipient_restrictions= \
	    minimal_backoff_time=300s max_use=10000
    fi
    if [ -n "${BENCH_TLS_CERT:-}" ]; then
	pc -e smtpd_tls_security_level=may smtpd_tls_cert_file="$BENCH_TLS_CERT" smtpd_tls_key_file="$BENCH_TLS_KEY"
    fi
    if [ -n "${BENCH_LOCAL_DOMAIN:-}" ]; then
	pc -e mydestination="$BENCH_LOCAL_DOMAIN" home_mailbox=Maildir/ local_recipient_maps=
	[ "${BENCH_PROFILE:-tuned}" = tuned ] && pc -e local_destination_concurrency_limit=20
    fi
    [ -n "${BENCH_PROCLIMIT:-}" ] && pc -e default_process_limit="$BENCH_PROCLIMIT"
    [ -n "${BENCH_SALLYPORT_EXTRA:-}" ] && pc -e $BENCH_SALLYPORT_EXTRA
    for s in $(pc -M | awk '$2=="inet"{print $1"/inet"}'); do pc -MX "$s"; done
    pc -M "$port/inet=$port inet n - n - - smtpd"
    ;;
start) "$P/sbin/sallyport" -c "$C" start >"$S/log/start.out" 2>&1 ;;
stop) "$P/sbin/sallyport" -c "$C" stop >"$S/log/stop.out" 2>&1 || true ;;
sendmail) echo "$P/sbin/sendmail -C $C -i -f bench@client.example" ;;
postmap) echo "$P/sbin/postmap -c $C" ;;
proxyclient) echo "$SALLYPORT_BUILD/tests/bench/src/tableask $S/spool/private/proxymap" ;;
qlist) echo "$P/sbin/postqueue -c $C -p" ;;
qpids)
    m=$(tr -d ' ' <"$S/spool/pid/master.pid")
    for p in $(cat /proc/$m/task/$m/children); do
	case $(cat /proc/$p/comm) in qmgr) echo "$p" ;; esac
    done
    ;;
qpurge) "$P/sbin/postsuper" -c "$C" -d ALL >/dev/null 2>&1 || true ;;
version) "$P/sbin/postconf" -c "$P/etc/sallyport" -h mail_version ;;
*) echo "unknown verb $1" >&2; exit 2 ;;
esac
