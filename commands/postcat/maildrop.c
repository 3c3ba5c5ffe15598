/* SPDX-License-Identifier: Apache-2.0 */
/* A file of the maildrop folder: a local user may have written anything into it. */
#include "commands/postcat/show.h"

#include "lib/base/log.h"
#include "lib/io/file.h"
#include "lib/mail/maildrop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MEMORY = 64 << 20 };

bool
show_is_maildrop(int fd)
{
	static const char begin[] = "submission_mail";
	char bytes[sizeof(begin)];

	return file_pread_all(fd, bytes, sizeof(bytes), 0) && memcmp(bytes, begin, sizeof(begin)) == 0;
}

static ssize_t
read_fd(void *fd, void *to, size_t n)
{
	return read(*(int *)fd, to, n);
}

static void
envelope(const struct maildrop *m)
{
	const struct submission_mail *s = &m->mail;

	if (s->arrival_us != 0)
		show_time("message_arrival_time", s->arrival_us);
	show_line("sender", s->sender);
	if (s->full_name[0] != '\0')
		show_line("full_name", s->full_name);
	if (s->envid[0] != '\0')
		show_line("dsn_envelope_id", s->envid);
	if (s->ret[0] != '\0')
		show_line("dsn_return_flags", s->ret);
	if (s->verp[0] != '\0')
		show_line("verp_delimiters", s->verp);
	if (s->extract)
		puts("recipients_from_header: yes");
	for (size_t i = 0; i < m->nrcpts; i++) {
		show_line("recipient", m->rcpts[i].address);
		if (m->rcpts[i].notify[0] != '\0')
			show_line("dsn_notify_flags", m->rcpts[i].notify);
	}
}

/* The empty line of LF content parts header and body. */
struct parts {
	const struct show *how;
	bool body, line_start;
};

static void
put_bytes(struct parts *p, const char *bytes, size_t n)
{
	for (const char *s = bytes; s < bytes + n; s++) {
		if (!p->body && p->line_start && *s == '\n')
			p->body = true;
		p->line_start = *s == '\n';
		if (p->body ? p->how->body : p->how->header)
			putchar(*s);
	}
}

static bool
content(struct maildrop_reader *r, const struct maildrop *m, const char *name, const struct show *how)
{
	struct parts p = { .how = how, .line_start = true };
	const char *bytes;
	ssize_t n;

	while ((n = maildrop_content(r, &bytes)) > 0)
		put_bytes(&p, bytes, (size_t)n);
	if (n < 0)
		log_error("%s: %s", name, strerror(errno));
	else if (!maildrop_whole(r, m))
		log_error("%s: is not complete, or was altered", name);
	else
		return true;
	return false;
}

bool
show_maildrop(int fd, const char *name, const struct show *how)
{
	struct arena mem = ARENA(MEMORY);
	struct verdict why = VERDICT(&mem);
	struct maildrop_reader r;
	struct maildrop m = { 0 };
	bool ok;

	if (lseek(fd, 0, SEEK_SET) < 0) {
		log_error("%s: %s", name, strerror(errno));
		return false;
	}
	maildrop_open(&r, read_fd, &fd);
	if (!(ok = maildrop_read(&r, &mem, &m, &why) == FATE_OK))
		log_error("%s: %s", name, why.text);
	if (ok && how->envelope) {
		show_mark("ENVELOPE RECORDS", name);
		envelope(&m);
		show_mark("MESSAGE CONTENTS", name);
	}
	if (ok) {
		ok = content(&r, &m, name, how);
		if (how->envelope) {
			show_mark("HEADER EXTRACTED", name);
			show_mark("MESSAGE FILE END", name);
		}
	}
	maildrop_free(&m);
	maildrop_close(&r);
	arena_free(&mem);
	return ok;
}
