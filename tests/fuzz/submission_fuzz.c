/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a submission, in a pipe and in a file: what gets through is one line per line, and comes back the same. */
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/mail/maildrop.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct source {
	const uint8_t *p;
	size_t left, piece;
};

static ssize_t
give(void *ctx, void *to, size_t n)
{
	struct source *s = ctx;

	if (n > s->piece)
		n = s->piece;
	if (n > s->left)
		n = s->left;
	memcpy(to, s->p, n);
	s->p += n;
	s->left -= n;
	return (ssize_t)n;
}

static void
one_line(const char *s)
{
	must_hold(strpbrk(s, "\r\n") == NULL);
}

/* Written anew, as postdrop does, it is the same. */
static void
again(const struct maildrop *m, struct arena *mem)
{
	struct buf b = BUF(64 << 20);
	struct source from;
	struct maildrop_reader r;
	struct verdict why = VERDICT(mem);
	struct maildrop copy;

	maildrop_put(&b, submission_mail_msg(), &m->mail);
	for (size_t i = 0; i < m->nrcpts; i++)
		maildrop_put(&b, submission_rcpt_msg(), &m->rcpts[i]);
	maildrop_put_end(&b, 0, crc32c(0, b.s, b.len));
	from = (struct source){ (const uint8_t *)b.s, b.len, 4096 };
	maildrop_open(&r, give, &from);
	must_hold(maildrop_read(&r, mem, &copy, &why) == FATE_OK);
	must_hold(copy.nrcpts == m->nrcpts && strcmp(copy.mail.sender, m->mail.sender) == 0);
	must_hold(maildrop_whole(&r, &copy));
	maildrop_free(&copy);
	maildrop_close(&r);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct source from = { bytes, n, 4096 };
	struct arena mem = ARENA(64 << 20);
	struct verdict why = VERDICT(&mem);
	struct maildrop_reader r;
	struct maildrop m;
	const char *content;
	ssize_t got;
	long total = 0;

	if (n > 0) {
		from.piece = (size_t)bytes[0] + 1;
		from.p++, from.left--;
	}
	maildrop_open(&r, give, &from);
	r.chunked = n > 0 && bytes[0] % 2;
	if (maildrop_read(&r, &mem, &m, &why) == FATE_OK) {
		one_line(m.mail.sender);
		one_line(m.mail.full_name);
		one_line(m.mail.envid);
		for (size_t i = 0; i < m.nrcpts; i++)
			one_line(m.rcpts[i].address);
		while ((got = maildrop_content(&r, &content)) > 0)
			total += got;
		must_hold(total == r.received && (size_t)total <= n);
		must_hold(maildrop_content(&r, &content) == got);
		again(&m, &mem);
	} else {
		must_hold(why.fate == FATE_NEVER && why.text[0] != '\0');
	}
	maildrop_free(&m);
	maildrop_close(&r);
	arena_free(&mem);
	return 0;
}
