/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/text.h"
#include "lib/mail/qfile.h"
#include "tests/lib/mail/qfile_sample.h"

/* Every field, by the rows, so that no new one is forgotten. */
static void
same_record(const struct msg *m, const void *a, const void *b)
{
	struct buf x = BUF(1 << 20), y = BUF(1 << 20);

	record_put(&x, m->rows, m->n, a, QFILE_VERSION);
	record_put(&y, m->rows, m->n, b, QFILE_VERSION);
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.s, y.s, x.len);
	buf_free(&x);
	buf_free(&y);
}

static void
same_bytes(const struct qfile *q, struct qfile_place place, const char *want, size_t n)
{
	char *got = mem_alloc(n);

	assert_int_equal(place.len, n);
	assert_true(file_pread_all(qfile_fd(q), got, n, place.at));
	assert_memory_equal(got, want, n);
	free(got);
}

static void
all_comes_back(void **state)
{
	const struct qfile_attribute *attributes;
	struct recipient r[3];
	struct slot slots[3];
	struct sample s;
	struct qfile *q;
	struct stat st;
	size_t n;

	(void)state;
	sample_start(&s);
	sample_plain(&s);
	assert_int_equal(fstatat(s.dir, SAMPLE_ID, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	q = sample_open(&s, QFILE_READ);
	assert_string_equal(qfile_id(q), SAMPLE_ID);
	assert_int_equal(qfile_version(q), QFILE_VERSION);
	same_record(envelope_msg(), qfile_envelope(q), &sample_envelope);
	attributes = qfile_attributes(q, &n);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(attributes[i].name, sample_attributes[i].name);
		assert_string_equal(attributes[i].value, sample_attributes[i].value);
	}
	same_bytes(q, qfile_header(q), SAMPLE_HEADER, strlen(SAMPLE_HEADER));
	same_bytes(q, qfile_body_place(q), SAMPLE_BODY, strlen(SAMPLE_BODY));
	assert_int_equal(qfile_size(q), strlen(SAMPLE_HEADER) + 2 + strlen(SAMPLE_BODY));
	assert_true(qfile_body_ok(q));
	assert_int_equal(qfile_nrcpts(q), 3);
	assert_true(qfile_slots(q, 0, 3, slots));
	assert_true(qfile_rcpts(q, slots, 3, &s.mem, r, &s.why));
	for (size_t i = 0; i < 3; i++) {
		struct slot one;

		assert_true(slots[i].state == SLOT_OPEN && slots[i].attempts == 0 && slots[i].history_at == 0);
		assert_true(qfile_slot(q, i, &one) && one.rcpt_at == slots[i].rcpt_at);
		same_record(recipient_msg(), &r[i], &sample_rcpts[i]);
		assert_true(qfile_rcpt(q, &one, &s.mem, &r[i], &s.why));
		same_record(recipient_msg(), &r[i], &sample_rcpts[i]);
	}
	qfile_free(&q);
	assert_null(q);
	sample_end(&s);
}

static void
nothing_in_it(void **state)
{
	const struct envelope e = { .sender = "" };
	const struct qfile_content c = { .envelope = &e, .header = "", .header_fd = -1 };
	struct sample s;
	struct qfile *q;

	(void)state;
	sample_start(&s);
	sample_make(&s, "", 0, &c);
	q = sample_open(&s, QFILE_WRITE);
	assert_int_equal(qfile_nrcpts(q), 0);
	assert_int_equal(qfile_body_place(q).len, 0);
	assert_int_equal(qfile_header(q).len, 0);
	assert_true(qfile_body_ok(q));
	assert_string_equal(qfile_envelope(q)->sender, "");
	qfile_free(&q);
	sample_end(&s);
}

static const size_t body_sizes[] = { 1, 65471, 65472, 65473, 65535, 65536, 65537, 131007, 131008, 131009, 131072,
	200001, 3000000 };
static const size_t chunks[] = { 997, 16384, 65536, 100000, 4000000 };

static void
bodies_of_all_sizes(void **state)
{
	const struct qfile_content c = sample_content();
	char *body = sample_pattern(3000000);
	struct sample s;
	struct qfile *q;

	(void)state;
	sample_start(&s);
	for (size_t i = 0; i < NITEMS(body_sizes); i++) {
		for (size_t k = 0; k < NITEMS(chunks); k++) {
			struct qfile_writer *w = qfile_create(s.dir, SAMPLE_ID, &s.why);

			assert_non_null(w);
			for (size_t at = 0; at < body_sizes[i]; at += chunks[k])
				assert_true(qfile_body(
				    w, body + at, body_sizes[i] - at < chunks[k] ? body_sizes[i] - at : chunks[k]));
			assert_int_equal(qfile_body_len(w), body_sizes[i]);
			assert_int_equal(qfile_commit(w, &c, &s.why), FATE_OK);
			qfile_writer_free(&w);
			q = sample_open(&s, QFILE_READ);
			same_bytes(q, qfile_body_place(q), body, body_sizes[i]);
			same_bytes(q, qfile_header(q), SAMPLE_HEADER, strlen(SAMPLE_HEADER));
			assert_true(qfile_body_ok(q));
			qfile_free(&q);
			assert_int_equal(unlinkat(s.dir, SAMPLE_ID, 0), 0);
		}
	}
	free(body);
	sample_end(&s);
}

/* Small: the first body is forgotten in memory; large: the second run lies behind it in the file. */
static void
body_replaced(void **state)
{
	const struct qfile_content c = sample_content();
	static const size_t sizes[][2] = { { 10, 20 }, { 100, 70000 }, { 70000, 10 }, { 200000, 200000 },
		{ 70000, 0 } };
	char *body = sample_pattern(200000);
	struct sample s;
	struct qfile *q;

	(void)state;
	sample_start(&s);
	for (size_t i = 0; i < NITEMS(sizes); i++) {
		struct qfile_writer *w = qfile_create(s.dir, SAMPLE_ID, &s.why);

		assert_true(qfile_body(w, body, sizes[i][0]));
		qfile_body_again(w);
		assert_int_equal(qfile_body_len(w), 0);
		assert_true(qfile_body(w, body + 5, sizes[i][1] / 2));
		assert_true(qfile_body(
		    w, body + 5 + sizes[i][1] / 2, sizes[i][1] - sizes[i][1] / 2 - (sizes[i][1] > 5 ? 5 : 0)));
		assert_int_equal(qfile_commit(w, &c, &s.why), FATE_OK);
		qfile_writer_free(&w);
		q = sample_open(&s, QFILE_READ);
		same_bytes(q, qfile_body_place(q), body + 5, sizes[i][1] - (sizes[i][1] > 5 ? 5 : 0));
		assert_int_equal(qfile_body_place(q).at > QFILE_SUPER, sizes[i][0] >= 65536);
		assert_true(qfile_body_ok(q));
		qfile_free(&q);
		unlinkat(s.dir, SAMPLE_ID, 0);
	}
	free(body);
	sample_end(&s);
}

static void
header_from_a_file(void **state)
{
	static const size_t sizes[] = { 0, 10, 65536, 300000 };
	char *header = sample_pattern(300000);
	struct qfile_content c = sample_content();
	struct sample s;
	struct qfile *q;

	(void)state;
	sample_start(&s);
	for (size_t i = 0; i < NITEMS(sizes); i++) {
		FILE *f = tmpfile();

		assert_int_equal(fwrite(header, 1, sizes[i], f), sizes[i]);
		fflush(f);
		c.header = NULL;
		c.header_fd = fileno(f);
		c.header_len = sizes[i];
		sample_make(&s, SAMPLE_BODY, strlen(SAMPLE_BODY), &c);
		fclose(f);
		q = sample_open(&s, QFILE_READ);
		same_bytes(q, qfile_header(q), header, sizes[i]);
		same_bytes(q, qfile_body_place(q), SAMPLE_BODY, strlen(SAMPLE_BODY));
		qfile_free(&q);
		unlinkat(s.dir, SAMPLE_ID, 0);
	}
	/* A header file that is shorter than told is an error, not a crash and not a message. */
	{
		FILE *f = tmpfile();
		struct qfile_writer *w = qfile_create(s.dir, SAMPLE_ID, &s.why);

		c.header_fd = fileno(f);
		assert_int_equal(qfile_commit(w, &c, &s.why), FATE_LATER);
		qfile_writer_free(&w);
		fclose(f);
	}
	free(header);
	sample_end(&s);
}

static char *
long_text(size_t n)
{
	char *text = mem_alloc(n + 1);

	memset(text, 'x', n);
	text[n] = '\0';
	return text;
}

/* What can never be stored is refused for good, whatever wrote it. */
static void
refused_for_good(void **state)
{
	char *large = long_text(QFILE_ENVELOPE_MAX);
	const struct recipient bad_rcpts[] = { { .address = "a@b\nc" }, { .address = "a@b", .orcpt = "rfc822;\r" },
		{ .address = large } };
	const struct envelope bad_envelopes[] = { { .sender = "a\r\nb" }, { .sender = "a", .client_helo = "\n" },
		{ .sender = "a", .login = large } };
	const struct qfile_attribute bad_attributes[] = { { "", "x" }, { "a=b", "x" }, { "a\nb", "x" }, { "a", "\r" },
		{ "a", large } };
	struct sample s;

	(void)state;
	sample_start(&s);
	for (size_t i = 0; i < 3 + 3 + 5; i++) {
		struct qfile_content c = sample_content();
		struct qfile_writer *w = qfile_create(s.dir, SAMPLE_ID, &s.why);

		if (i < 3)
			c.rcpts = &bad_rcpts[i], c.nrcpts = 1;
		else if (i < 6)
			c.envelope = &bad_envelopes[i - 3];
		else
			c.attributes = &bad_attributes[i - 6], c.nattributes = 1;
		assert_int_equal(qfile_commit(w, &c, &s.why), FATE_NEVER);
		assert_true(s.why.code >= 500 && s.why.dsn[0] == '5' && s.why.text[0] != '\0');
		qfile_writer_free(&w);
		assert_int_equal(faccessat(s.dir, SAMPLE_ID, F_OK, 0), -1);
	}
	free(large);
	sample_end(&s);
}

static void
many_recipients(void **state)
{
	enum { N = 20000, SLICE = 3000 };
	struct recipient *r = mem_zero(N, sizeof(*r)), *got = mem_zero(SLICE, sizeof(*got));
	struct slot *slots = mem_zero(SLICE, sizeof(*slots));
	struct qfile_content c = sample_content();
	struct sample s;
	struct qfile *q;

	(void)state;
	sample_start(&s);
	for (size_t i = 0; i < N; i++)
		r[i].address = mem_fmt("user%zu@example.com", i);
	c.rcpts = r;
	c.nrcpts = N;
	sample_make(&s, SAMPLE_BODY, strlen(SAMPLE_BODY), &c);
	q = sample_open(&s, QFILE_WRITE);
	assert_int_equal(qfile_nrcpts(q), N);
	for (size_t first = 0; first < N; first += SLICE) {
		size_t n = N - first < SLICE ? N - first : SLICE;

		assert_true(qfile_slots(q, first, n, slots));
		assert_true(qfile_rcpts(q, slots, n, &s.mem, got, &s.why));
		for (size_t i = 0; i < n; i++)
			assert_string_equal(got[i].address, r[first + i].address);
	}
	/* Any selection in any order. */
	assert_true(qfile_slot(q, 19999, &slots[0]) && qfile_slot(q, 7, &slots[1]));
	assert_true(qfile_rcpts(q, slots, 2, &s.mem, got, &s.why));
	assert_string_equal(got[0].address, "user19999@example.com");
	assert_string_equal(got[1].address, "user7@example.com");
	/* A slot from elsewhere is refused. */
	slots[1].rcpt_at = 5;
	assert_false(qfile_rcpts(q, slots, 2, &s.mem, got, &s.why));
	assert_false(qfile_rcpt(q, &(struct slot){ .rcpt_at = UINT64_MAX, .rcpt_len = 99 }, &s.mem, got, &s.why));
	qfile_free(&q);
	for (size_t i = 0; i < N; i++)
		free((void *)(uintptr_t)r[i].address);
	free(r);
	free(got);
	free(slots);
	sample_end(&s);
}

/* Places beyond what 32 bits hold; the body is a hole in the file. */
static void
five_gigabytes(void **state)
{
	const uint64_t hole = 5ull << 30;
	struct history h = sample_history(5, "later"), got;
	unsigned char super[QFILE_SUPER], trailer[QFILE_TRAILER];
	struct disk_super head;
	struct disk_trailer t;
	struct slot slot;
	struct sample s;
	struct qfile *q;
	char *bytes;
	size_t n;
	int fd;

	(void)state;
	sample_start(&s);
	sample_plain(&s);
	bytes = sample_bytes(&s, &n);
	assert_int_equal(disk_super_get(&head, (unsigned char *)bytes), QFILE_GOOD);
	assert_true(disk_trailer_get(&t, (unsigned char *)bytes + head.trailer_at));
	fd = openat(s.dir, SAMPLE_ID, O_RDWR | O_TRUNC | O_CLOEXEC);
	assert_true(file_pwrite_all(fd, bytes + t.header_at, n - t.header_at, (off_t)(t.header_at + hole)));
	for (uint32_t i = 0; i < 4; i++) {
		unsigned char out[QFILE_SLOT];
		uint32_t number = i == 0 ? DISK_MESSAGE : i - 1;

		assert_true(disk_slot_get(&slot, (unsigned char *)bytes + t.slots_at + i * QFILE_SLOT, number));
		slot.rcpt_at += hole;
		disk_slot_put(out, number, &slot);
		assert_true(file_pwrite_all(fd, out, sizeof(out), (off_t)(t.slots_at + hole + i * QFILE_SLOT)));
	}
	head.trailer_at += hole;
	disk_super_put(super, &head);
	t.body_len += hole, t.header_at += hole, t.envelope_at += hole, t.attributes_at += hole, t.rcpts_at += hole;
	t.slots_at += hole, t.trailer_at += hole;
	t.super_crc = crc32c(0, super, QFILE_SUPER - 4);
	disk_trailer_put(trailer, &t);
	if (!file_pwrite_all(fd, super, sizeof(super), 0) ||
	    !file_pwrite_all(fd, trailer, sizeof(trailer), (off_t)t.trailer_at))
		fail();
	close(fd);
	q = sample_open(&s, QFILE_WRITE);
	assert_true(qfile_size(q) > (5l << 30));
	assert_true(qfile_mark(q, 2, SLOT_OPEN, 0, &h, &s.why));
	qfile_free(&q);
	q = sample_open(&s, QFILE_READ);
	same_bytes(q, qfile_header(q), SAMPLE_HEADER, strlen(SAMPLE_HEADER));
	assert_true(
	    qfile_slot(q, 2, &slot) && slot.attempts == 1 && qfile_history_at(q, slot.history_at, &s.mem, &got));
	assert_string_equal(got.text, "later");
	qfile_free(&q);
	free(bytes);
	sample_end(&s);
}

static void
not_a_file(void **state)
{
	enum qfile_state st;
	struct sample s;

	(void)state;
	sample_start(&s);
	assert_null(qfile_open(s.dir, SAMPLE_ID, QFILE_READ, &st, &s.why));
	assert_int_equal(st, QFILE_UNREADABLE);
	assert_int_equal(mkdirat(s.dir, SAMPLE_ID, 0700), 0);
	for (int mode = QFILE_READ; mode <= QFILE_WRITE; mode++) {
		assert_null(qfile_open(s.dir, SAMPLE_ID, (enum qfile_mode)mode, &st, &s.why));
		assert_int_equal(st, QFILE_DAMAGED);
	}
	unlinkat(s.dir, SAMPLE_ID, AT_REMOVEDIR);
	assert_int_equal(symlinkat("/etc/passwd", s.dir, SAMPLE_ID), 0);
	assert_null(qfile_open(s.dir, SAMPLE_ID, QFILE_READ, &st, &s.why));
	assert_int_equal(st, QFILE_DAMAGED);
	unlinkat(s.dir, SAMPLE_ID, 0);
	assert_int_equal(mkfifoat(s.dir, SAMPLE_ID, 0600), 0);
	for (int mode = QFILE_READ; mode <= QFILE_WRITE; mode++) {
		assert_null(qfile_open(s.dir, SAMPLE_ID, (enum qfile_mode)mode, &st, &s.why));
		assert_int_equal(st, QFILE_DAMAGED);
	}
	sample_end(&s);
}

/* No CRC: over parts that end with their own it would always be the same. */
static uint64_t
fnv1a(const char *s, size_t n)
{
	uint64_t h = 0xcbf29ce484222325;

	while (n-- > 0)
		h = (h ^ (unsigned char)*s++) * 0x100000001b3;
	return h;
}

/* Files outlive programs: the same message makes the same bytes for ever (a new version adds rows, see qfile.def). */
static void
format_is_final(void **state)
{
	struct history h = sample_history(1790000001000000, "refused");
	struct sample s;
	struct qfile *q;
	char *bytes;
	size_t n;

	(void)state;
	sample_start(&s);
	sample_plain(&s);
	q = sample_open(&s, QFILE_WRITE);
	assert_true(qfile_mark(q, 1, SLOT_FAILED, SLOT_NOTICE_OWED, &h, &s.why));
	qfile_free(&q);
	bytes = sample_bytes(&s, &n);
	assert_int_equal(n, 1606);
	assert_int_equal(fnv1a(bytes, n), 0xb9a1754a04a7d32a);
	free(bytes);
	sample_end(&s);
}

/* The manual page knows every field. */
static void
manual_is_complete(void **state)
{
	const struct msg *records[] = { envelope_msg(), recipient_msg(), history_msg() };
	const char *source = getenv("SALLYPORT_SOURCE");
	struct buf page = BUF(1 << 20);
	struct arena mem = ARENA(65536);

	(void)state;
	if (!file_read(AT_FDCWD, arena_fmt(&mem, "%s/man/sallyport-queue.5", source != NULL ? source : "."), &page))
		skip();
	for (size_t i = 0; i < NITEMS(records); i++) {
		for (size_t k = 0; k < records[i]->n; k++) {
			const char *name = records[i]->rows[k].name;

			if (strstr(page.s, arena_fmt(&mem, ".It Li %s", name)) == NULL &&
			    strstr(page.s, arena_fmt(&mem, " , %s", name)) == NULL)
				fail_msg("%s of %s is not in the manual", name, records[i]->name);
		}
	}
	buf_free(&page);
	arena_free(&mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_comes_back),
		cmocka_unit_test(nothing_in_it),
		cmocka_unit_test(bodies_of_all_sizes),
		cmocka_unit_test(body_replaced),
		cmocka_unit_test(header_from_a_file),
		cmocka_unit_test(refused_for_good),
		cmocka_unit_test(many_recipients),
		cmocka_unit_test(five_gigabytes),
		cmocka_unit_test(not_a_file),
		cmocka_unit_test(format_is_final),
		cmocka_unit_test(manual_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
