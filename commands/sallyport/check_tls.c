/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys, and files with passwords. */
#include "commands/sallyport/certificate.h"
#include "commands/sallyport/check_inside.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/token.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOON_DAYS = 14 };

/* Who has certificates; a chain file has key and certificates, and wins over the pairs. */
static const struct side {
	const char *prefix;
	bool server;
} sides[] = { { "smtpd_tls", true }, { "smtp_tls", false }, { "lmtp_tls", false } };
static const char *const pairs[][2] = { { "_cert_file", "_key_file" }, { "_eccert_file", "_eckey_file" },
	{ "_dcert_file", "_dkey_file" } };

static bool
is_file(const char *value)
{
	return value[0] != '\0' && !text_same(value, "none");
}

/* Who can read the key is this host, for others. */
static void
check_secret(struct checking *c, enum finding_code code, struct spot at, const char *shown, const char *path)
{
	char *remedy = mem_fmt("chmod o-rwx %s", path);
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)) != 0)
		finding_add(c->found, code, at, remedy, "%s: %s can be %s by others (mode %04o)", shown, path,
		    st.st_mode & S_IROTH ? "read" : "changed", st.st_mode & 07777);
	free(remedy);
}

static void
tell_bad(
    struct checking *c, enum certificate_state state, struct spot at, const char *shown, const struct certificate *x)
{
	static const char *const words[] = {
		[CERTIFICATE_NONE_IN_IT] = "has no certificate (PEM) in it",
		[CERTIFICATE_NO_KEY] = "has no private key (PEM) in it",
		[CERTIFICATE_PASSPHRASE] = "has a passphrase, which a daemon cannot know",
	};

	if (state == CERTIFICATE_NO_FILE)
		finding_add(c->found, errno == ENOENT ? FINDING_certificate_missing : FINDING_certificate_unusable, at,
		    "put the file there, or name another one", "%s: %s: %s", shown, x->file, strerror(errno));
	else if (state == CERTIFICATE_OTHER_KEY)
		finding_add(c->found, FINDING_certificate_mismatch, at, "install key and certificate of one request",
		    "%s: the key in %s belongs to another certificate", shown, x->file);
	else
		finding_add(c->found, FINDING_certificate_unusable, at,
		    state == CERTIFICATE_PASSPHRASE ? "openssl pkey writes it without" : "put a PEM file there",
		    "%s: %s %s", shown, x->file, words[state]);
}

static void
tell_good(
    struct checking *c, bool server, struct spot at, const char *shown, const char *path, const struct certificate *x)
{
	if (x->not_yet)
		finding_add(c->found, FINDING_certificate_expired, at, "look at the clock, or wait",
		    "%s: %s is not valid yet", shown, path);
	else if (x->days < 0)
		finding_add(c->found, FINDING_certificate_expired, at, "renew it", "%s: %s expired %ld day%s ago",
		    shown, path, -x->days, x->days == -1 ? "" : "s");
	else if (x->days < SOON_DAYS)
		finding_add(c->found, FINDING_certificate_expires, at, "renew it", "%s: %s expires in %ld day%s", shown,
		    path, x->days, x->days == 1 ? "" : "s");
	if (server && !x->name_fits)
		finding_add(c->found, FINDING_certificate_name, at,
		    "nothing, where clients know this host by another name", "%s: %s is not for %s", shown, path,
		    c->p->cf->myhostname);
}

static void
check_pair(
    struct checking *c, const struct scope *s, bool server, const char *parameter, const char *cert, const char *key)
{
	const struct spot at = scope_spot(c, s, parameter);
	char *shown = scope_name(s, parameter);
	struct certificate x;
	enum certificate_state state = certificate_read(cert, key, c->p->cf->myhostname, &x);

	if (state == CERTIFICATE_GOOD)
		tell_good(c, server, at, shown, cert, &x);
	else
		tell_bad(c, state, at, shown, &x);
	check_secret(c, FINDING_key_exposed, at, shown, key);
	free(shown);
}

