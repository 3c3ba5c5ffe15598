/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding - what a check has found: one list, told at the end in an order that is of use.
 *
 *	struct findings f = FINDINGS;
 *	finding_add(&f, FINDING_table_missing, (struct spot){ "/etc/sallyport/main.cf", 12 },
 *	    "make it, or take it out", "transport_maps: %s: %s", path, strerror(errno));
 *	findings_sort(&f);
 *	... f.all[0].text, f.count[SEVERITY_ERROR] ...
 *	findings_free(&f);
 *
 * The kinds, with their severity, are the rows of findings.def.  What was said of the same spot in the same words
 * is said once.  All strings are copied; a list ends at FINDINGS_MOST, and f.lost counts what came later.
 */
#ifndef SALLYPORT_FINDING_H
#define SALLYPORT_FINDING_H

#include "lib/base/hash.h"

enum severity { SEVERITY_FATAL, SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE, SEVERITIES };
extern const char *const severity_names[];

enum finding_code {
#define FINDING(code, severity, title) FINDING_##code,
#include "commands/sallyport/findings.def"
#undef FINDING
	FINDING_CODES
};
const char *finding_name(enum finding_code); /* "table_missing" */
const char *finding_title(enum finding_code);
enum severity finding_severity(enum finding_code);

struct spot {
	const char *file; /* NULL: the finding is about no file */
	int line;	  /* 0: none in particular */
};

struct finding {
	enum finding_code code;
	char *file, *text, *remedy; /* file: NULL as in the spot */
	int line;
};

enum { FINDINGS_MOST = 10000 };
struct findings {
	struct finding *all;
	size_t n, lost;
	unsigned count[SEVERITIES];
	struct hash said;
};
/* clang-format off */
#define FINDINGS { .said = HASH(false) }
/* clang-format on */

void finding_add(struct findings *, enum finding_code, struct spot, const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/*
 * The same of a message of the library: "/etc/sallyport/main.cf, line 3: what is wrong; what to do" has its
 * spot, its text and its remedy in it.  A spot that it has wins over the one given.
 */
void finding_told(struct findings *, enum finding_code, struct spot, const char *message);

/* By severity, then in the order of findings.def, then by file and line. */
void findings_sort(struct findings *);
void findings_free(struct findings *);

#endif
