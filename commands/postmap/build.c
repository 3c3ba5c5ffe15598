/* SPDX-License-Identifier: Apache-2.0 */
/* Making tables anew, adding to them, and taking from them: each with the rights of whom it belongs to. */
#include "commands/postmap/postmap.h"

#include "lib/base/fold.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/time.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TOLD_AFTER_MS = 1000 };

/* One table's work: its changes, and what those need until it is done. */
struct job {
	const struct postmap *p;
	const struct spec *spec;
	struct make make;
	struct table *written; /* proxy:, whose entries the proxywrite service changes for us; else NULL */
	struct source source;
	const struct source *input; /* -i, -d -: what was read from standard input */
	struct arena mem;
	long begun;
	bool told;
};

typedef bool work(struct job *, struct buf *err); /* false with nothing in err: nothing was done */

static void
show_progress(void *ctx, size_t done, size_t all)
{
	struct job *j = ctx;

	if (!j->told && tick_ms() - j->begun < TOLD_AFTER_MS)
		return;
	j->told = true;
	fprintf(stderr, "\r%s: %zu of %zu entries written%s", j->spec->name, done, all, done == all ? "\n" : "");
}

static const char *
file_contents(struct job *j, const char *value)
{
	struct buf err = BUF(1000);
	char *coded = files_encode(value, &err);
	const char *kept = NULL;

	if (coded == NULL)
		log_warn("%s, line %d: %s", j->source.name, j->source.line, buf_str(&err));
	else
		kept = arena_str(&j->mem, coded);
	free(coded);
	buf_free(&err);
	return kept;
}

/* As make_put() does it with an index. */
static bool
put_written(struct job *j, const char *key, const char *value, struct buf *err)
{
	struct verdict why = VERDICT(&j->mem);
	enum table_result r = TABLE_ABSENT;
	const char *old;

	if (j->make.repeats != REPEATS_REPLACE)
		r = table_get(j->written, key, &j->mem, &old, &why);
	if (r == TABLE_FOUND && j->make.repeats == REPEATS_WARN)
		log_warn("%s, line %d: duplicate entry: \"%s\"", j->source.name, j->source.line, key);
	if (r == TABLE_ABSENT && !table_put(j->written, key, value, &why))
		r = TABLE_ERROR;
	if (r == TABLE_ERROR)
		buf_puts(err, why.text);
	return r != TABLE_ERROR;
}

static bool
put_entry(struct job *j, const char *key, const char *value, struct buf *err)
{
	if (j->written != NULL)
		return put_written(j, key, value, err);
	make_put(&j->make, &j->source, key, value);
	return true;
}

/* What sendmail's programs and NIS look for in a table of aliases. */
static bool
alias_extras(struct job *j, struct buf *err)
{
	j->make.repeats = REPEATS_REPLACE;
	return put_entry(j, "YP_LAST_MODIFIED", arena_fmt(&j->mem, "%010ld", now_us() / 1000000), err) &&
	    put_entry(j, "YP_MASTER_NAME", j->p->cf->myhostname, err) && put_entry(j, "@", "@", err);
}

static bool
begin_build(struct job *j, struct buf *err)
{
	if (!j->p->incremental)
		return make_source(&j->make, &j->source, err);
	return (j->written != NULL || make_old(&j->make, err)) && source_take(&j->source, buf_str(&j->input->text));
}

static bool
takes_utf8(const struct postmap *p)
{
	return p->cf->smtputf8_enable && !p->no_utf8;
}

static bool
build(struct job *j, struct buf *err)
{
	char *key, *value;
	const char *kept;

	j->source = (struct source)SOURCE(j->p->incremental ? "stdin" : j->spec->name, j->make.format, !j->p->no_fold);
	j->source.utf8 = takes_utf8(j->p);
	if (!begin_build(j, err))
		return false;
	while (source_next(&j->source, &key, &value)) {
		size_t n = strlen(key);

		if (j->make.format == SOURCE_MAP && key[n - 1] == ':')
			log_warn("%s, line %d: record is in \"key: value\" format; is this an alias file?",
			    j->source.name, j->source.line);
		kept = j->p->files ? file_contents(j, value) : value;
		if (kept != NULL && !put_entry(j, key, kept, err))
			return false;
	}
	if (j->p->aliases && !alias_extras(j, err))
		return false;
	if (!arena_ok(&j->mem)) {
		buf_fmt(err, "%s: more than 1 GB of values", j->spec->whole);
		return false;
	}
	return j->written != NULL || make_finish(&j->make, err);
}

static bool
remove_key(struct job *j, const char *key, struct buf *err)
{
	struct verdict why = VERDICT(&j->mem);
	enum table_result r;

	if (j->written == NULL)
		return make_remove(&j->make, key);
	if ((r = table_remove(j->written, key, &why)) == TABLE_ERROR && err->len == 0)
		buf_puts(err, why.text);
	return r == TABLE_FOUND;
}

