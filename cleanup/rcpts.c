/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup/rcpts.h"

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/mail/address.h"

#include <stdlib.h>
#include <string.h>

enum { OPTION_MAX = 2 * ADDRESS_MAX };

bool
text_is_line(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	return true;
}

static bool
option_ok(const char *s, size_t most)
{
	return strlen(s) <= most && text_is_line(s);
}

const char *
envelope_address(const struct conf *cf, const char *address, struct arena *mem)
{
	if (strlen(address) > ADDRESS_MAX || !text_is_line(address))
		return NULL;
	return route_complete(cf, address, cf->myorigin, mem);
}

/* What makes two recipients one. */
static const char *
key_of(const struct recipient *r, const struct conf *cf, struct arena *mem)
{
	return arena_fmt(
	    mem, "%s\n%s\n%s\n%s", r->address, r->orcpt, r->notify, cf->enable_original_recipient ? r->original : "");
}

/* False: it is known. */
static bool
remember(struct rcpts *r, const struct conf *cf, const struct recipient *one)
{
	struct arena mem = ARENA(65536);
	const char *key = key_of(one, cf, &mem);
	bool fresh = !arena_ok(&mem) || hash_get(&r->known, key) == NULL;

	if (fresh && arena_ok(&mem) && (long)r->known.n < cf->duplicate_filter_limit)
		hash_put(&r->known, key, r);
	arena_free(&mem);
	return fresh;
}

static void
forget(struct rcpts *r, const struct conf *cf, const struct recipient *one)
{
	struct arena mem = ARENA(65536);

	hash_remove(&r->known, key_of(one, cf, &mem));
	arena_free(&mem);
}

enum fate
rcpts_put(
    struct rcpts *r, const struct conf *cf, const struct recipient *one, const struct arena *mem, struct verdict *why)
{
	if (!arena_ok(mem) || r->n >= QFILE_RCPTS_MAX)
		return verdict_code(why, 452, "4.5.3", "Error: too many recipients");
	if (!remember(r, cf, one))
		return FATE_OK;
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 8;
		r->list = mem_grow(r->list, r->cap, sizeof(*r->list));
	}
	r->list[r->n++] = *one;
	return FATE_OK;
}

enum fate
rcpts_add(
    struct rcpts *r, const struct conf *cf, const struct cleanup_rcpt *from, struct arena *mem, struct verdict *why)
{
	struct recipient one = { .orcpt = from->orcpt, .notify = from->notify, .transport = "", .nexthop = "" };
	const char *given = from->address[0] != '\0' ? from->address : cf->empty_address_recipient;

	if ((one.address = envelope_address(cf, given, mem)) == NULL)
		return verdict_code(why, 501, "5.1.3", "Error: bad recipient address syntax");
	one.original = from->original[0] != '\0' ? from->original : from->address;
	if (!option_ok(one.original, ADDRESS_MAX) || !option_ok(one.orcpt, OPTION_MAX) ||
	    !option_ok(one.notify, OPTION_MAX))
		return verdict_code(why, 501, "5.5.4", "Error: bad recipient options");
	return rcpts_put(r, cf, &one, mem, why);
}

size_t
rcpts_remove(struct rcpts *r, const struct conf *cf, const char *address, struct arena *mem)
{
	const char *full = envelope_address(cf, address, mem);
	size_t kept = 0, before = r->n;

	if (full == NULL)
		return 0;
	for (size_t i = 0; i < before; i++) {
		struct recipient *one = &r->list[i];

		if (text_same(one->address, full) || text_same(one->original, address))
			forget(r, cf, one);
		else
			r->list[kept++] = *one;
	}
	r->n = kept;
	return before - kept;
}

void
rcpts_clear(struct rcpts *r)
{
	r->n = 0;
	hash_free(&r->known, NULL);
	r->known = (struct hash)HASH(true);
}

void
rcpts_route(struct rcpts *r, struct routes *routes, const struct route_query *from, struct arena *mem)
{
	struct arena scratch = ARENA(1 << 20);
	struct verdict why = VERDICT(&scratch);
	struct route_query q = *from;
	struct route to;

	for (size_t i = 0; i < r->n; i++) {
		struct recipient *one = &r->list[i];

		q.address = one->address;
		if (route_resolve(routes, &q, mem, &to, &why) == FATE_OK) {
			one->transport = to.transport;
			one->nexthop = to.nexthop;
			one->address = to.address;
		} else if (why.fate == FATE_LATER) {
			log_warn("cannot route %s now: %s", one->address, why.text);
		}
		arena_reset(&scratch);
	}
	arena_free(&scratch);
}

void
rcpts_fail(struct rcpts *r, const struct conf *cf, const char *text)
{
	for (size_t i = 0; i < r->n; i++) {
		r->list[i].transport = cf->error_service_name;
		r->list[i].nexthop = text;
	}
}

void
rcpts_free(struct rcpts *r)
{
	rcpts_clear(r);
	free(r->list);
	r->list = NULL;
	r->cap = 0;
}
