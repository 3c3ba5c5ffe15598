/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a queue file, read to the end.  Half of the inputs get the
 * right checksums and places, so that what stands between them is reached.
 */
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/io/file.h"
#include "lib/mail/qfile.h"
#include "lib/mail/qfile_disk.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
quiet(enum log_level level, const char *line)
{
	(void)level, (void)line;
	return true;
}

/* The next piece of the input: its length in two bytes, then itself. */
static size_t
piece(const uint8_t **p, size_t *left, const uint8_t **bytes)
{
	size_t n;

	if (*left < 2)
		return 0;
	n = (size_t)(*p)[0] | (size_t)(*p)[1] << 8;
	*p += 2, *left -= 2;
	if (n > *left)
		n = *left;
	*bytes = *p;
	*p += n, *left -= n;
	return n;
}

static void
add_slots(struct buf *b, struct disk_trailer *t, const uint8_t *bytes, size_t n)
{
	unsigned char out[QFILE_SLOT];
	struct slot slot = { .state = SLOT_OPEN };

	t->slots_at = b->len;
	disk_slot_put(out, DISK_MESSAGE, &slot);
	buf_add(b, out, sizeof(out));
	t->nrcpts = n / 4 < 100 ? n / 4 : 100;
	for (size_t i = 0; i < t->nrcpts; i++, bytes += 4) {
		slot.state = (enum slot_state)(bytes[0] & 7);
		slot.flags = bytes[0] >> 3;
		slot.rcpt_at = t->rcpts_at + (int8_t)bytes[1];
		slot.rcpt_len = bytes[2];
		slot.history_at = t->slots_at + (t->nrcpts + 1) * QFILE_SLOT + QFILE_TRAILER + bytes[3];
		disk_slot_put(out, (uint32_t)i, &slot);
		buf_add(b, out, sizeof(out));
	}
}

static void
build(struct buf *b, const uint8_t *p, size_t left)
{
	struct disk_super super = { .version = QFILE_VERSION, .id = "fuzz" };
	unsigned char out[QFILE_TRAILER] = { 0 };
	struct disk_trailer t = { .body_at = QFILE_SUPER, .header_at = QFILE_SUPER };
	const uint8_t *bytes = NULL;
	size_t n;

	buf_add(b, out, QFILE_SUPER);
	t.header_len = piece(&p, &left, &bytes);
	buf_add(b, bytes, t.header_len);
	t.header_crc = crc32c(0, b->s + t.header_at, t.header_len);
	t.envelope_at = b->len;
	t.envelope_len = piece(&p, &left, &bytes);
	buf_add(b, bytes, t.envelope_len);
	t.attributes_at = b->len;
	t.attributes_len = n = piece(&p, &left, &bytes);
	buf_add(b, bytes, n);
	for (size_t i = 0; i < n; i++)
		t.nattributes += bytes[i] == '\0';
	t.rcpts_at = b->len;
	n = piece(&p, &left, &bytes);
	buf_add(b, bytes, n);
	while (b->len % QFILE_SLOT != 0)
		buf_putc(b, '\0');
	t.rcpts_len = b->len - t.rcpts_at;
	t.envelope_crc = crc32c(0, b->s + t.envelope_at, b->len - t.envelope_at);
	n = piece(&p, &left, &bytes);
	add_slots(b, &t, bytes, n);
	super.trailer_at = t.trailer_at = b->len;
	disk_super_put((unsigned char *)b->s, &super);
	t.super_crc = crc32c(0, b->s, QFILE_SUPER - 4);
	disk_trailer_put(out, &t);
	buf_add(b, out, sizeof(out));
	while (left > 2 && (n = piece(&p, &left, &bytes)) > 0) {
		struct disk_record r = { (uint32_t)n, crc32c(0, bytes, n) };

		disk_record_put(out, &r, b->len);
		buf_add(b, out, QFILE_RECORD);
		buf_add(b, bytes, n);
	}
	buf_add(b, p, left);
}

static void
read_all(const struct qfile *q)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct qfile_cursor c = { 0 };
	struct recipient r;
	struct history h;
	struct slot slot;
	size_t n, i;

	must_hold(qfile_envelope(q)->sender != NULL);
	for (i = 0, qfile_attributes(q, &n); i < n; i++)
		must_hold(qfile_attributes(q, &n)[i].name[0] != '\0');
	for (i = 0; i < qfile_nrcpts(q); i++) {
		if (!qfile_slot(q, i, &slot))
			continue;
		if (qfile_rcpt(q, &slot, &mem, &r, &why))
			must_hold(strpbrk(r.address, "\r\n") == NULL);
		if (qfile_history_at(q, slot.history_at, &mem, &h))
			must_hold(h.number >= -1 && h.number < (long)qfile_nrcpts(q));
		arena_reset(&mem);
	}
	while (qfile_history(q, &c, &mem, &h))
		arena_reset(&mem);
	qfile_body_ok(q);
	arena_free(&mem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena mem = ARENA(1 << 20);
	struct verdict why = VERDICT(&mem);
	struct buf b = BUF(1 << 20);
	enum qfile_state state;
	struct qfile *q;
	int fd;

	if (size == 0 || size > 1 << 18)
		return 0;
	log_open("fuzz", "qfile", quiet);
	if (data[0] & 1)
		build(&b, data + 1, size - 1);
	else
		buf_add(&b, data + 1, size - 1);
	fd = memfd_create("qfile", MFD_CLOEXEC);
	must_hold(fd >= 0 && file_write_all(fd, buf_str(&b), b.len));
	q = qfile_open_fd(fd, data[0] & 2 ? QFILE_WRITE : QFILE_READ, &state, &why);
	must_hold((q != NULL) == (state == QFILE_GOOD));
	if (q != NULL)
		read_all(q);
	else
		close(fd);
	qfile_free(&q);
	buf_free(&b);
	arena_free(&mem);
	return 0;
}