static bool
remove_keys(struct job *j, struct buf *err)
{
	char *list = mem_str(j->input != NULL ? buf_str(&j->input->text) : j->p->delete), *cursor = list, *key;
	bool any = false;

	if (j->written != NULL || make_old(&j->make, err)) {
		while ((key = text_word(&cursor, "\n")) != NULL) {
			char *folded = j->p->no_fold ? NULL : fold_case(key, takes_utf8(j->p));

			any = remove_key(j, folded != NULL ? folded : key, err) || any;
			free(folded);
		}
		any = any && (j->written != NULL || make_finish(&j->make, err));
	}
	free(list);
	return any;
}

/* Not to be interrupted halfway: what a signal wants comes when the table is whole. */
static void
hold_signals(int how)
{
	static const int all[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < NITEMS(all); i++)
		sigaddset(&set, all[i]);
	sigprocmask(how, &set, NULL);
}

/* proxy: who writes it is the service, which knows what others write into it at the same time. */
static bool
begin_work(struct job *j, struct buf *err)
{
	char *socket;

	if (strcmp(j->spec->type, "proxy") != 0)
		return make_begin(&j->make, err);
	socket = mem_fmt("%s/private/%s", j->p->cf->queue_directory, j->p->cf->proxywrite_service_name);
	j->written =
	    table_open(j->spec->whole, TABLE_WRITE, &(struct table_env){ .cf = j->p->cf, .proxywrite = socket }, err);
	free(socket);
	return j->written != NULL;
}

static int
do_work(const struct postmap *p, const struct spec *spec, const struct source *input, work *run)
{
	struct job j = {
		.p = p, .spec = spec, .make = p->make, .input = input, .mem = ARENA(SOURCE_MAX), .begun = tick_ms()
	};
	struct buf err = BUF(4096);
	int status = EXIT_FAILURE;

	j.make.type = spec->type;
	j.make.roots_only = geteuid() == 0 && !p->keep_root;
	j.make.name = spec->name;
	j.make.progress = isatty(STDERR_FILENO) ? show_progress : NULL;
	j.make.progress_ctx = &j;
	hold_signals(SIG_BLOCK);
	if (begin_work(&j, &err) && run(&j, &err))
		status = EXIT_SUCCESS;
	make_free(&j.make);
	table_free(&j.written);
	hold_signals(SIG_UNBLOCK);
	if (err.len > 0)
		log_error("%s: %s", spec->whole, buf_str(&err));
	source_free(&j.source);
	arena_free(&j.mem);
	buf_free(&err);
	return status;
}

static int
become_and_work(
    const struct postmap *p, const struct spec *spec, const struct source *input, work *run, uid_t uid, gid_t gid)
{
	pid_t pid = fork();
	int status = -1;

	if (pid < 0)
		log_fatal(EXIT_FAILURE, "fork: %s", strerror(errno));
	if (pid == 0) {
		if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
			log_fatal(EXIT_FAILURE, "give up root's rights: %s", strerror(errno));
		_exit(do_work(p, spec, input, run));
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A source, or a folder, that is somebody else's must not lend that one root's rights. */
static int
one_table(const struct postmap *p, const char *given, const struct source *input, work *run)
{
	struct buf err = BUF(1000);
	uid_t uid = 0;
	gid_t gid = 0;
	struct spec spec;
	int status = EXIT_FAILURE;

	spec_of(&spec, p, given);
	if (strcmp(spec.type, "proxy") == 0 && (p->incremental || p->delete != NULL))
		status = do_work(p, &spec, input, run);
	else if (!files_type(spec.type))
		log_error("%s: tables of type %s have no index that could be made; there are btree cdb hash lmdb",
		    given, spec.type);
	else if (!make_owner(spec.type, spec.name, p->incremental, &uid, &gid, &err))
		log_error("%s: %s", spec.whole, buf_str(&err));
	else if (geteuid() == 0 && uid != 0 && !p->keep_root)
		status = become_and_work(p, &spec, input, run, uid, gid);
	else
		status = do_work(p, &spec, input, run);
	spec_free(&spec);
	buf_free(&err);
	return status;
}

static void
read_input(struct source *s)
{
	if (!source_read(s, STDIN_FILENO))
		log_fatal(EXIT_FAILURE, "standard input: %s", strerror(errno));
}

int
build_all(const struct postmap *p)
{
	struct source input = SOURCE("stdin", p->make.format, false);
	int status = EXIT_SUCCESS;

	if (p->incremental)
		read_input(&input);
	for (int i = 0; i < p->ntables; i++)
		if (one_table(p, p->tables[i], &input, build) != EXIT_SUCCESS)
			status = EXIT_FAILURE;
	source_free(&input);
	return status;
}

int
delete_all(const struct postmap *p)
{
	struct source input = SOURCE("stdin", p->make.format, false);
	bool from_input = strcmp(p->delete, "-") == 0;
	int status = EXIT_FAILURE;

	if (from_input)
		read_input(&input);
	for (int i = 0; i < p->ntables; i++)
		if (one_table(p, p->tables[i], from_input ? &input : NULL, remove_keys) == EXIT_SUCCESS)
			status = EXIT_SUCCESS;
	source_free(&input);
	return status;
}
