/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/table/match_list.h"

#include "tests/support/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAILING "fail:reason"

static const struct conf cf = { .parent_domain_matches_subdomains = "mynetworks, relay_domains",
	.smtputf8_enable = true };
static const struct table_env env = { .cf = &cf };

static const struct {
	const char *parameter, *patterns, *name;
	enum table_result want;
} names[] = {
	{ "mydestination", "example.com", "example.com", TABLE_FOUND },
	{ "mydestination", "example.com", "EXAMPLE.com", TABLE_FOUND },
	{ "mydestination", "example.com", "a.example.com", TABLE_ABSENT },
	{ "relay_domains", "example.com", "a.example.com", TABLE_FOUND },
	{ "relay_domains", "example.com", "badexample.com", TABLE_ABSENT },
	{ "mydestination", ".example.com", "a.example.com", TABLE_FOUND },
	{ "mydestination", ".example.com", "example.com", TABLE_ABSENT },
	{ "mydestination", "!bad.example.com, .example.com", "bad.example.com", TABLE_ABSENT },
	{ "mydestination", "!bad.example.com, .example.com", "good.example.com", TABLE_FOUND },
	{ "mydestination", "!!bad.example.com", "bad.example.com", TABLE_FOUND },
	{ "mydestination", "inline:{example.com=x}", "example.com", TABLE_FOUND },
	{ "mydestination", "inline:{example.com=x}", "a.example.com", TABLE_ABSENT },
	{ "relay_domains", "inline:{example.com=x}", "a.b.example.com", TABLE_FOUND },
	{ "mydestination", "inline:{.example.com=x}", "a.b.example.com", TABLE_FOUND },
	{ "mydestination", "inline:{ { a.example = x y }, b.example=z } c.example", "a.example", TABLE_FOUND },
	{ "mydestination", "inline:{ { a.example = x y }, b.example=z } c.example", "b.example", TABLE_FOUND },
	{ "mydestination", "inline:{ { a.example = x y }, b.example=z } c.example", "c.example", TABLE_FOUND },
	{ "mydestination", "inline:{ { a.example = x y }, b.example=z } c.example", "y", TABLE_ABSENT },
	{ "mydestination", "!inline:{ {a.example = x} }, .example", "a.example", TABLE_ABSENT },
	{ "mydestination", "!inline:{ {a.example = x} }, .example", "b.example", TABLE_FOUND },
	{ "mydestination", "", "example.com", TABLE_ABSENT },
	{ "mydestination",
	    "b\xc3\xbc"
	    "cher.example",
	    "xn--bcher-kva.example", TABLE_FOUND },
	{ "mydestination", "xn--bcher-kva.example",
	    "b\xc3\xbc"
	    "cher.example",
	    TABLE_FOUND },
	{ "mydestination", "inline:{xn--bcher-kva.example=x}",
	    "b\xc3\xbc"
	    "cher.example",
	    TABLE_FOUND },
	{ "mydestination", "!xn--bcher-kva.example .example",
	    "b\xc3\xbc"
	    "cher.example",
	    TABLE_ABSENT },
	/* What stands before a table that fails is known, whatever it would say; nothing else is. */
	{ "mydestination", "one.example, " FAILING, "one.example", TABLE_FOUND },
	{ "mydestination", "!one.example, " FAILING, "one.example", TABLE_ABSENT },
	{ "mydestination", "one.example, " FAILING ", two.example", "two.example", TABLE_ERROR },
	{ "mydestination", "!" FAILING, "two.example", TABLE_ERROR },
};

static void
lists_of_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(names); i++) {
		struct arena mem = ARENA(1 << 16);
		struct verdict why = VERDICT(&mem);
		struct buf err = BUF(1000);
		struct match_list *l = match_list_open(names[i].parameter, names[i].patterns, &env, &err);

		assert_non_null(l);
		if (match_list_get(l, names[i].name, &mem, &why) != names[i].want)
			fail_msg("\"%s\" and %s", names[i].patterns, names[i].name);
		match_list_free(&l);
		arena_free(&mem);
	}
}