/* The pairs, each where one of its two is set; true: there is a certificate. */
static bool
check_pairs(struct checking *c, const struct scope *s, const struct side *side)
{
	bool any = false;

	for (size_t i = 0; i < NITEMS(pairs); i++) {
		char *cert = mem_fmt("%s%s", side->prefix, pairs[i][0]),
		     *key = mem_fmt("%s%s", side->prefix, pairs[i][1]);
		const char *cert_file = scope_text(s, cert), *key_file = scope_text(s, key);

		if (is_file(cert_file)) {
			any = true;
			if (scope_says(s, cert) || scope_says(s, key))
				check_pair(
				    c, s, side->server, cert, cert_file, is_file(key_file) ? key_file : cert_file);
		}
		free(cert);
		free(key);
	}
	return any;
}

static bool
check_chains(struct checking *c, const struct scope *s, const struct side *side)
{
	char *name = mem_fmt("%s_chain_files", side->prefix), *copy = mem_str(scope_text(s, name)), *cursor = copy,
	     *path;
	bool any = false;

	while ((path = text_word(&cursor, TEXT_LIST)) != NULL) {
		any = true;
		if (scope_says(s, name))
			check_pair(c, s, side->server, name, path, path);
	}
	free(copy);
	free(name);
	return any;
}

static void
check_authorities(struct checking *c, const struct scope *s, const struct side *side)
{
	char *name = mem_fmt("%s_CAfile", side->prefix), *shown = scope_name(s, name);
	const char *path = scope_text(s, name);

	if (scope_says(s, name) && is_file(path)) {
		if (access(path, R_OK) < 0)
			finding_add(c->found,
			    errno == ENOENT ? FINDING_certificate_missing : FINDING_certificate_unusable,
			    scope_spot(c, s, name), "put the file there, or name another one", "%s: %s: %s", shown,
			    path, strerror(errno));
		else if (!certificate_any(path))
			finding_add(c->found, FINDING_certificate_unusable, scope_spot(c, s, name),
			    "put a PEM file there", "%s: %s has no certificate (PEM) in it", shown, path);
	}
	free(shown);
	free(name);
}

/* Does it want TLS as a server, and where is that said? */
static const char *
wants_tls(const struct scope *s)
{
	static const struct {
		const char *name, *value;
	} wishes[] = { { "smtpd_tls_security_level", "may" }, { "smtpd_tls_security_level", "encrypt" },
		{ "smtpd_tls_wrappermode", "yes" }, { "smtpd_use_tls", "yes" }, { "smtpd_enforce_tls", "yes" } };

	for (size_t i = 0; i < NITEMS(wishes); i++)
		if (scope_says(s, wishes[i].name) && scope_is(s, wishes[i].name, wishes[i].value))
			return wishes[i].name;
	return NULL;
}

static void
check_side(struct checking *c, const struct scope *s, const struct side *side)
{
	bool any = check_chains(c, s, side);
	const char *wish = side->server ? wants_tls(s) : NULL;
	char *shown;

	if (!any)
		any = check_pairs(c, s, side);
	check_authorities(c, s, side);
	if (wish == NULL || any || text_same(scope_text(s, "smtpd_tls_cert_file"), "none"))
		return;
	shown = scope_name(s, wish);
	finding_add(c->found, FINDING_certificate_none, scope_spot(c, s, wish),
	    "name a certificate and its key in smtpd_tls_chain_files", "%s = %s, and there is no certificate", shown,
	    scope_text(s, wish));
	free(shown);
}

/* Tables with passwords of other hosts. */
static void
check_password_tables(struct checking *c, const struct scope *s)
{
	static const char *const names[] = { "smtp_sasl_password_maps", "lmtp_sasl_password_maps" };

	for (size_t i = 0; i < NITEMS(names); i++) {
		char *copy = mem_str(scope_text(s, names[i])), *cursor = copy, *shown = scope_name(s, names[i]), *spec;

		while (scope_says(s, names[i]) && (spec = token_next(&cursor)) != NULL) {
			const char *path = strchr(spec, ':');

			if (path != NULL && path[1] == '/')
				check_secret(
				    c, FINDING_secret_exposed, scope_word(c, s, names[i], spec), shown, path + 1);
		}
		free(shown);
		free(copy);
	}
}

void
check_tls(struct checking *c)
{
	for (size_t i = 0; i < c->nscopes; i++) {
		for (size_t k = 0; k < NITEMS(sides); k++)
			check_side(c, &c->scopes[i], &sides[k]);
		check_password_tables(c, &c->scopes[i]);
	}
}
