/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate - files with certificates and keys (PEM), and whether they fit.
 *
 *	struct certificate c;
 *	switch (certificate_read(cert_file, key_file, "mail.example.com", &c)) {
 *	case CERTIFICATE_GOOD:
 *		... c.days left, c.name_fits ...
 *
 * key_file may be cert_file.  Nothing is asked for: a key with a passphrase
 * cannot be used by a daemon.  Only files are read; no chain is verified.
 */
#ifndef SALLYPORT_CERTIFICATE_H
#define SALLYPORT_CERTIFICATE_H

#include <stdbool.h>

enum certificate_state {
	CERTIFICATE_GOOD,	/* the fields below are set */
	CERTIFICATE_NO_FILE,	/* errno; c.file says which */
	CERTIFICATE_NONE_IN_IT, /* no certificate in cert_file */
	CERTIFICATE_NO_KEY,	/* no private key in key_file */
	CERTIFICATE_PASSPHRASE, /* the key has one */
	CERTIFICATE_OTHER_KEY,	/* of another certificate */
};
struct certificate {
	const char *file; /* the one of the two that is meant */
	long days;	  /* until it expires; negative: since it did */
	bool not_yet;	  /* it is not valid before some later day */
	bool name_fits;	  /* the host name is one of its names */
};

enum certificate_state
certificate_read(const char *cert_file, const char *key_file, const char *host, struct certificate *out);

/* Is there at least one certificate in it, as in a CAfile? */
bool certificate_any(const char *file);

#endif
