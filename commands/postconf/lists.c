/* SPDX-License-Identifier: Apache-2.0 */
/* postconf -a, -A, -l, -m, -T: what is built in. */
#include "commands/postconf/postconf.h"

#include "lib/base/log.h"
#include "lib/net/sasl.h"
#include "lib/table/table.h"

#include <openssl/opensslconf.h>
#include <openssl/opensslv.h>
#include <string.h>

static int
list_sasl(bool server)
{
	for (size_t i = 0; i < sasl_ntypes; i++)
		if (server ? sasl_types[i].server : sasl_types[i].client)
			printf("%s\n", sasl_types[i].name);
	return 0;
}

int
list_server_sasl(const struct request *r)
{
	(void)r;
	return list_sasl(true);
}

int
list_client_sasl(const struct request *r)
{
	(void)r;
	return list_sasl(false);
}

int
list_locks(const struct request *r)
{
	(void)r;
	return puts("flock\nfcntl\ndotlock") < 0;
}

int
list_tables(const struct request *r)
{
	(void)r;
	for (size_t i = 0; table_types[i] != NULL; i++)
		printf("%s\n", table_types[i]->name);
	return 0;
}

/* Certificates' keys, as far as the library has what signs with them. */
static const char *const key_algorithms[] = {
#ifndef OPENSSL_NO_DSA
	"dsa",
#endif
#ifndef OPENSSL_NO_EC
	"ecdsa",
#endif
	"rsa",
};

/*
 * This program is not linked with OpenSSL: loading it would nearly double the time that each call
 * takes.  So it knows what stands in the headers, and not which library programs find at run time.
 */
int
show_tls(const struct request *r)
{
	if (strcmp(r->tls, "compile-version") == 0) {
		puts(OPENSSL_VERSION_TEXT);
		return 0;
	}
	if (strcmp(r->tls, "public-key-algorithms") == 0) {
		for (size_t i = 0; i < NITEMS(key_algorithms); i++)
			puts(key_algorithms[i]);
		return 0;
	}
	if (strcmp(r->tls, "run-version") == 0)
		log_fatal(1, "-T run-version: this program does not load OpenSSL; \"openssl version\" tells");
	log_warn(
	    "unknown 'postconf -T' mode: %s; compile-version, run-version or public-key-algorithms is wanted", r->tls);
	return 1;
}
