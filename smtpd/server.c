/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/server.h"

#include "lib/access/restrict.h"
#include "lib/access/unavailable.h"
#include "lib/base/text.h"
#include "lib/mail/route.h"
#include "smtpd/cleanup_pool.h"
#include "smtpd/greeting.h"
#include "smtpd/words.h"

#include <stdio.h>
#include <stdlib.h>

enum { SOCKET_NAME = 100 };

bool
server_bare(const char *text, enum bare *out)
{
	static const struct {
		const char *word;
		enum bare bare;
	} words[] = { { "no", BARE_NO }, { "note", BARE_NOTE }, { "normalize", BARE_NORMALIZE },
		{ "yes", BARE_NORMALIZE }, { "reject", BARE_REJECT } };

	for (size_t i = 0; i < NITEMS(words); i++)
		if (text_same(words[i].word, text)) {
			*out = words[i].bare;
			return true;
		}
	return false;
}

/* What the dialogue itself needs, alone or not. */
static bool
open_dialogue(struct server *s, const struct table_env *env, struct buf *err)
{
	const struct conf *cf = s->cf;

	if (!server_bare(cf->smtpd_forbid_bare_newline, &s->bare)) {
		buf_fmt(err, "smtpd_forbid_bare_newline = %.100s: wanted is reject, normalize, note or no",
		    cf->smtpd_forbid_bare_newline);
		return false;
	}
	s->ehlo_discard = greeting_keywords(cf->smtpd_discard_ehlo_keywords);
	s->noop = words_open("smtpd_noop_commands", cf->smtpd_noop_commands, env, err);
	s->forbidden = words_open("smtpd_forbidden_commands", cf->smtpd_forbidden_commands, env, err);
	return s->noop != NULL && s->forbidden != NULL;
}

static bool
open_policy(struct server *s, const struct table_env *env, struct buf *err)
{
	const struct conf *cf = s->cf;
	struct buf why = BUF(1024);

	s->mynetworks = match_list_open_clients("mynetworks", cf->mynetworks, env, err);
	if (s->mynetworks != NULL)
		s->bare_newline_exclusions = match_list_open_clients(
		    "smtpd_forbid_bare_newline_exclusions", cf->smtpd_forbid_bare_newline_exclusions, env, err);
	if (s->bare_newline_exclusions == NULL)
		return false;
	s->ehlo_discard_maps =
	    table_list_open(cf->smtpd_discard_ehlo_keyword_address_maps, TABLE_FOLD | TABLE_REGEXP_OK, env, &why);
	if (s->ehlo_discard_maps == NULL)
		buf_fmt(err, "smtpd_discard_ehlo_keyword_address_maps: %s", buf_str(&why));
	buf_free(&why);
	return s->ehlo_discard_maps != NULL &&
	    addr_own(cf->inet_interfaces, cf->proxy_interfaces, cf->inet_protocols, &s->own, err) &&
	    (s->routes = routes_open(cf, env, err)) != NULL && (s->restrictions = restrict_open(cf, env, err)) != NULL;
}

struct server *
server_open(const struct conf *cf, struct buf *err)
{
	char *proxymap = table_proxymap(cf);
	const struct table_env env = { .cf = cf, .proxymap = proxymap };
	struct server *s = mem_zero(1, sizeof(*s));
	char socket[SOCKET_NAME];
	bool ok;

	s->cf = cf;
	s->must_encrypt = unavailable_encryption(cf);
	ok = unavailable_check(cf, err) && open_dialogue(s, &env, err) && open_policy(s, &env, err);
	free(proxymap);
	if (!ok) {
		server_free(&s);
		return NULL;
	}
	snprintf(socket, sizeof(socket), "public/%s", cf->cleanup_service_name);
	s->pool = cleanup_pool_new(socket, cf->ipc_timeout);
	return s;
}

struct server *
server_open_alone(const struct conf *cf, struct buf *err)
{
	const struct table_env env = { .cf = cf };
	struct server *s = mem_zero(1, sizeof(*s));

	s->cf = cf;
	if (!open_dialogue(s, &env, err))
		server_free(&s);
	return s;
}

bool
server_changed(struct server *s)
{
	return match_list_changed(s->mynetworks) || match_list_changed(s->bare_newline_exclusions) ||
	    routes_changed(s->routes) || restrict_changed(s->restrictions) || table_list_changed(s->ehlo_discard_maps);
}

void
server_free(struct server **sp)
{
	struct server *s = *sp;

	if (s == NULL)
		return;
	cleanup_pool_free(&s->pool);
	restrict_free(&s->restrictions);
	routes_free(&s->routes);
	addr_set_free(&s->own);
	match_list_free(&s->mynetworks);
	match_list_free(&s->bare_newline_exclusions);
	table_list_free(&s->ehlo_discard_maps);
	words_free(&s->noop);
	words_free(&s->forbidden);
	free(s);
	*sp = NULL;
}
