/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/dns.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/ipc/resolver.h"

#include <stdlib.h>
#include <string.h>

/* More records than a DNS message can hold are not an answer. */
enum { RECORDS_MAX = 8192, PTR_TRIES = 3 };

void
dns_close(struct dns *d)
{
	ipc_free(&d->ipc);
}

static bool
dns_connect(struct dns *d, struct arena *mem, const char **problem)
{
	struct verdict why = VERDICT(mem);

	if (d->ipc == NULL && (d->ipc = ipc_connect(d->service, &resolver_protocol, d->timeout, &why)) == NULL)
		*problem = why.text;
	return d->ipc != NULL;
}

/* The records that follow an answer. */
static bool
read_records(struct dns *d, struct arena *mem, long count, struct dns_answer *out)
{
	struct resolver_record r;

	if (count < 0 || count > RECORDS_MAX) {
		ipc_fail(d->ipc, "%ld records", count);
		return false;
	}
	if ((out->records = arena_alloc(mem, (size_t)count * sizeof(*out->records))) == NULL) {
		ipc_fail(d->ipc, "%ld records are too many", count);
		return false;
	}
	for (; count > 0; count--) {
		if (!resolver_record_read(d->ipc, mem, &r))
			return false;
		out->records[out->n++] = (struct dns_record){ r.preference, r.port, r.weight, r.value };
	}
	return true;
}

/* Ask and read, on the connection that there is.  Answers to questions that were given up are skipped. */
static bool
dns_exchange(struct dns *d, const char *name, const char *type, struct arena *mem, struct resolver_answer *answer,
    struct dns_answer *out)
{
	d->tag++;
	/* One deadline for all messages of the answer. */
	ipc_timeout(d->ipc, 0);
	conn_deadline(ipc_conn(d->ipc), d->timeout);
	resolver_ask_send(d->ipc, &(struct resolver_ask){ .tag = d->tag, .name = name, .type = type });
	do {
		out->n = 0;
		if (!resolver_answer_read(d->ipc, mem, answer) || !read_records(d, mem, answer->count, out))
			return false;
	} while (answer->tag != d->tag);
	return true;
}

static int
by_preference(const void *a, const void *b)
{
	long x = ((const struct dns_record *)a)->preference, y = ((const struct dns_record *)b)->preference;

	return (x > y) - (x < y);
}

static enum dns_status
finish(struct dns_answer *out, enum dns_status status, const char *name, const char *type, const char *detail,
    struct arena *mem)
{
	static const char *const words[] = {
		[DNS_FOUND] = "",
		[DNS_NO_NAME] = "Host not found",
		[DNS_NO_DATA] = "Host found but no data record of requested type",
		[DNS_LATER] = "Host not found, try again",
		[DNS_REFUSED] = "Invalid host or domain name",
	};
	bool more = detail != NULL && *detail != '\0';

	out->status = status;
	if (status != DNS_FOUND) {
		out->n = 0;
		out->text =
		    arena_fmt(mem, "Host or domain name not found. Name service error for name=%s type=%s: %s%s%s%s",
			name, type, words[status], more ? " (" : "", more ? detail : "", more ? ")" : "");
	}
	return status;
}

/* A kept connection may have been closed by the other side meanwhile; a fresh one that fails is an answer. */
static bool
dns_exchange_again(struct dns *d, const char *name, const char *type, struct arena *mem, struct resolver_answer *answer,
    struct dns_answer *out, const char **problem)
{
	for (bool kept = d->ipc != NULL;; kept = false) {
		if (!dns_connect(d, mem, problem))
			return false;
		if (dns_exchange(d, name, type, mem, answer, out))
			return true;
		*problem = arena_str(mem, ipc_why(d->ipc));
		kept = kept && conn_error(ipc_conn(d->ipc)) == CONN_EOF;
		dns_close(d);
		if (!kept)
			return false;
	}
}

enum dns_status
dns_ask(struct dns *d, const char *name, const char *type, struct arena *mem, struct dns_answer *out)
{
	struct resolver_answer answer;
	const char *problem = NULL;

	*out = (struct dns_answer){ .canonical = "", .text = "" };
	if (!dns_name_ok(name))
		return finish(out, DNS_REFUSED, name, type, NULL, mem);
	if (!dns_exchange_again(d, name, type, mem, &answer, out, &problem))
		return finish(out, DNS_LATER, name, type, problem, mem);
	if (!arena_ok(mem))
		return finish(out, DNS_LATER, name, type, "answer is too large", mem);
	out->secure = answer.secure;
	out->ttl = answer.ttl;
	out->canonical = answer.canonical;
	if (answer.bogus || (answer.rcode != 0 && answer.rcode != 3))
		return finish(out, DNS_LATER, name, type, answer.text, mem);
	if (answer.rcode == 3)
		return finish(out, DNS_NO_NAME, name, type, NULL, mem);
	if (out->n == 0)
		return finish(out, DNS_NO_DATA, name, type, NULL, mem);
	qsort(out->records, out->n, sizeof(*out->records), by_preference);
	return finish(out, DNS_FOUND, name, type, NULL, mem);
}

/* Does the name lead back to the address?  DNS_NO_DATA: it has others. */
static enum dns_status
leads_back(struct dns *d, const char *name, const struct addr *a, struct arena *mem)
{
	struct dns_answer answer;
	struct addr other;
	enum dns_status status = dns_ask(d, name, a->sa.sa_family == AF_INET6 ? "AAAA" : "A", mem, &answer);

	for (size_t i = 0; i < answer.n; i++)
		if (addr_parse(&other, answer.records[i].value, 0) && addr_same_host(&other, a))
			return DNS_FOUND;
	return status == DNS_FOUND ? DNS_NO_DATA : status;
}

/* A name that is a number would look like an address in logs and tables. */
static bool
usable(const char *name)
{
	struct addr a;

	return dns_name_ok(name) && !addr_parse(&a, name, 0);
}

void
dns_client_name(struct dns *d, const struct addr *a, struct arena *mem, struct dns_client *out)
{
	struct buf question = BUF(128);
	struct dns_answer ptr;
	enum dns_status status;
	char text[ADDR_TEXT];

	*out = (struct dns_client){ "unknown", "unknown", 550 };
	addr_reverse_name(a, &question);
	if (question.len > 0) {
		status = dns_ask(d, buf_str(&question), "PTR", mem, &ptr);
		out->code = status == DNS_LATER ? 450 : 550;
		for (size_t i = 0; i < ptr.n && i < PTR_TRIES && out->code != 250; i++) {
			const char *name = ptr.records[i].value;

			if (!usable(name))
				continue;
			if (strcmp(out->reverse, "unknown") == 0)
				out->reverse = name;
			status = leads_back(d, name, a, mem);
			if (status == DNS_FOUND)
				*out = (struct dns_client){ name, name, 250 };
			else if (status == DNS_LATER)
				out->code = 450;
			else
				log_warn("hostname %s does not resolve to address %s", name, addr_host(a, text));
		}
	}
	buf_free(&question);
}
