/* SPDX-License-Identifier: Apache-2.0 */
/* Access tables: what their values mean; access(5). */
#include "lib/access/restrict_inside.h"
#include "lib/base/log.h"
#include "lib/base/text.h"

#include <string.h>

/* The text of a refusal: an enhanced status code may stand before it. */
static enum opinion
refuse_with(struct judging *j, long code, const char *dsn, struct subject s, const char *text)
{
	char own[12];

	if (dsn_parse(text, own)) {
		text += strlen(own);
		dsn = own;
	}
	text += strspn(text, " \t");
	return judge_refuse(j, code, dsn, s, "%s", text[0] != '\0' ? text : "Access denied");
}

/* The same for a refusal that waits. */
static enum opinion
put_off_with(struct judging *j, bool if_permit, long code, struct subject s, const char *text)
{
	const char *dsn = "4.7.1";
	char own[12];

	if (dsn_parse(text, own)) {
		text += strlen(own);
		dsn = own;
	}
	text += strspn(text, " \t");
	if (text[0] == '\0')
		text = "Access denied";
	return if_permit ? judge_defer_if_permit(j, code, dsn, s, text) : judge_defer_if_reject(j, code, dsn, s, text);
}

static bool
wished_before(const struct edits *all, enum wish wish, const char *text)
{
	for (const struct edit *e = all->first; e != NULL; e = e->next)
		if (e->wish == wish && strcmp(e->text, text) == 0)
			return true;
	return false;
}

/* For cleanup, at the end of the message; a rule that fits several recipients is obeyed once. */
static enum opinion
note_wish(struct judging *j, enum wish wish, const char *text)
{
	struct edits *all = j->c->edits;
	struct arena *mem = j->c->edits_mem;
	struct edit *e;

	if (j->c->trial)
		return OPINION_NONE;
	if (j->about.sender == NULL) {
		log_warn("access table: there is no message yet for what is wanted at %s", j->about.command);
		return OPINION_NONE;
	}
	if (wished_before(all, wish, text))
		return OPINION_NONE;
	if (all->n >= EDITS_MAX || (e = arena_alloc(mem, sizeof(*e))) == NULL)
		return judge_misconfigured(j, "access table: too many actions for one message");
	*e = (struct edit){ wish, arena_str(mem, text), NULL };
	if (!arena_ok(mem))
		return judge_misconfigured(j, "access table: the actions for one message are too long");
	*(all->last != NULL ? &all->last->next : &all->first) = e;
	all->last = e;
	all->n++;
	return OPINION_NONE;
}

static void
log_action(struct judging *j, const char *event, struct subject s, const char *text)
{
	judge_log(j, event, arena_fmt(j->mem, "<%s>: %s %s", s.name, judge_kinds[s.kind], text));
}

struct value {
	const char *word, *rest; /* "REJECT", "5.7.1 go away" */
	const char *table;	 /* for trouble */
};

static enum opinion
wish_without_argument(struct judging *j, enum wish wish, const char *event, struct subject s, const struct value *v)
{
	const char *text = v->rest[0] != '\0' ? v->rest : arena_fmt(j->mem, "triggers %s action", v->word);

	log_action(j, event, s, text);
	return note_wish(j, wish, text);
}

static enum opinion
act_hold(struct judging *j, struct subject s, const struct value *v)
{
	return wish_without_argument(j, WISH_HOLD, "hold", s, v);
}

static enum opinion
act_discard(struct judging *j, struct subject s, const struct value *v)
{
	enum opinion o = wish_without_argument(j, WISH_DISCARD, "discard", s, v);

	return o == OPINION_NONE ? OPINION_PERMIT : o;
}

static enum opinion
wish_with_argument(
    struct judging *j, enum wish wish, const char *event, char needed, struct subject s, const struct value *v)
{
	if (strchr(v->rest, needed) == NULL)
		return judge_misconfigured(
		    j, "access table %s: %s needs an argument with \"%c\" in it", v->table, v->word, needed);
	log_action(j, event, s, arena_fmt(j->mem, "triggers %s %s", v->word, v->rest));
	return note_wish(j, wish, v->rest);
}

static enum opinion
act_filter(struct judging *j, struct subject s, const struct value *v)
{
	return wish_with_argument(j, WISH_FILTER, "filter", ':', s, v);
}

static enum opinion
act_redirect(struct judging *j, struct subject s, const struct value *v)
{
	return wish_with_argument(j, WISH_REDIRECT, "redirect", '@', s, v);
}

