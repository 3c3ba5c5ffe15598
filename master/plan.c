/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration, read and checked as a whole before anything is started or changed. */
#include "master/plan.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/conf/legacy.h"
#include "lib/conf/level.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

enum { ADDRS_MOST = SERVICE_LISTENERS };

/* name/type or type, as in master_service_disable. */
static bool
is_disabled(const struct conf *cf, const struct mastercf_service *s)
{
	char *copy = mem_str(cf->master_service_disable), *cursor = copy, *item;
	char *own = mem_fmt("%s/%s", s->name, s->type_text);
	bool found = false;

	while (!found && (item = text_word(&cursor, TEXT_LIST)) != NULL)
		found = strcmp(item, own) == 0 || strcmp(item, s->type_text) == 0;
	free(own);
	free(copy);
	return found;
}

/* One item of known_tcp_ports, "smtps=submissions=465": its number, if it has that name. */
static const char *
port_of_item(char *item, const char *name)
{
	char *number = strrchr(item, '='), *cursor = item, *word;

	if (number == NULL)
		return NULL;
	*number++ = '\0';
	while ((word = text_word(&cursor, "= \t")) != NULL)
		if (text_same(word, name))
			return number;
	return NULL;
}

char *
plan_known_port(const char *known, const char *service)
{
	const char *colon = strrchr(service, ':'), *name = colon != NULL ? colon + 1 : service, *number;
	char *copy = mem_str(known), *cursor = copy, *item, *out = NULL;

	while (out == NULL && (item = text_word(&cursor, ",")) != NULL)
		if ((number = port_of_item(item, name)) != NULL)
			out = mem_fmt("%.*s%s", (int)(name - service), service, number);
	free(copy);
	return out != NULL ? out : mem_str(service);
}

static bool
plan_inet(struct planned *p, const struct conf *cf, struct buf *err)
{
	struct addr found[ADDRS_MOST];
	char *service = plan_known_port(cf->known_tcp_ports, p->line->name);
	int n = addr_listen_set(service, cf->inet_interfaces, cf->inet_protocols, found, ADDRS_MOST, err);

	free(service);
	if (n < 0)
		return false;
	p->addrs = mem_zero((size_t)n, sizeof(*found));
	memcpy(p->addrs, found, (size_t)n * sizeof(*found));
	p->naddrs = n;
	return true;
}

static bool
plan_unix(struct planned *p, struct buf *err)
{
	struct sockaddr_un a;

	if (strchr(p->line->name, '/') != NULL || p->line->name[0] == '.') {
		buf_fmt(err, "a socket's name has no \"/\" in it and does not begin with a dot: \"%s\"", p->line->name);
		return false;
	}
	p->path = mem_fmt("%s/%s", p->line->private_ ? "private" : "public", p->line->name);
	if (strlen(p->path) < sizeof(a.sun_path))
		return true;
	buf_fmt(err, "the name of the socket is too long: \"%s\"", p->line->name);
	return false;
}

static bool
own_line_sets(const struct mastercf_service *s, const char *parameter)
{
	size_t n = strlen(parameter);

	for (size_t i = 0; i < s->noverrides; i++)
		if (strncmp(s->overrides[i], parameter, n) == 0 &&
		    s->overrides[i][n + strspn(s->overrides[i] + n, " \t")] == '=')
			return true;
	return false;
}

static bool
switches_on(const struct mastercf_service *s, const struct conf *own, const char *parameter)
{
	const char *value = own_line_sets(s, parameter) ? conf_get(own, parameter) : NULL;

	return value != NULL && text_same(value, "yes");
}

/* Passwords of different users do not meet in one process, unless the administrator wants it so. */
static long
sessions_per_process(const struct mastercf_service *s, const struct conf *own)
{
	if (own_line_sets(s, "sessions_per_process"))
		return own->sessions_per_process;
	if (switches_on(s, own, "smtpd_sasl_auth_enable") || switches_on(s, own, "smtpd_tls_wrappermode"))
		return 1;
	return own->sessions_per_process;
}

