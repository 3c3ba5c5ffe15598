/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/certificate.h"

#include "lib/base/mem.h"
#include "tests/support/test.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;

static char *
in_folder(const char *name)
{
	return mem_fmt("%s/%s", folder, name);
}

/* A certificate of the key for that name, valid between two days from now. */
static void
put_certificate(FILE *f, EVP_PKEY *key, const char *name, long from, long to)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);

	assert_int_equal(X509_set_version(x, 2), 1);
	assert_int_equal(
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0), 1);
	assert_int_equal(X509_set_issuer_name(x, subject), 1);
	assert_non_null(X509_time_adj_ex(X509_getm_notBefore(x), (int)from, 0, NULL));
	assert_non_null(X509_time_adj_ex(X509_getm_notAfter(x), (int)to, to == 0 ? -60 : 0, NULL));
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(f, x), 1);
	X509_free(x);
}

static void
put_key(FILE *f, EVP_PKEY *key, const char *passphrase)
{
	assert_int_equal(
	    PEM_write_PrivateKey(f, key, passphrase != NULL ? EVP_aes_128_cbc() : NULL,
		(const unsigned char *)passphrase, passphrase != NULL ? (int)strlen(passphrase) : 0, NULL, NULL),
	    1);
}

static FILE *
create(const char *name)
{
	char *path = in_folder(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	free(path);
	return f;
}

static void
make_files(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	static const struct {
		const char *name, *host;
		long from, to;
	} certificates[] = {
		{ "good", "mx.example", -1, 90 },
		{ "soon", "mx.example", -80, 10 },
		{ "old", "mx.example", -90, -3 },
		{ "today", "mx.example", -90, 0 },
		{ "new", "mx.example", 2, 90 },
		{ "elsewhere", "www.example", -1, 90 },
	};
	FILE *f;

	for (size_t i = 0; i < NITEMS(certificates); i++) {
		f = create(certificates[i].name);
		put_certificate(f, key, certificates[i].host, certificates[i].from, certificates[i].to);
		put_key(f, key, NULL);
		assert_int_equal(fclose(f), 0);
	}
	f = create("key");
	put_key(f, key, NULL);
	assert_int_equal(fclose(f), 0);
	f = create("other");
	put_key(f, other, NULL);
	assert_int_equal(fclose(f), 0);
	f = create("locked");
	put_key(f, key, "secret");
	assert_int_equal(fclose(f), 0);
	f = create("text");
	assert_true(fputs("hello\n-----BEGIN CERTIFICATE-----\nnonsense\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static const struct {
	const char *cert, *key;
	enum certificate_state state;
	const char *file; /* the guilty one */
	long least, most; /* days */
	bool not_yet, name_fits;
} cases[] = {
	{ "good", "key", CERTIFICATE_GOOD, "key", 89, 90, false, true },
	{ "good", "good", CERTIFICATE_GOOD, "good", 89, 90, false, true },
	{ "soon", "soon", CERTIFICATE_GOOD, "soon", 9, 10, false, true },
	{ "old", "old", CERTIFICATE_GOOD, "old", -4, -3, false, true },
	{ "today", "today", CERTIFICATE_GOOD, "today", -1, -1, false, true },
	{ "new", "new", CERTIFICATE_GOOD, "new", 89, 90, true, true },
	{ "elsewhere", "key", CERTIFICATE_GOOD, "key", 89, 90, false, false },
	{ "good", "other", CERTIFICATE_OTHER_KEY, "other", 0, 0, false, false },
	{ "good", "locked", CERTIFICATE_PASSPHRASE, "locked", 0, 0, false, false },
	{ "good", "text", CERTIFICATE_NO_KEY, "text", 0, 0, false, false },
	{ "good", "absent", CERTIFICATE_NO_FILE, "absent", 0, 0, false, false },
	{ "good", ".", CERTIFICATE_NO_FILE, ".", 0, 0, false, false },
	{ "text", "key", CERTIFICATE_NONE_IN_IT, "text", 0, 0, false, false },
	{ "key", "key", CERTIFICATE_NONE_IN_IT, "key", 0, 0, false, false },
	{ "absent", "key", CERTIFICATE_NO_FILE, "absent", 0, 0, false, false },
};

static void
each_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(cases); i++) {
		char *cert = in_folder(cases[i].cert), *key = in_folder(cases[i].key), *file = in_folder(cases[i].file);
		struct certificate x;
		enum certificate_state got = certificate_read(cert, key, "mx.example", &x);

		if (got != cases[i].state)
			fail_msg("%s and %s: state %d", cases[i].cert, cases[i].key, got);
		assert_string_equal(x.file, file);
		if (got == CERTIFICATE_NO_FILE)
			assert_int_equal(errno, strcmp(cases[i].file, ".") == 0 ? EISDIR : ENOENT);
		if (got == CERTIFICATE_GOOD) {
			if (x.days < cases[i].least || x.days > cases[i].most)
				fail_msg("%s: %ld days", cases[i].cert, x.days);
			assert_int_equal(x.not_yet, cases[i].not_yet);
			assert_int_equal(x.name_fits, cases[i].name_fits);
		}
		free(cert);
		free(key);
		free(file);
	}
}

static void
authorities(void **state)
{
	char *good = in_folder("good"), *text = in_folder("text"), *absent = in_folder("absent");

	(void)state;
	assert_true(certificate_any(good));
	assert_false(certificate_any(text));
	assert_false(certificate_any(absent));
	free(good);
	free(text);
	free(absent);
}

static int
make_folder(void **state)
{
	(void)state;
	folder = mem_fmt("%s/certificate.XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(folder) == NULL)
		return 1;
	make_files();
	return 0;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = { "good", "soon", "old", "today", "new", "elsewhere", "key", "other",
		"locked", "text" };

	(void)state;
	for (size_t i = 0; i < NITEMS(names); i++) {
		char *path = in_folder(names[i]);

		unlink(path);
		free(path);
	}
	rmdir(folder);
	free(folder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_state), cmocka_unit_test(authorities) };

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
