/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns - questions to the resolver service.
 *
 *	struct dns_answer a;
 *	switch (dns_ask(&dns, "example.com", "MX", &mem, &a)) {
 *	case DNS_FOUND: for (i = 0; i < a.n; i++) ... a.records[i].value ...
 *
 * Times out after dns_timeout with DNS_LATER: an absent or silent resolver is
 * a temporary error, never "not found".  Answers live in mem.  A struct dns is
 * for one thread; it keeps its connection.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "lib/base/mem.h"
#include "lib/net/addr.h"

struct ipc;
struct dns {
	struct ipc *ipc;
	const char *service; /* "private/resolver" */
	long timeout;	     /* seconds */
	long tag;
};
/* clang-format off */
#define DNS(service_, timeout_) { .service = (service_), .timeout = (timeout_) }
/* clang-format on */

enum dns_status {
	DNS_FOUND,
	DNS_NO_NAME, /* NXDOMAIN */
	DNS_NO_DATA, /* the name exists, records of this type do not */
	DNS_LATER,   /* SERVFAIL, time-out, bogus, no resolver */
	DNS_REFUSED, /* the question cannot be asked: not a domain name */
};
struct dns_record {
	long preference, port, weight;
	const char *value;
};
struct dns_answer {
	enum dns_status status;
	bool secure;
	long ttl;
	const char *canonical;
	const char *
	    text; /* for people: "Host or domain name not found. Name service error for name=x type=MX: Host not found" */
	size_t n;
	struct dns_record *records; /* MX sorted by preference; equal ones shuffled by the caller */
};
enum dns_status dns_ask(struct dns *, const char *name, const char *type, struct arena *, struct dns_answer *out);
void dns_close(struct dns *);

/* A name that may be asked for: labels of 1 to 63 octets, 253 in all, letters digits - _ (RFC 1035, 2181). */
bool dns_name_ok(const char *);

/*
 * The client's name: PTR, and then an A or AAAA record that leads back.
 * name is "unknown" when there is none; reverse is the PTR name, verified or
 * not.  code: 250 verified, 450 could not be found out, 550 there is none.
 */
struct dns_client {
	const char *name, *reverse;
	int code;
};
void dns_client_name(struct dns *, const struct addr *, struct arena *, struct dns_client *out);

#endif
