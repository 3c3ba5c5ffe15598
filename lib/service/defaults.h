/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defaults - the defaults that depend on this host: myhostname, mydomain,
 * mynetworks, process_name, process_id.
 *
 *	defaults_register();		(before the first conf_load(); once more does no harm)
 */
#ifndef SERVICE_DEFAULTS_H
#define SERVICE_DEFAULTS_H

void defaults_register(void);

#endif
