/* SPDX-License-Identifier: Apache-2.0 */
#include "agents/local/plan.h"

#include "agents/local/destinations.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/mail/address.h"

#include <stdio.h>
#include <string.h>

struct walk {
	struct local *l;
	struct plan *plan;
	struct verdict *why;
	const char *chain[PLAN_DEEP]; /* the aliases that we are in, to notice a loop */
	size_t deep;
};

static enum fate follow(struct walk *, const char *local, bool forwards_too);

static enum fate
add_step(struct walk *w, enum step_kind kind, const char *user, const char *argument, const char *extension)
{
	struct plan *p = w->plan;
	struct step *more;

	for (size_t i = 0; i < p->n; i++)
		if (p->steps[i].kind == kind && strcmp(p->steps[i].user, user) == 0 &&
		    strcmp(p->steps[i].argument, argument) == 0)
			return FATE_OK;
	if (p->n >= PLAN_MAX)
		return never(w->why, "5.4.6", "more than %d destinations", PLAN_MAX);
	if ((p->n & (p->n - 1)) == 0) {
		if ((more = arena_alloc(p->mem, (p->n ? p->n * 2 : 4) * sizeof(*more))) == NULL)
			return never(w->why, "5.4.6", "destinations need too much memory");
		if (p->n > 0)
			memcpy(more, p->steps, p->n * sizeof(*more));
		p->steps = more;
	}
	p->steps[p->n++] = (struct step){ kind, user, argument, extension, NULL };
	return FATE_OK;
}

/* A local address is followed further, any other one is forwarded. */
static enum fate
to_address(struct walk *w, const char *given, bool forwards_too)
{
	const struct conf *cf = w->l->cf;
	const char *address = route_complete(cf, given, cf->myorigin, w->plan->mem), *local, *domain;
	enum route_class class_;
	enum fate fate;

	address_split(address, w->plan->mem, &local, &domain);
	if (domain == NULL)
		domain = cf->myhostname;
	if ((fate = route_class_of(w->l->routes, domain, w->plan->mem, &class_, w->why)) != FATE_OK)
		return fate;
	if (class_ == ROUTE_LOCAL)
		return follow(w, local, forwards_too);
	return add_step(w, STEP_FORWARD, "", address, "");
}

static bool
allowed(const char *list, const char *where)
{
	char words[256], *cursor = words, *word;

	snprintf(words, sizeof(words), "%s", list);
	while ((word = text_word(&cursor, TEXT_LIST)) != NULL)
		if (text_same(word, where))
			return true;
	return false;
}

/* where: "alias" or "forward"; user: with whose rights commands run. */
static enum fate
to_destination(struct walk *w, const struct destination *d, const char *where, const char *user, const char *extension)
{
	const struct conf *cf = w->l->cf;

	switch (d->kind) {
	case TO_ADDRESS:
		return to_address(w, d->text, true);
	case TO_MAILBOX:
		return add_step(w, STEP_MAILBOX, d->text, cf->home_mailbox, "");
	case TO_COMMAND:
		if (!allowed(cf->allow_mail_to_commands, where))
			return never(w->why, "5.7.1", "mail to command is restricted");
		return add_step(w, STEP_COMMAND, user, d->text, extension);
	case TO_FILE:
		return later(w->why, "4.3.5", "delivery to the file %s is not available here", d->text);
	case TO_INCLUDE:
		return later(w->why, "4.3.5", ":include:%s is not available here", d->text);
	}
	return FATE_OK;
}

static enum fate
to_list(struct walk *w, const char *text, const char *where, const char *user, const char *extension)
{
	struct destination *list = NULL;
	const char *why;
	size_t n = 0;
	enum fate fate = FATE_OK;

	if (!destinations_parse(text, w->plan->mem, &list, &n, &why))
		return later(w->why, "4.3.5", "%s of %s: %s", where, user, why);
	if (n == 0)
		return later(w->why, "4.3.5", "%s of %s has no destination", where, user);
	for (size_t i = 0; i < n && fate == FATE_OK; i++)
		fate = to_destination(w, &list[i], where, user, extension);
	return fate;
}

static enum table_result
find_alias(struct walk *w, const char *name, const char **value)
{
	enum table_result r = table_list_get(w->l->aliases, name, w->plan->mem, value, w->why);

	if (r == TABLE_ERROR)
		later(w->why, "4.3.0", "alias lookup of %s: %s", name, w->why->text);
	return r;
}

/* owner-list gets the bounces of what is sent to list. */
static enum fate
note_owner(struct walk *w, const char *name)
{
	const char *owner = arena_fmt(w->plan->mem, "owner-%s", name), *value;

	switch (find_alias(w, owner, &value)) {
	case TABLE_ERROR:
		return w->why->fate;
	case TABLE_FOUND:
		w->plan->sender = route_complete(w->l->cf, owner, w->l->cf->myorigin, w->plan->mem);
		break;
	case TABLE_ABSENT:
		break;
	}
	return FATE_OK;
}

static bool
in_chain(const struct walk *w, const char *name)
{
	for (size_t i = 0; i < w->deep; i++)
		if (strcmp(w->chain[i], name) == 0)
			return true;
	return false;
}