/* Users, for example: a dot in a name is no reason to look further. */
static void
whole_names(void **state)
{
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(1000);
	struct match_list *l = match_list_open("relay_domains", "joe inline:{ann=x}", &env, &err);

	(void)state;
	assert_non_null(l);
	assert_int_equal(match_list_get_exact(l, "Joe", &mem, &why), TABLE_FOUND);
	assert_int_equal(match_list_get_exact(l, "ann", &mem, &why), TABLE_FOUND);
	assert_int_equal(match_list_get_exact(l, "the.joe", &mem, &why), TABLE_ABSENT);
	assert_int_equal(match_list_get_exact(l, "the.ann", &mem, &why), TABLE_ABSENT);
	match_list_free(&l);
	arena_free(&mem);
}

static const struct {
	const char *patterns;
	const char *in, *out; /* clients "address" or "name[address]" that are in it, and that are not */
} clients[] = {
	{ "127.0.0.0/8 [::1]/128", "127.0.0.1 127.255.255.255 ::1 ::ffff:127.0.0.1", "128.0.0.1 126.0.0.1 ::2" },
	{ "192.0.2.0/24, !192.0.2.7", "192.0.2.7 192.0.2.8", "" },
	{ "!192.0.2.7, 192.0.2.0/24", "192.0.2.8", "192.0.2.7" },
	{ "!!192.0.2.7", "192.0.2.7", "192.0.2.8" },
	{ "2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1" },
	{ "", "", "127.0.0.1 ::1" },
	{ "inline:{192.0.2.7=x} 10.0.0.0/8", "192.0.2.7 10.1.2.3", "192.0.2.8" },
	{ "inline:{192.0.2=x} inline:{10=x}", "", "192.0.2.7 10.1.2.3" },
	{ "inline:{ {192.0.2.7 = a b}, 192.0.2.8=c }", "192.0.2.7 192.0.2.8", "192.0.2.9" },
	{ "!inline:{192.0.2.7=x} 192.0.2.0/24", "192.0.2.8", "192.0.2.7" },
	{ "inline:{2001:db8::7=x}", "2001:db8::7", "2001:db8::8" },
	{ "host.example", "host.example[10.0.0.1] x.host.example[10.0.0.1]", "10.0.0.1 ghost.example[10.0.0.1]" },
	{ "inline:{example=x}", "host.example[10.0.0.1]", "10.0.0.1" },
	{ "!bad.example 10.0.0.0/8", "10.0.0.1 good.example[10.0.0.2]", "bad.example[10.0.0.1]" },
	{ "10.0.0.0/8 " FAILING, "10.0.0.1", "" },
};

static enum table_result
ask_client(struct match_list *l, const char *client, struct verdict *why)
{
	const char *bracket = strchr(client, '[');
	char name[64] = "unknown", address[64];
	struct addr a;

	snprintf(address, sizeof(address), "%s", bracket != NULL ? bracket + 1 : client);
	if (bracket != NULL) {
		snprintf(name, sizeof(name), "%.*s", (int)(bracket - client), client);
		address[strlen(address) - 1] = '\0';
	}
	assert_true(addr_parse(&a, address, 25));
	return match_list_get_client(l, name, &a, why->mem, why);
}

static void
check_clients(struct match_list *l, const char *some, enum table_result want)
{
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	char copy[256], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", some);
	for (char *w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		print_message("    %s\n", w);
		assert_int_equal(ask_client(l, w, &why), want);
	}
	arena_free(&mem);
}

static void
lists_of_clients(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(clients); i++) {
		struct buf err = BUF(1000);
		struct match_list *l = match_list_open_clients("mynetworks", clients[i].patterns, &env, &err);

		print_message("%s\n", clients[i].patterns);
		assert_non_null(l);
		check_clients(l, clients[i].in, TABLE_FOUND);
		check_clients(l, clients[i].out, TABLE_ABSENT);
		match_list_free(&l);
	}
}

