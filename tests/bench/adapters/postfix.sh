#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Adapter for Postfix.  PEER_POSTFIX: prefix with sbin/, libexec/ and etc/
# (etc/ holds main.cf and master.cf as installed; they are copied at run time).
set -eu
P=${PEER_POSTFIX:?}
S=${BENCH_STATE:?}
C=$S/etc
host=${BENCH_LISTEN%:*}; port=${BENCH_LISTEN##*:}
case $1 in
setup)
    mkdir -p "$C" "$S/spool" "$S/data" "$S/log"
    cp "$P"/etc/* "$C"/ 2>/dev/null || true
    chown "${BENCH_POSTFIX_USER:-postfix}" "$S/data"
    pc() { "$P/sbin/postconf" -c "$C" "$@"; }
    # the least that it takes to run here
    pc -e queue_directory="$S/spool" data_directory="$S/data" \
	command_directory="$P/sbin" daemon_directory="$P/libexec" \
	meta_directory="$C" compatibility_level=3.11 \
	inet_interfaces="$host" inet_protocols=ipv4 \
	myhostname=postfix.bench.example mydomain=bench.example \
	mynetworks=127.0.0.0/8 mydestination= \
	relayhost="[${BENCH_NEXTHOP%:*}]:${BENCH_NEXTHOP##*:}" \
	maillog_file="$S/log/maillog" maillog_file_prefixes="$S/log" \
	alias_maps= alias_database= message_size_limit=52428800 mailbox_size_limit=0 \
	smtp_fallback_relay=
    # "lean" is "tuned" with fewer delivery processes, for few cores
    conc=100; [ "${BENCH_PROFILE:-tuned}" = lean ] && conc=10
    if [ "${BENCH_PROFILE:-tuned}" != default ]; then
	pc -e default_process_limit="${BENCH_PROCLIMIT:-300}" in_flow_delay=0 \
	    smtpd_client_connection_count_limit=0 \
	    smtpd_client_event_limit_exceptions=static:all \
	    smtpd_peername_lookup=no smtp_host_lookup=native \
	    qmgr_message_active_limit=50000 qmgr_message_recipient_limit=50000 \
	    initial_destination_concurrency=$((conc / 5)) default_destination_concurrency_limit=$conc \
	    smtp_connection_cache_on_demand=yes smtp_connection_reuse_count_limit=0 \
	    smtpd_relay_restrictions=permit_mynetworks,reject smtpd_recipient_restrictions= \
	    max_use=10000 address_verify_map= local_header_rewrite_clients= \
	    minimal_backoff_time=300s
    fi
    if [ -n "${BENCH_TLS_CERT:-}" ]; then
	pc -e smtpd_tls_security_level=may smtpd_tls_cert_file="$BENCH_TLS_CERT" \
	    smtpd_tls_key_file="$BENCH_TLS_KEY"
    fi
    if [ -n "${BENCH_LOCAL_DOMAIN:-}" ]; then
	pc -e mydestination="$BENCH_LOCAL_DOMAIN" home_mailbox=Maildir/ \
	    local_recipient_maps= 
	[ "${BENCH_PROFILE:-tuned}" = tuned ] && pc -e local_destination_concurrency_limit=20
    fi
    [ -n "${BENCH_POSTFIX_EXTRA:-}" ] && pc -e $BENCH_POSTFIX_EXTRA
    # move the smtp listener to our port
    pc -M# smtp/inet 2>/dev/null || true
    pc -M "$port/inet=$port inet n - n - - smtpd"
    ;;
start) "$P/sbin/postfix" -c "$C" start >"$S/log/start.out" 2>&1 ;;
stop)
    "$P/sbin/postfix" -c "$C" stop >"$S/log/stop.out" 2>&1 || true
    ;;
sendmail) echo "$P/sbin/sendmail -C $C -i -f bench@client.example" ;;
postmap) echo "$P/sbin/postmap -c $C" ;;
proxyclient) echo "$P/sbin/postmap -c $C -q -" ;;
qlist) echo "$P/sbin/postqueue -c $C -p" ;;
qpids)
    m=$(tr -d ' ' <"$S/spool/pid/master.pid")
    for p in $(cat /proc/$m/task/$m/children); do
	case $(cat /proc/$p/comm) in qmgr|oqmgr) echo "$p" ;; esac
    done
    ;;
qpurge) "$P/sbin/postsuper" -c "$C" -d ALL >/dev/null 2>&1 || true ;;
version) "$P/sbin/postconf" -c "$P/etc" -h mail_version ;;
*) echo "unknown verb $1" >&2; exit 2 ;;
esac