static enum opinion
act_bcc(struct judging *j, struct subject s, const struct value *v)
{
	return wish_with_argument(j, WISH_BCC, "bcc", '@', s, v);
}

static enum opinion
act_prepend(struct judging *j, struct subject s, const struct value *v)
{
	const char *colon = strchr(v->rest, ':');

	(void)s;
	if (colon == NULL || colon == v->rest || strcspn(v->rest, " \t") < (size_t)(colon - v->rest))
		return judge_misconfigured(j, "access table %s: PREPEND needs a header, \"Name: text\"", v->table);
	return note_wish(j, WISH_PREPEND, v->rest);
}

static enum opinion
act_warn(struct judging *j, struct subject s, const struct value *v)
{
	(void)s;
	judge_log(j, "warn", v->rest[0] != '\0' ? v->rest : "triggers WARN action");
	return OPINION_NONE;
}

static enum opinion
act_info(struct judging *j, struct subject s, const struct value *v)
{
	(void)s;
	judge_log(j, "info", v->rest[0] != '\0' ? v->rest : "triggers INFO action");
	return OPINION_NONE;
}

static enum opinion
act_ok(struct judging *j, struct subject s, const struct value *v)
{
	(void)j, (void)s, (void)v;
	return OPINION_PERMIT;
}

static enum opinion
act_dunno(struct judging *j, struct subject s, const struct value *v)
{
	(void)j, (void)s, (void)v;
	return OPINION_NONE;
}

static enum opinion
act_reject(struct judging *j, struct subject s, const struct value *v)
{
	return refuse_with(j, j->c->cf->access_map_reject_code, "5.7.1", s, v->rest);
}

static enum opinion
act_defer(struct judging *j, struct subject s, const struct value *v)
{
	return refuse_with(j, j->c->cf->access_map_defer_code, "4.7.1", s, v->rest);
}

static enum opinion
act_defer_if_permit(struct judging *j, struct subject s, const struct value *v)
{
	return put_off_with(j, true, j->c->cf->access_map_defer_code, s, v->rest);
}

static enum opinion
act_defer_if_reject(struct judging *j, struct subject s, const struct value *v)
{
	return put_off_with(j, false, j->c->cf->access_map_defer_code, s, v->rest);
}

static const struct action {
	const char *word;
	enum opinion (*act)(struct judging *, struct subject, const struct value *);
} actions[] = {
	{ "OK", act_ok },
	{ "REJECT", act_reject },
	{ "DUNNO", act_dunno },
	{ "DEFER", act_defer },
	{ "DEFER_IF_PERMIT", act_defer_if_permit },
	{ "DEFER_IF_REJECT", act_defer_if_reject },
	{ "HOLD", act_hold },
	{ "DISCARD", act_discard },
	{ "FILTER", act_filter },
	{ "REDIRECT", act_redirect },
	{ "BCC", act_bcc },
	{ "PREPEND", act_prepend },
	{ "WARN", act_warn },
	{ "INFO", act_info },
};

/* Neither an action nor a number: restrictions, which may name classes. */
static enum opinion
act_restrictions(struct judging *j, const char *value, const char *table)
{
	const char *why;
	const struct program *p = restrict_parse(j->set, value, j->mem, &why);

	if (p == NULL)
		return judge_misconfigured(j, "access table %s: %s", table, why);
	return judge_program(j, p);
}

/* "550 text"; 0: it does not begin with a code of refusal. */
static long
reply_code(const char *word)
{
	long code;

	return strlen(word) == 3 && text_number(word, 400, 599, &code) ? code : 0;
}

enum opinion
judge_value(struct judging *j, struct subject s, const char *text, const char *table)
{
	char *cursor = arena_str(j->mem, text);
	struct value v = { .word = text_word(&cursor, " \t"), .table = table };
	long code;

	if (v.word == NULL) {
		if (!j->c->trial)
			log_warn("access table %s: an empty value; a table should rather have no entry", table);
		return judge_refuse(j, 451, "4.3.5", s, "Server configuration error");
	}
	v.rest = text_trim(cursor);
	if (strspn(text, "0123456789") == strlen(text))
		return OPINION_PERMIT; /* as left behind by pop-before-smtp */
	if ((code = reply_code(v.word)) != 0)
		return refuse_with(j, code, code < 500 ? "4.7.1" : "5.7.1", s, v.rest);
	for (size_t i = 0; i < NITEMS(actions); i++)
		if (text_same(actions[i].word, v.word))
			return actions[i].act(j, s, &v);
	return act_restrictions(j, text, table);
}