/* Neither trusted nor a stranger, and the reason names list and table. */
static void
failing(void **state)
{
	static const char *const lists[] = { FAILING, "!" FAILING " 10.0.0.0/8", "192.0.2.1 " FAILING " 10.0.0.0/8" };
	struct arena mem = ARENA(1 << 16);
	struct verdict why = VERDICT(&mem);
	struct buf err = BUF(1000);

	(void)state;
	for (size_t i = 0; i < NITEMS(lists); i++) {
		struct match_list *l = match_list_open_clients("mynetworks", lists[i], &env, &err);

		assert_non_null(l);
		assert_int_equal(ask_client(l, "10.0.0.1", &why), TABLE_ERROR);
		assert_int_equal(why.fate, FATE_LATER);
		assert_non_null(strstr(why.text, "mynetworks: " FAILING ": "));
		match_list_free(&l);
	}
	arena_free(&mem);
}

static const struct {
	const char *patterns, *why;
} bad[] = {
	{ "192.168.1.1/24", "mynetworks: non-null host address bits in \"192.168.1.1/24\"" },
	{ "10.0.0.0/33", "mynetworks: bad net/mask pattern: \"10.0.0.0/33\"" },
	{ "10.0.0", "mynetworks: bad address pattern: \"10.0.0\"" },
	{ "10.0.0/8", "mynetworks: bad address pattern: \"10.0.0/8\"" },
	{ "127.0.0.0/8 # all", "mynetworks: bad address pattern: \"#\"" },
	{ "2001:db8::x", "mynetworks: bad address pattern: \"2001:db8::x\"" },
	{ "zork:/x", "mynetworks: zork:/x: table type \"zork\" is not built in" },
	{ "!inline:{x", "mynetworks: inline:{x: " },
	{ "!/no/such/file", "mynetworks: open file /no/such/file: No such file or directory" },
};

static void
bad_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < NITEMS(bad); i++) {
		struct buf err = BUF(1000);

		print_message("%s\n", bad[i].patterns);
		assert_null(match_list_open_clients("mynetworks", bad[i].patterns, &env, &err));
		if (strncmp(buf_str(&err), bad[i].why, strlen(bad[i].why)) != 0)
			fail_msg("%s", buf_str(&err));
		buf_free(&err);
	}
}

static void
files(void **state)
{
	char *file = file_with("# 10.0.0.0/8\n192.0.2.0/24,\n\n  !198.51.100.1 inline:{ {198.51.100.2 = x} }\n"),
	     list[128];
	struct buf err = BUF(1000);
	struct match_list *l;

	(void)state;
	snprintf(list, sizeof(list), "!192.0.2.9 %s", file);
	assert_non_null(l = match_list_open_clients("mynetworks", list, &env, &err));
	check_clients(l, "192.0.2.1 198.51.100.2", TABLE_FOUND);
	check_clients(l, "10.0.0.1 192.0.2.9 198.51.100.1", TABLE_ABSENT);
	match_list_free(&l);
	snprintf(list, sizeof(list), "!%s 192.0.2.0/23", file);
	assert_non_null(l = match_list_open_clients("mynetworks", list, &env, &err));
	check_clients(l, "192.0.3.1 198.51.100.1", TABLE_FOUND);
	check_clients(l, "192.0.2.1 198.51.100.2", TABLE_ABSENT);
	match_list_free(&l);
	unlink(file);
	free(file);
}

static void
bad_files(void **state)
{
	char *file = file_with("one.example\n# two\n\nfour.example zork:x\n"), wanted[128];
	struct buf err = BUF(4096);
	FILE *f;

	(void)state;
	assert_null(match_list_open("mydestination", file, &env, &err));
	snprintf(wanted, sizeof(wanted), "mydestination: %s, line 4: zork:x: ", file);
	if (strncmp(buf_str(&err), wanted, strlen(wanted)) != 0)
		fail_msg("%s", buf_str(&err));
	buf_clear(&err);
	assert_non_null(f = fopen(file, "w")); /* a file that names itself ends with an error, not with the stack */
	fprintf(f, "%s\n", file);
	fclose(f);
	assert_null(match_list_open("mydestination", file, &env, &err));
	assert_non_null(strstr(buf_str(&err), "too deeply"));
	unlink(file);
	free(file);
	buf_free(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_names),
		cmocka_unit_test(whole_names),
		cmocka_unit_test(lists_of_clients),
		cmocka_unit_test(failing),
		cmocka_unit_test(bad_lists),
		cmocka_unit_test(files),
		cmocka_unit_test(bad_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
