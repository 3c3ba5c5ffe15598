/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment - only what the administrator lets through.
 *
 *	environment_keep("MAIL_CONFIG TZ LANG=C");	(import_environment)
 *
 * Everything but the names goes away; NAME=value sets it; { NAME=value with blanks } too.
 */
#ifndef SERVICE_ENVIRONMENT_H
#define SERVICE_ENVIRONMENT_H

void environment_keep(const char *names);

#endif
