/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/check.h"

#include "commands/sallyport/folders.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/conf/mastercf.h"
#include "lib/service/logging.h"
#include "lib/table/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct checking {
	const struct place *p;
	bool starting;
	struct check_result result;
};

static void
fatal(struct checking *c, const char *what)
{
	c->result.fatal++;
	log_error("%s", what);
}

static void
fault(struct checking *c, const char *fmt, ...)
{
	va_list ap;

	c->result.faults++;
	va_start(ap, fmt);
	log_line(LOG_WARNING_, fmt, ap);
	va_end(ap);
}

static void
folder_fault(void *ctx, bool is_fatal, const char *path, const char *what)
{
	struct checking *c = ctx;
	char *text = mem_fmt("%s %s", path, what);

	if (is_fatal)
		fatal(c, text);
	else
		fault(c, "%s", text);
	free(text);
}

/* Whoever can write there decides what root does. */
static void
check_config_file(struct checking *c, const char *name)
{
	char *path = mem_fmt("%s/%s", c->p->dir, name);
	struct stat st;

	if (stat(path, &st) < 0)
		fault(c, "%s: %s", path, strerror(errno));
	else if (c->p->accounts.separated && st.st_uid != 0)
		fault(c, "not owned by root: %s; \"chown root %s\"", path, path);
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		fault(c, "group or other writable: %s; \"chmod go-w %s\"", path, path);
	free(path);
}

static void
check_program(struct checking *c, const struct mastercf_service *s, const char *file)
{
	char *path =
	    s->program[0] == '/' ? mem_str(s->program) : mem_fmt("%s/%s", c->p->cf->daemon_directory, s->program);

	if (access(path, X_OK) == 0)
		;
	else if (s->builtin)
		fault(c, "service %s, which is built in: program %s: %s; install the program", s->name, path,
		    strerror(errno));
	else
		fault(c, "%s, line %d: service %s: program %s: %s; comment the line out, or install the program", file,
		    s->line, s->name, path, strerror(errno));
	free(path);
}

static void
check_services(struct checking *c)
{
	struct buf err = BUF(8192);
	struct mastercf *m = mastercf_load(c->p->dir, &err);

	if (m == NULL) {
		fatal(c, buf_str(&err));
	} else {
		for (size_t i = 0; i < m->n; i++)
			if (!m->services[i].ignored)
				check_program(c, &m->services[i], m->path);
		/* Everything else that master itself refuses, also when it starts: addresses, -o values, sockets named twice. */
		if (!c->starting && master_execute(c->p, "-C", true) != 0)
			fatal(c, "master does not accept the configuration; the line before this one says why");
	}
	mastercf_free(&m);
	buf_free(&err);
}

static bool
names_tables(const char *parameter)
{
	return (text_ends(parameter, "_maps") && !text_starts(parameter, "proxy_")) || text_ends(parameter, "_checks");
}

/* Here nobody has to ask the proxymap service, and it may not even run. */
static char *
without_proxy(const char *tables)
{
	char *copy = mem_str(tables);

	for (char *at = copy; (at = strstr(at, "proxy:")) != NULL;) {
		if (at == copy || strchr(TEXT_LIST, at[-1]) != NULL)
			memmove(at, at + strlen("proxy:"), strlen(at + strlen("proxy:")) + 1);
		else
			at++;
	}
	return copy;
}

static void
check_tables(struct checking *c)
{
	struct table_env env = { .cf = c->p->cf };

	for (size_t i = 0; i < conf_nparams; i++) {
		const char *name = param_name(&conf_params[i]), *value;
		struct buf err = BUF(4096);
		struct table_list *tables;
		char *direct;

		if (conf_params[i].type != F_STR || *param_who(&conf_params[i]) == '\0' || !names_tables(name) ||
		    (value = conf_get(c->p->cf, name)) == NULL || value[0] == '\0')
			continue;
		direct = without_proxy(value);
		if ((tables = table_list_open(direct, TABLE_FOLD | TABLE_REGEXP_OK, &env, &err)) == NULL)
			fault(c, "%s: %s", name, buf_str(&err));
		table_list_free(&tables);
		free(direct);
		buf_free(&err);
	}
}

static void
check_log_folder(struct checking *c)
{
	char *folder = mem_str(c->p->cf->maillog_file), *slash = strrchr(folder, '/');

	if (slash != NULL && strcmp(folder, "/dev/stdout") != 0) {
		slash[slash == folder] = '\0';
		if (access(folder, W_OK) < 0)
			fault(c, "maillog_file: folder %s: %s; make it, or the log is lost", folder, strerror(errno));
	}
	free(folder);
}

static void
check_parameters(struct checking *c)
{
	const struct conf *cf = c->p->cf;
	struct buf err = BUF(2048);
	const struct conf_line *lines;
	size_t n;

	lines = conf_lines(cf, &n);
	for (size_t i = 0; i < n; i++)
		if (!lines[i].used)
			log_warn("%s/main.cf, line %d: unused parameter: %s=%s", c->p->dir, lines[i].line,
			    lines[i].name, lines[i].value);
	if (!logging_allowed(cf, true, &err))
		fatal(c, buf_str(&err));
	else
		check_log_folder(c);
	if (strchr(cf->myhostname, '.') == NULL)
		log_warn("myhostname \"%s\" has no dot in it: other hosts may refuse our mail; set it in main.cf",
		    cf->myhostname);
	buf_free(&err);
}

static void
check_accounts(struct checking *c)
{
	const struct accounts *a = &c->p->accounts;

	if (!a->separated)
		log_info("privilege separation is off: everything runs as the user who starts it");
	else if (a->queue.uid == a->net.uid || a->queue.uid == a->key.uid || a->net.uid == a->key.uid)
		fault(c,
		    "mail_owner, net_owner and key_owner must be three accounts: who breaks into one daemon "
		    "could trace the others of its account");
}

struct check_result
check_all(const struct place *p, bool starting)
{
	struct checking c = { .p = p, .starting = starting };

	check_config_file(&c, ".");
	check_config_file(&c, "main.cf");
	check_config_file(&c, "master.cf");
	check_accounts(&c);
	folders_check(p->cf, &p->accounts, folder_fault, &c);
	check_parameters(&c);
	check_services(&c);
	check_tables(&c);
	return c.result;
}
