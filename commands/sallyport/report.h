/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report - findings for people, for programs, and for the log.
 *
 *	report_text(stdout, "/etc/sallyport", &f);	(one screen: grouped, counted, many of a kind cut short)
 *	report_json(stdout, "/etc/sallyport", &f);	(all of them, one line)
 *	report_log(&f, SEVERITY_WARNING);		(warnings and worse, a line each)
 *
 * The findings are sorted.  The JSON object has these members, and gets others only in addition:
 *
 *	version			1
 *	config_directory	a path
 *	counts			an object: fatal, error, warning, note
 *	findings		an array of objects: severity, code, file (""), line (0), text, remedy ("")
 */
#ifndef SALLYPORT_REPORT_H
#define SALLYPORT_REPORT_H

#include "commands/sallyport/finding.h"

#include <stdio.h>

void report_text(FILE *, const char *dir, const struct findings *);
void report_json(FILE *, const char *dir, const struct findings *);
void report_log(const struct findings *, enum severity least);

#endif
