/* SPDX-License-Identifier: Apache-2.0 */
#include "smtp/extra.h"

#include "lib/base/text.h"
#include "lib/io/file.h"

#include <stdlib.h>
#include <string.h>

/* A loop's header is not larger than what one delivery makes of it. */
enum { HEADER_MOST = 4 << 20 };

bool
extra_flags(const char *const *arguments, unsigned *flags, struct buf *err)
{
	static const struct {
		char letter;
		unsigned flag;
	} known[] = { { 'D', FLAG_DELIVERED_TO }, { 'O', FLAG_ORIGINAL_TO }, { 'R', FLAG_RETURN_PATH },
		{ 'X', FLAG_FINAL } };

	for (; arguments != NULL && *arguments != NULL; arguments++) {
		const char *s = *arguments;

		if (!text_starts(s, "flags=")) {
			buf_fmt(err, "unknown argument \"%s\" in master.cf; flags=DORX is what can stand there", s);
			return false;
		}
		for (s += 6; *s != '\0'; s++) {
			size_t i = 0;

			while (i < NITEMS(known) && known[i].letter != *s)
				i++;
			if (i == NITEMS(known)) {
				buf_fmt(err, "unknown flag '%c' in master.cf; D, O, R and X are known", *s);
				return false;
			}
			*flags |= known[i].flag;
		}
	}
	return true;
}

const char *
extra_lines(unsigned flags, const struct deliver_request *r, const struct deliver_rcpt *rcpt, struct arena *mem)
{
	const char *s = "";

	if (flags & FLAG_RETURN_PATH)
		s = arena_fmt(mem, "Return-Path: <%s>\r\n", r->sender);
	if (r->nrcpt == 1 && (flags & FLAG_ORIGINAL_TO))
		s = arena_fmt(mem, "%sX-Original-To: %s\r\n", s, *rcpt->original ? rcpt->original : rcpt->address);
	if (r->nrcpt == 1 && (flags & FLAG_DELIVERED_TO))
		s = arena_fmt(mem, "%sDelivered-To: %s\r\n", s, rcpt->address);
	return *s != '\0' ? s : NULL;
}

bool
extra_delivered(int file, const struct deliver_request *r, const char *address)
{
	size_t n = r->header_len < HEADER_MOST ? (size_t)r->header_len : HEADER_MOST;
	char *header = mem_alloc(n + 1), *cursor = header, *line;
	bool found = false;

	header[n] = '\0';
	if (file_pread_all(file, header, n, r->header_at))
		while (!found && (line = text_word(&cursor, "\r\n")) != NULL)
			found = text_starts(line, "Delivered-To:") && text_same(text_trim(line + 13), address);
	free(header);
	return found;
}