static bool
plan_limits(struct planned *p, const struct plan *plan, const char *dir, struct buf *err)
{
	struct conf_args a = { .dir = dir, .overrides = p->line->overrides, .noverrides = p->line->noverrides };
	const struct conf *own = p->line->noverrides > 0 ? conf_load(&a, err) : plan->cf;
	const char *file = NULL;
	int line = 0;
	long dflt = -1;

	if (own == NULL)
		return false;
	if (conf_source(plan->cf, "default_process_limit", &file, &line) != NULL && strcmp(file, "default") != 0)
		dflt = plan->cf->default_process_limit;
	p->limits.sessions_per_process = sessions_per_process(p->line, own);
	p->limits.maxproc = decide_maxproc(p->line->maxproc, dflt, p->line->program, p->limits.sessions_per_process);
	if (own != plan->cf)
		conf_free(&own);
	return true;
}

static bool
plan_service(struct planned *p, const struct plan *plan, const char *dir, struct buf *err)
{
	const struct mastercf_service *s = p->line;

	if (s->noverrides > SERVICE_OVERRIDES) {
		buf_fmt(
		    err, "more than %d parameters with -o; put what all services need into main.cf", SERVICE_OVERRIDES);
		return false;
	}
	p->program =
	    s->program[0] == '/' ? mem_str(s->program) : mem_fmt("%s/%s", plan->cf->daemon_directory, s->program);
	p->doors = s->type == SERVICE_INET || s->type == SERVICE_PASS || s->wakeup > 0;
	if (!(s->type == SERVICE_INET ? plan_inet(p, plan->cf, err) : plan_unix(p, err)) ||
	    !plan_limits(p, plan, dir, err))
		return false;
	p->key = s->type == SERVICE_INET ? mem_fmt("inet/%s", s->name) : mem_fmt("unix/%s", p->path);
	return true;
}

/* Two lines can mean the same socket: private/x unix and private/x unix-dgram. */
static bool
is_unique(const struct plan *plan, const struct planned *p, struct buf *err)
{
	for (const struct planned *other = plan->services; other < p; other++)
		if (strcmp(other->key, p->key) == 0) {
			buf_fmt(err, "the same socket as in line %d", other->line->line);
			return false;
		}
	return true;
}

/* Below level 1 a "-" in the chroot column means y. */
static void
chroot_default(struct plan *plan)
{
	bool old = level_below(plan->cf, "1");

	for (size_t i = 0; old && i < plan->mastercf->n; i++) {
		struct mastercf_service *s = &plan->mastercf->services[i];

		s->chroot |= s->chroot_default;
	}
}

static bool
fill(struct plan *plan, const char *dir, struct buf *err)
{
	struct buf why = BUF(8192);

	chroot_default(plan);
	plan->services = mem_zero(plan->mastercf->n, sizeof(*plan->services));
	for (size_t i = 0; i < plan->mastercf->n; i++) {
		const struct mastercf_service *s = &plan->mastercf->services[i];
		struct planned *p = &plan->services[plan->n];

		if (s->ignored || is_disabled(plan->cf, s))
			continue;
		p->line = s;
		plan->n++;
		if (!plan_service(p, plan, dir, &why) || !is_unique(plan, p, &why)) {
			buf_fmt(
			    err, "%s, line %d: service %s: %s", plan->mastercf->path, s->line, s->name, buf_str(&why));
			break;
		}
	}
	buf_free(&why);
	return err->len == 0;
}

const char *const plan_files[PLAN_FILES] = { "main.cf", "master.cf" };

static struct stat
look_at(const char *dir, size_t file)
{
	char *path = mem_fmt("%s/%s", dir, plan_files[file]);
	struct stat st = { 0 };

	if (stat(path, &st) < 0)
		st = (struct stat){ 0 };
	free(path);
	return st;
}

