/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/parameters.h"

#include "lib/base/text.h"
#include "smtpd/smtpd.h"

#include <limits.h>
#include <string.h>

enum { ENVID_MAX = 100 /* RFC 3461 4.4 */, ORCPT_MAX = 500 /* 4.2 */ };

/* One keyword.  The function gets the value (NULL: without "=") and gives NULL or a refusal. */
struct keyword {
	const char *name;
	const char *(*take)(char *value, struct arena *, void *out);
	unsigned needs; /* EHLO_ bits that must be on offer */
};

/* For a value that nobody knows: the option as a whole is not supported. */
#define NO_SUCH_VALUE "*"

static const char *
take_size(char *value, struct arena *mem, void *out)
{
	struct mail_parameters *p = out;

	(void)mem;
	return value != NULL && text_number(value, 0, LONG_MAX, &p->size) ? NULL : "501 5.5.4 Bad message size syntax";
}

static const char *
take_body(char *value, struct arena *mem, void *out)
{
	struct mail_parameters *p = out;

	(void)mem;
	if (value != NULL && text_same(value, "8BITMIME"))
		p->body = "8BITMIME";
	else if (value != NULL && text_same(value, "7BIT"))
		p->body = "7BIT";
	else
		return NO_SUCH_VALUE;
	return NULL;
}

static const char *
take_ret(char *value, struct arena *mem, void *out)
{
	struct mail_parameters *p = out;

	(void)mem;
	if (value != NULL && p->ret[0] == '\0' && text_same(value, "FULL"))
		p->ret = "FULL";
	else if (value != NULL && p->ret[0] == '\0' && text_same(value, "HDRS"))
		p->ret = "HDRS";
	else
		return "501 5.5.4 Bad RET parameter syntax";
	return NULL;
}

/* The text behind xtext, or NULL; what is in a delivery report must be ASCII (RFC 3461 4.4). */
static const char *
decoded(const char *coded, size_t most, struct arena *mem)
{
	struct buf b = BUF(most);
	const char *plain = NULL;

	if (coded[0] != '\0' && strlen(coded) <= most && xtext_get(&b, coded) && text_ascii(buf_str(&b)))
		plain = arena_str(mem, buf_str(&b));
	buf_free(&b);
	return plain;
}

static const char *
take_envid(char *value, struct arena *mem, void *out)
{
	struct mail_parameters *p = out;
	const char *plain;

	if (value == NULL || p->envid[0] != '\0' || (plain = decoded(value, ENVID_MAX, mem)) == NULL)
		return "501 5.5.4 Bad ENVID parameter syntax";
	p->envid = plain;
	return NULL;
}

/* The type is an atom (RFC 3461 4.2). */
static bool
is_type(const char *s)
{
	return s[0] != '\0' && strpbrk(s, "()<>@,:\\\".[] ") == NULL && text_ascii(s);
}

static const char *
take_orcpt(char *value, struct arena *mem, void *out)
{
	static const char bad[] = "501 5.5.4 Error: Bad ORCPT parameter syntax";
	struct rcpt_parameters *p = out;
	const char *plain;
	char *semicolon;

	if (value == NULL || p->orcpt[0] != '\0' || (semicolon = strchr(value, ';')) == NULL)
		return bad;
	*semicolon = '\0';
	if (!is_type(value) || (plain = decoded(semicolon + 1, ORCPT_MAX, mem)) == NULL)
		return bad;
	p->orcpt = arena_fmt(mem, "%s;%s", value, plain);
	return NULL;
}

static const char *
take_notify(char *value, struct arena *mem, void *out)
{
	static const char bad[] = "501 5.5.4 Error: Bad NOTIFY parameter syntax";
	static const char *const names[] = { "NEVER", "SUCCESS", "FAILURE", "DELAY" };
	struct rcpt_parameters *p = out;
	unsigned seen = 0;
	char *word, *next;

	if (value == NULL || p->notify[0] != '\0')
		return bad;
	for (word = value; word != NULL; word = next) {
		size_t i = 0;

		if ((next = strchr(word, ',')) != NULL)
			*next++ = '\0';
		while (i < NITEMS(names) && !text_same(names[i], word))
			i++;
		if (i == NITEMS(names) || seen & 1u << i)
			return bad;
		seen |= 1u << i;
	}
	if (seen & 1 && seen != 1)
		return bad;
	for (size_t i = 0; i < NITEMS(names); i++)
		if (seen & 1u << i)
			p->notify = arena_fmt(mem, "%s%s%s", p->notify, p->notify[0] != '\0' ? "," : "", names[i]);
	return NULL;
}

static const struct keyword mail_keywords[] = {
	{ "SIZE", take_size, 0 },
	{ "BODY", take_body, 0 },
	{ "RET", take_ret, EHLO_DSN },
	{ "ENVID", take_envid, EHLO_DSN },
};
static const struct keyword rcpt_keywords[] = {
	{ "NOTIFY", take_notify, EHLO_DSN },
	{ "ORCPT", take_orcpt, EHLO_DSN },
};

static const char *
take(const struct keyword *k, size_t n, char *word, unsigned discarded, struct arena *mem, void *out)
{
	const char *whole = arena_str(mem, word), *why = NO_SUCH_VALUE;
	char *value = strchr(word, '=');

	if (value != NULL)
		*value++ = '\0';
	for (size_t i = 0; i < n; i++) {
		if (!text_same(k[i].name, word))
			continue;
		if (k[i].needs & discarded)
			return "501 5.7.1 DSN support is disabled";
		why = k[i].take(value, mem, out);
		break;
	}
	if (why != NULL && strcmp(why, NO_SUCH_VALUE) == 0)
		why = arena_fmt(mem, "555 5.5.4 Unsupported option: %s", whole);
	return why;
}

const char *
parameters_mail(char *text, unsigned discarded, struct arena *mem, struct mail_parameters *out)
{
	struct mail_parameters p = { .body = "", .ret = "", .envid = "" };
	const char *why = NULL;
	char *word;

	while (why == NULL && (word = text_word(&text, " \t")) != NULL)
		why = take(mail_keywords, NITEMS(mail_keywords), word, discarded, mem, &p);
	if (why == NULL)
		*out = p;
	return why;
}

const char *
parameters_rcpt(char *text, unsigned discarded, struct arena *mem, struct rcpt_parameters *out)
{
	struct rcpt_parameters p = { .orcpt = "", .notify = "" };
	const char *why = NULL;
	char *word;

	while (why == NULL && (word = text_word(&text, " \t")) != NULL)
		why = take(rcpt_keywords, NITEMS(rcpt_keywords), word, discarded, mem, &p);
	if (why == NULL)
		*out = p;
	return why;
}
