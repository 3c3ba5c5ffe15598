#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Adapter for Exim.  PEER_EXIM: prefix that has usr/sbin/exim4.
# Exim drops root for a config file that is not in its list of trusted ones:
# PEER_EXIM_TRUSTED names that list (Debian: /etc/exim4/trusted_configs).
set -eu
X=${PEER_EXIM:?}/usr/sbin/exim4
S=${BENCH_STATE:?}
T=${PEER_EXIM_TRUSTED:-/etc/exim4/trusted_configs}
U=${BENCH_EXIM_USER:-Debian-exim}
host=${BENCH_LISTEN%:*}; port=${BENCH_LISTEN##*:}
conf=$S/exim.conf
case $1 in
setup)
    mkdir -p "$S/spool" "$S/log"
    chown "$U" "$S/spool" "$S/log"
    mkdir -p "${T%/*}"
    grep -qxF "$conf" "$T" 2>/dev/null || echo "$conf" >>"$T"
    {
	cat <<EOF
primary_hostname = exim.bench.example
exim_path = $X
spool_directory = $S/spool
log_file_path = $S/log/%slog
pid_file_path = $S/exim.pid
daemon_smtp_ports = $port
local_interfaces = $host
never_users =
trusted_users = root
acl_smtp_rcpt = acl_ok
acl_smtp_data = acl_ok
domainlist local_domains = ${BENCH_LOCAL_DOMAIN:-}
message_size_limit = 50M
EOF
	if [ "${BENCH_PROFILE:-tuned}" = tuned ]; then
	    cat <<EOF
smtp_accept_max = 3000
smtp_accept_max_per_host = 0
smtp_accept_max_nonmail = -1
smtp_accept_queue_per_connection = 0
smtp_connect_backlog = 1000
smtp_enforce_sync = false
host_lookup =
rfc1413_query_timeout = 0s
split_spool_directory = true
message_logs = false
queue_run_max = 20
remote_max_parallel = 20
check_spool_space = 0
check_spool_inodes = 0
check_log_space = 0
check_log_inodes = 0
prdr_enable = false
smtp_return_error_details = false
recipients_max = 50000
acl_smtp_dkim =
dkim_verify_signers =
EOF
	fi
	if [ -n "${BENCH_TLS_CERT:-}" ]; then
	    cp "$BENCH_TLS_CERT" "$S/cert.pem"; cp "$BENCH_TLS_KEY" "$S/key.pem"
	    chown "$U" "$S/key.pem"
	    echo "tls_advertise_hosts = *"
	    echo "tls_certificate = $S/cert.pem"
	    echo "tls_privatekey = $S/key.pem"
	else
	    echo "tls_advertise_hosts ="
	fi
	cat <<EOF
begin acl
acl_ok:
  accept
begin routers
EOF
	if [ -n "${BENCH_LOCAL_DOMAIN:-}" ]; then
	    cat <<EOF
localuser:
  driver = accept
  domains = +local_domains
  check_local_user
  transport = local_maildir
EOF
	fi
	cat <<EOF
relay:
  driver = manualroute
  domains = ! +local_domains
  transport = remote_smtp
  route_list = * ${BENCH_NEXTHOP%:*}::${BENCH_NEXTHOP##*:} byname
  self = send
  no_more
begin transports
remote_smtp:
  driver = smtp
  hosts_avoid_tls = *
EOF
	[ "${BENCH_PROFILE:-tuned}" = tuned ] && cat <<EOF
  max_rcpt = 1000
  hosts_try_dane =
  hosts_require_dane =
EOF
	if [ -n "${BENCH_LOCAL_DOMAIN:-}" ]; then
	    cat <<EOF
local_maildir:
  driver = appendfile
  directory = \$home/Maildir
  maildir_format
  delivery_date_add
  envelope_to_add
  return_path_add
EOF
	fi
	cat <<EOF
begin retry
*  *  F,2h,15m; G,16h,1h,1.5; F,4d,6h
EOF
    } >"$conf"
    chmod 644 "$conf"
    ;;
start) "$X" -C "$conf" -bd -q30m </dev/null >"$S/log/start.out" 2>&1 ;;
stop)
    if [ -s "$S/exim.pid" ]; then
	p=$(cat "$S/exim.pid"); kill "$p" 2>/dev/null || true
	for _ in $(seq 50); do kill -0 "$p" 2>/dev/null || break; sleep .1; done
    fi
    ;;
sendmail) echo "$X -C $conf -i -f bench@client.example" ;;
qlist) echo "$X -C $conf -bp" ;;
qpids) cat "$S/exim.pid" ;;
qpurge) rm -rf "$S/spool/input" "$S/spool/msglog" "$S/spool/db" ;;
version) "$X" -C /dev/null -bV 2>/dev/null | head -1 ;;
*) echo "unknown verb $1" >&2; exit 2 ;;
esac
