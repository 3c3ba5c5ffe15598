/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of master.cf: programs, columns, and what Postfix has and we do not need. */
#include "commands/sallyport/check_inside.h"
#include "commands/sallyport/check_reference.h"

#include "lib/base/mem.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Programs of Postfix's that this version does not have; who builds one takes its line out. */
static const char *const not_built[] = { "nqmgr", "oqmgr", "pipe", "postscreen", "qmqpd", "spawn", "virtual" };

/* They deliver: without them only what is sent their way suffers. */
static const char *const agents[] = { "discard", "error", "lmtp", "local", "pipe", "smtp", "virtual" };

/* They go to users' homes, or hold what others ask them for. */
static const char *const needs_everything[] = { "local", "pipe", "proxymap", "spawn", "virtual" };

static bool
is_one_of(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void
tell_program(struct checking *c, const struct mastercf_service *s, const char *path)
{
	bool used = !is_one_of(agents, NITEMS(agents), s->program) || reference_is_used(c, s->name);
	enum finding_code code = used ? FINDING_program_missing : FINDING_program_missing_unused;
	const char *problem = strerror(errno), *remedy = "comment the line out, or install the program";

	if (is_one_of(not_built, NITEMS(not_built), s->program)) {
		problem = "this version does not have it";
		remedy = "comment the line out";
	}
	if (s->builtin)
		finding_add(c->found, code, (struct spot){ c->master->path, 0 }, "install the program",
		    "service %s, which is built in: program %s: %s", s->name, path, problem);
	else
		finding_add(
		    c->found, code, service_spot(c, s), remedy, "service %s: program %s: %s", s->name, path, problem);
}

static void
check_program(struct checking *c, const struct mastercf_service *s)
{
	const char *folder = c->p->cf->daemon_directory;
	char *path = s->program[0] == '/' ? mem_str(s->program) : mem_fmt("%s/%s", folder, s->program);

	if (access(path, X_OK) < 0)
		tell_program(c, s, path);
	free(path);
}

static void
check_columns(struct checking *c, const struct mastercf_service *s)
{
	bool everything = is_one_of(needs_everything, NITEMS(needs_everything), s->program);

	if (s->chroot && everything)
		finding_add(c->found, FINDING_service_chroot, service_spot(c, s), "write n in the fifth column",
		    "service %s: %s cannot do its work in a chroot", s->name, s->program);
	if (!s->unprivileged && !everything && !s->builtin)
		finding_add(c->found, FINDING_service_privileged, service_spot(c, s), "write - in the fourth column",
		    "service %s: %s keeps no rights of root's, whatever the fourth column says", s->name, s->program);
}

static void
check_service(struct checking *c, const struct mastercf_service *s)
{
	if (s->ignored) {
		finding_add(c->found, FINDING_service_ignored, service_spot(c, s), "nothing: the line may stay",
		    "service %s (%s) does not run: %s", s->name, s->program, s->ignored_why);
		return;
	}
	check_program(c, s);
	check_columns(c, s);
}

/* Lines that a later one replaces. */
static void
check_duplicates(struct checking *c)
{
	char *copy = mem_str(c->master->warnings), *cursor = copy, *line;

	while ((line = text_word(&cursor, "\n")) != NULL) {
		char *message = mem_fmt("%s; take one of them out", line);

		finding_told(c->found, FINDING_service_duplicate, (struct spot){ c->master->path, 0 }, message);
		free(message);
	}
	free(copy);
}

/* The message, without its place where a finding has that place already: that one says what to do. */
static const char *
without_place(const struct findings *f, const char *message)
{
	for (size_t i = 0; i < f->n; i++) {
		char *place = mem_fmt("%s, line %d: ", f->all[i].file != NULL ? f->all[i].file : "", f->all[i].line);
		size_t n = text_starts(message, place) ? strlen(place) : 0;

		free(place);
		if (n > 0)
			return message + n;
	}
	return message;
}

/* The last line of what master said, without "master: fatal: " before it. */
static void
tell_refusal(struct checking *c, char *said)
{
	char *cursor = said, *line, *last = said, *fatal;

	while ((line = text_word(&cursor, "\n")) != NULL)
		last = line;
	if ((fatal = strstr(last, "fatal: ")) != NULL)
		last = fatal + strlen("fatal: ");
	finding_told(c->found, FINDING_master_refuses, (struct spot){ NULL, 0 },
	    last[0] != '\0' ? without_place(c->found, last)
			    : "master does not accept the configuration, and does not say why");
}

/* Everything else that master itself refuses, also when it starts: addresses, -o values, sockets named twice. */
static void
ask_master(struct checking *c)
{
	struct buf said = BUF(65536);
	char *copy;

	if (c->purpose != CHECK_START && c->found->count[SEVERITY_FATAL] == 0 && !master_accepts(c->p, &said)) {
		copy = mem_str(buf_str(&said));
		tell_refusal(c, copy);
		free(copy);
	}
	buf_free(&said);
}

void
check_services(struct checking *c)
{
	if (c->master == NULL)
		return;
	for (size_t i = 0; i < c->master->n; i++)
		check_service(c, &c->master->services[i]);
	check_duplicates(c);
	ask_master(c);
}