bool
plan_is_stale(const struct plan *plan, const char *dir, size_t file)
{
	const struct stat now = look_at(dir, file), *then = &plan->files[file];

	/* A file that takes another's place may bring its own time with it. */
	return now.st_ino != then->st_ino || now.st_dev != then->st_dev || now.st_size != then->st_size ||
	    now.st_mtim.tv_sec != then->st_mtim.tv_sec || now.st_mtim.tv_nsec != then->st_mtim.tv_nsec;
}

struct plan *
plan_load(const char *dir, struct buf *err)
{
	struct plan *plan = mem_zero(1, sizeof(*plan));
	struct conf_args a = { .dir = dir };

	for (size_t i = 0; i < PLAN_FILES; i++)
		plan->files[i] = look_at(dir, i);
	if ((plan->cf = conf_load(&a, err)) == NULL || (plan->mastercf = mastercf_load(dir, err)) == NULL ||
	    !fill(plan, dir, err))
		plan_free(&plan);
	return plan;
}

void
plan_free(struct plan **pp)
{
	struct plan *plan = *pp;

	if (plan == NULL)
		return;
	for (size_t i = 0; i < plan->n; i++) {
		free(plan->services[i].key);
		free(plan->services[i].program);
		free(plan->services[i].addrs);
		free(plan->services[i].path);
	}
	free(plan->services);
	mastercf_free(&plan->mastercf);
	conf_free(&plan->cf);
	free(plan);
	*pp = NULL;
}

/* The old defaults of master.cf and main.cf, and how to be rid of them. */
static void
level_notices(const struct plan *plan)
{
	bool old = level_below(plan->cf, "1");

	for (size_t i = 0; old && i < plan->n; i++)
		if (plan->services[i].line->chroot_default)
			log_info("%s: line %d: using backwards-compatible default setting chroot=y",
			    plan->mastercf->path, plan->services[i].line->line);
	if (level_below(plan->cf, LEVEL_NEWEST))
		log_warn(
		    "backwards-compatible defaults are in force; to be rid of them, settle what the log says about "
		    "them, then postconf compatibility_level=%s and sallyport reload",
		    LEVEL_NEWEST);
}

static void
legacy_notice(const char *file, int line, const char *name)
{
	const struct param_legacy *old = param_legacy(name);
	struct buf b = BUF(8192);

	if (old != NULL) {
		buf_fmt(&b, "%s, line %d: ", file, line);
		legacy_tell(old, &b);
		log_warn("%s", buf_str(&b));
	}
	buf_free(&b);
}

/* Each legacy name that is set, once. */
static void
legacy_notices(const struct plan *plan)
{
	for (size_t i = 0; i < legacy_nparams; i++) {
		const char *file;
		int line;

		if (conf_source(plan->cf, legacy_params[i].name, &file, &line) != NULL && line > 0)
			legacy_notice(file, line, legacy_params[i].name);
	}
	for (size_t i = 0; i < plan->n; i++) {
		const struct mastercf_service *s = plan->services[i].line;

		for (size_t o = 0; o < s->noverrides; o++) {
			char *name = mem_fmt("%.*s", (int)strcspn(s->overrides[o], "="), s->overrides[o]);

			legacy_notice(plan->mastercf->path, s->line, name);
			free(name);
		}
	}
}

void
plan_notices(const struct plan *plan)
{
	log_warn_lines(conf_warnings(plan->cf));
	log_warn_lines(plan->mastercf->left_out);
	log_warn_lines(plan->mastercf->warnings);
	for (size_t i = 0; i < plan->mastercf->n; i++)
		if (plan->mastercf->services[i].ignored)
			log_info("service %s (%s) is not needed here and does not run",
			    plan->mastercf->services[i].name, plan->mastercf->services[i].program);
	legacy_notices(plan);
	level_notices(plan);
}