static enum fate
to_alias(struct walk *w, const char *name, const char *text)
{
	enum fate fate;

	if (w->deep == PLAN_DEEP)
		return never(w->why, "5.4.6", "possible alias database loop for %s", name);
	if ((fate = note_owner(w, name)) != FATE_OK)
		return fate;
	w->chain[w->deep++] = name;
	fate = to_list(w, text, "alias", w->l->cf->default_privs, "");
	w->deep--;
	return fate;
}

bool
step_is_maildir(const char *mailbox)
{
	size_t n = strlen(mailbox);

	return n > 0 && mailbox[n - 1] == '/';
}

/*
 * forward_path's entries that are for this address, in order, apart by line ends.
 * "$home/.forward${recipient_delimiter}${extension}": only for addresses that have an extension.
 */
static const char *
forward_files(struct walk *w, const char *extension)
{
	struct arena *mem = w->plan->mem;
	char *paths = arena_str(mem, w->l->cf->forward_path), *path;
	const char *files = "", *prefix = "$home/";

	while ((path = text_word(&paths, TEXT_LIST)) != NULL) {
		if (strncmp(path, prefix, strlen(prefix)) != 0)
			continue;
		path += strlen(prefix);
		if (strstr(path, "${") != NULL) {
			if (extension[0] == '\0' || strpbrk(extension, "/\n") != NULL)
				continue;
			path = arena_fmt(mem, "%.*s%c%s", (int)strcspn(path, "$"), path,
			    w->l->cf->recipient_delimiter[0], extension);
		}
		files = arena_fmt(mem, "%s%s%s", files, files[0] != '\0' ? "\n" : "", path);
	}
	return files;
}

/* The first file that is there counts; *text is NULL when there is none. */
static enum fate
find_forward(struct walk *w, const char *user, const char *files, const char **text)
{
	struct stub_result got;

	*text = NULL;
	if (!helpers_ask(w->l->helpers, &(struct stub_act){ .user = user, .action = "read", .argument = files }, -1,
		w->plan->mem, &got, w->why))
		return w->why->fate;
	if (got.code >= 400)
		return verdict_code(
		    w->why, (int)got.code, strlen(got.dsn) < sizeof(w->why->dsn) ? got.dsn : "4.3.0", "%s", got.text);
	if (got.ignored[0] != '\0')
		log_warn("user %s: %s", user, got.ignored);
	if (!got.absent)
		*text = got.content;
	return FATE_OK;
}

static enum fate
to_forward(struct walk *w, const char *user, const char *extension, const char *text)
{
	enum fate fate;

	if (text == NULL || text[strspn(text, " \t\r\n,")] == '\0')
		return add_step(w, STEP_MAILBOX, user, w->l->cf->home_mailbox, extension);
	if (w->deep == PLAN_DEEP)
		return never(w->why, "5.4.6", "possible .forward loop for %s", user);
	w->chain[w->deep++] = arena_fmt(w->plan->mem, "~%s", user);
	fate = to_list(w, text, "forward", user, extension);
	w->deep--;
	return fate;
}

static enum fate
to_user(struct walk *w, const char *user, const char *extension, bool forwards_too)
{
	const char *text = NULL, *files = "", *box = w->l->cf->home_mailbox;
	enum fate fate;

	if (forwards_too && !in_chain(w, arena_fmt(w->plan->mem, "~%s", user)))
		files = forward_files(w, extension);
	if (files[0] != '\0' && w->deep == 0 && step_is_maildir(box)) {
		if ((fate = add_step(w, STEP_MAILBOX, user, box, extension)) == FATE_OK)
			w->plan->steps[0].unless = files;
		return fate;
	}
	if (files[0] != '\0' && (fate = find_forward(w, user, files, &text)) != FATE_OK)
		return fate;
	return to_forward(w, user, extension, text);
}

static enum fate
follow(struct walk *w, const char *local, bool forwards_too)
{
	struct arena *mem = w->plan->mem;
	char *name = arena_str(mem, address_unquote_local(local, mem));
	const char *user, *extension, *value;
	const char *tries[2];

	text_lower(name);
	address_extension(name, w->l->cf->recipient_delimiter, mem, &user, &extension);
	tries[0] = name;
	tries[1] = user;
	for (size_t i = 0; i < NITEMS(tries); i++) {
		if ((i > 0 && extension == NULL) || in_chain(w, tries[i]))
			continue;
		switch (find_alias(w, tries[i], &value)) {
		case TABLE_ERROR:
			return w->why->fate;
		case TABLE_FOUND:
			return to_alias(w, tries[i], value);
		case TABLE_ABSENT:
			break;
		}
	}
	return to_user(w, user, extension != NULL ? extension : "", forwards_too);
}

enum fate
plan_make(struct local *l, struct plan *p, const char *local, struct verdict *why)
{
	struct walk w = { .l = l, .plan = p, .why = why };

	return follow(&w, local, true);
}

enum fate
plan_forward(struct local *l, struct plan *p, const char *text, struct verdict *why)
{
	struct walk w = { .l = l, .plan = p, .why = why };
	struct step only = p->steps[0];

	p->n = 0;
	return to_forward(&w, only.user, only.extension, text);
}
