/* SPDX-License-Identifier: Apache-2.0 */
/* postconf -a, -A, -l, -m, -T: what is built in. */
#include "commands/postconf/postconf.h"

#include "lib/base/log.h"
#include "lib/net/sasl.h"
#include "lib/table/table.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
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

#define TEXT_OF(x)  #x
#define VALUE_OF(x) TEXT_OF(x)

/* Loaded for this alone: to be linked with it would nearly double the time that each call of this program takes. */
static int
show_run_version(void)
{
	void *library = dlopen("libcrypto.so." VALUE_OF(OPENSSL_SHLIB_VERSION), RTLD_LAZY | RTLD_LOCAL);
	void *symbol = library != NULL ? dlsym(library, "OpenSSL_version") : NULL;
	const char *(*version)(int);

	if (symbol == NULL)
		log_fatal(1, "-T run-version: %s; install the library that this was built with", dlerror());
	memcpy(&version, &symbol, sizeof(version)); /* C has no conversion of the one kind of pointer into the other */
	puts(version(OPENSSL_VERSION));
	dlclose(library);
	return 0;
}

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
		return show_run_version();
	log_warn(
	    "unknown 'postconf -T' mode: %s; compile-version, run-version or public-key-algorithms is wanted", r->tls);
	return 1;
}
