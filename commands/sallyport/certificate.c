/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/sallyport/certificate.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

/* Who would be asked for a passphrase is not there; *ctx notes that somebody should have been. */
static int
no_passphrase(char *room, int size, int writing, void *ctx)
{
	(void)room, (void)size, (void)writing;
	*(bool *)ctx = true;
	return -1;
}

static BIO *
open_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return NULL;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return NULL;
	}
	errno = 0;
	return BIO_new_file(path, "r");
}

/* Times of years that a time_t cannot hold have no difference. */
static bool
set_times(X509 *x, struct certificate *out)
{
	int days, seconds;

	if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x)))
		return false;
	out->days = seconds < 0 && days == 0 ? -1 : days;
	out->not_yet = X509_cmp_current_time(X509_get0_notBefore(x)) > 0;
	return true;
}

static enum certificate_state
read_key(const char *key_file, X509 *x, struct certificate *out)
{
	bool asked = false;
	BIO *in = open_file(key_file);
	EVP_PKEY *key;
	enum certificate_state state;

	out->file = key_file;
	if (in == NULL)
		return CERTIFICATE_NO_FILE;
	key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, &asked);
	if (key == NULL)
		state = asked ? CERTIFICATE_PASSPHRASE : CERTIFICATE_NO_KEY;
	else
		state = X509_check_private_key(x, key) == 1 ? CERTIFICATE_GOOD : CERTIFICATE_OTHER_KEY;
	EVP_PKEY_free(key);
	BIO_free(in);
	return state;
}

enum certificate_state
certificate_read(const char *cert_file, const char *key_file, const char *host, struct certificate *out)
{
	enum certificate_state state;
	BIO *in = open_file(cert_file);
	X509 *x;

	*out = (struct certificate){ .file = cert_file };
	if (in == NULL)
		return CERTIFICATE_NO_FILE;
	/* The first one is the host's own; the others lead to whom others trust. */
	x = PEM_read_bio_X509(in, NULL, NULL, NULL);
	BIO_free(in);
	if (x == NULL || !set_times(x, out)) {
		state = CERTIFICATE_NONE_IN_IT;
	} else {
		out->name_fits = X509_check_host(x, host, strlen(host), 0, NULL) == 1;
		state = read_key(key_file, x, out);
	}
	X509_free(x);
	ERR_clear_error();
	return state;
}

bool
certificate_any(const char *file)
{
	BIO *in = open_file(file);
	X509 *x = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	bool any = x != NULL;

	X509_free(x);
	BIO_free(in);
	ERR_clear_error();
	return any;
}
