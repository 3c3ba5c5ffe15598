/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts_file - /etc/hosts, read once, for the parameters that say "native".
 *
 *	struct hosts_file *h = hosts_file_load("/etc/hosts", &err);	(NULL: err)
 *	n = hosts_file_find(h, "mx.example.com", 0, out, 8);
 *
 * Read-only after loading; may be shared by threads.  A line that is not
 * "address name ..." is left out, as the system's resolver does.
 */
#ifndef NET_HOSTS_FILE_H
#define NET_HOSTS_FILE_H

#include "lib/net/addr.h"

struct hosts_file;
struct hosts_file *hosts_file_load(const char *path, struct buf *err);
size_t hosts_file_find(const struct hosts_file *, const char *name, int port, struct addr *out, size_t max);
void hosts_file_free(struct hosts_file **);

#endif
