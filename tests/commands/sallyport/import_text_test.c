/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/import.h"
#include "lib/base/mem.h"
#include "tests/support/test.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void
list(void *ctx, const struct file_name *f)
{
	struct buf *b = ctx;

	buf_fmt(b, "%s%s%s=%s", b->len > 0 ? " " : "", f->type != NULL ? f->type : "", f->table ? "" : "?", f->path);
}

static const struct {
	const char *value, *want;
} named[] = {
	{ "", "" },
	{ "hash:/etc/aliases", "hash=/etc/aliases" },
	{ "hash:/a, btree:/b\tcdb:/c", "hash=/a btree=/b cdb=/c" },
	{ "proxy:mysql:/etc/postfix/a.cf", "mysql=/etc/postfix/a.cf" },
	{ "proxy:unix:passwd.byname $x", "" },
	{ "permit_mynetworks, check_client_access cidr:/c, reject", "cidr=/c" },
	{ "check_helo_access { pcre:/h, { search_order = key } }", "pcre=/h" },
	{ "pipemap:{texthash:/a,pcre:/b}", "texthash=/a pcre=/b" },
	{ "inline:{ {a=/b}, c=hash:/d } hash:/e", "hash=/e" },
	{ "regexp:{ {/^a/ hash:/b} }", "" },
	{ "proxy:inline:{ a=/b }", "" },
	{ "inline:{ a=/b", "" },
	{ "static:OK tcp:127.0.0.1:10 nis:mail.aliases environ:", "" },
	{ "ldap:people ldap:/etc/ldap.cf ldap:sub/x.cf", "ldap=/etc/ldap.cf ldap=sub/x.cf" },
	{ "/etc/postfix/domains, !/etc/postfix/not", "?=/etc/postfix/domains ?=/etc/postfix/not" },
	{ "lmtp:unix:/run/x, dev:/dev/urandom", "dev?=/dev/urandom" },
	{ "[::1]/128 127.0.0.0/8", "" },
	{ "::: :a a: proxy: proxy:proxy:hash:/x {}{}", "hash=/x" },
};

static void
test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(named); i++) {
		struct buf got = BUF(4096);
		char *copy = mem_str(named[i].value);

		text_files(copy, list, &got);
		assert_string_equal(buf_str(&got), named[i].want);
		buf_free(&got);
		free(copy);
	}
}

static void
list_type(void *ctx, const char *type)
{
	buf_fmt(ctx, "%s ", type);
}

static const struct {
	const char *value, *want;
} types[] = {
	{ "hash:/a, ldap:people proxy:mysql:/b !cidr:/c", "hash ldap mysql cidr " },
	{ "unionmap:{hash:/a,pgsql:b} inline:{ ldap:x = y } static:z", "unionmap hash pgsql inline static " },
	{ "check_client_access { cidr:/a, x = y }", "cidr " },
	{ "no types, /here, :x proxy: proxy:proxy:{} {}", "" },
	{ "inline:{ a=b", "inline " },
};

static void
test_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(types); i++) {
		struct buf got = BUF(4096);
		char *copy = mem_str(types[i].value);

		text_types(copy, list_type, &got);
		assert_string_equal(buf_str(&got), types[i].want);
		buf_free(&got);
		free(copy);
	}
}

static bool
moves(void *ctx, const char *rel)
{
	(void)ctx;
	return strncmp(rel, "keys", 4) != 0 && *rel != '\0';
}

static const struct {
	const char *value, *want;
} moved[] = {
	{ "hash:/old/dir/x", "hash:/new/x" },
	{ "hash:/old/dir/a/b, /old/dir/c", "hash:/new/a/b, /new/c" },
	{ "=/old/dir/x", "=/new/x" },
	{ "{pcre:/old/dir/x}", "{pcre:/new/x}" },
	/* Another folder, and no folder at all. */
	{ "/old/directory/x", "/old/directory/x" },
	{ "/very/old/dir/x", "/very/old/dir/x" },
	{ "x/old/dir/x", "x/old/dir/x" },
	{ "/old/dir", "/old/dir" },
	{ "/old/dir/../x", "/old/dir/../x" },
	{ "/old/dir//keys/../x", "/old/dir//keys/../x" },
	/* What stays. */
	{ "/old/dir/keys/k.pem", "/old/dir/keys/k.pem" },
	{ "$config_directory/keys/k.pem", "/old/dir/keys/k.pem" },
	{ "${config_directory}", "/old/dir" },
	/* What is in the folder of the configuration, wherever that is. */
	{ "$config_directory/x ${config_directory}/x $(config_directory)/x",
	    "$config_directory/x ${config_directory}/x $(config_directory)/x" },
	{ "$config_directory_too/keys", "$config_directory_too/keys" },
	{ "/old/dir/$what", "/new/$what" },
	{ "/old/dir/keys$what", "/old/dir/keys$what" },
	{ "$$config_directory/keys", "$$config_directory/keys" },
};

static void
test_move(void **state)
{
	const struct text_move m = { .as = "/old/dir", .to = "/new", .moves = moves };

	(void)state;
	for (size_t i = 0; i < NITEMS(moved); i++) {
		struct buf got = BUF(4096);

		text_move(&m, moved[i].value, strlen(moved[i].value), &got);
		assert_string_equal(buf_str(&got), moved[i].want);
		buf_free(&got);
	}
}

static const struct {
	const char *path, *want; /* NULL: not below */
} belows[] = {
	{ "a", "a" },
	{ "a/b", "a/b" },
	{ "/a//./b/", "a/b" },
	{ "", NULL },
	{ "/", NULL },
	{ ".", NULL },
	{ "..", NULL },
	{ "a/..", NULL },
	{ "a/../../b", NULL },
	{ "..a/.b", "..a/.b" },
};

static void
test_below(void **state)
{
	char got[PATH_MAX], little[4];

	(void)state;
	for (size_t i = 0; i < NITEMS(belows); i++) {
		assert_int_equal(text_below(belows[i].path, got, sizeof(got)), belows[i].want != NULL);
		if (belows[i].want != NULL)
			assert_string_equal(got, belows[i].want);
	}
	assert_false(text_below("abcd", little, sizeof(little)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
