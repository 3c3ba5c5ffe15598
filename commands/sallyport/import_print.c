/* SPDX-License-Identifier: Apache-2.0 */
/* The equivalence report: counts first, then what is not the same. */
#include "commands/sallyport/import.h"

#include "lib/base/json.h"

#include <stdlib.h>
#include <string.h>

static const char *const fates[] = { "copied", "there already", "not copied", "not there" };
static const char *const fate_names[] = { "copied", "there", "stays", "absent" };

static size_t
count(const struct import *im, enum judged what, enum same same)
{
	size_t n = 0;

	for (size_t i = 0; i < im->nrows; i++)
		n += im->rows[i].what == what && im->rows[i].same == same;
	return n;
}

static size_t
count_files(const struct import *im, enum import_fate fate)
{
	size_t n = 0;

	for (size_t i = 0; i < im->nfiles; i++)
		n += im->files[i].fate == fate;
	return n;
}

static void
print_counts(FILE *out, const struct import *im)
{
	static const struct {
		enum judged what;
		const char *name;
	} kinds[] = { { JUDGED_SETTING, "settings" }, { JUDGED_DEFAULT, "defaults" }, { JUDGED_SERVICE, "services" } };

	fprintf(out, "%-10s", "");
	for (int s = 0; s < SAMES; s++)
		fprintf(out, " %13s", same_titles[s]);
	for (size_t i = 0; i < NITEMS(kinds); i++) {
		fprintf(out, "\n%-10s", kinds[i].name);
		for (int s = 0; s < SAMES; s++)
			fprintf(out, " %13zu", count(im, kinds[i].what, (enum same)s));
	}
	fprintf(out, "\n%-10s", "files");
	for (size_t i = 0; i < NITEMS(fates); i++)
		fprintf(out, " %zu %s%s", count_files(im, (enum import_fate)i),
		    i == FILE_COPY && im->dry_run ? "to be copied" : fates[i], i + 1 < NITEMS(fates) ? "," : "\n");
}

enum { WIDTH = 100 };

static const char *
note_of(const struct judgement *j)
{
	return j->note != NULL ? j->note : "";
}

/* The same reason is said once, with all that it is about behind it, as "postconf -P" names that. */
static size_t
print_subject(FILE *out, const struct judgement *j, size_t column, bool first)
{
	char *text = j->what == JUDGED_SERVICE ? mem_fmt("%s (%s)", j->name, j->value)
	    : j->service != NULL	       ? mem_fmt("%s/%s", j->service, j->name)
					       : mem_str(j->name);
	size_t n = strlen(text) + (first ? 0 : 2);

	if (!first && column + n > WIDTH) {
		fprintf(out, ",\n      %s", text);
		n += 6;
		column = 0;
	} else {
		fprintf(out, "%s%s", first ? "" : ", ", text);
	}
	free(text);
	return column + n;
}

static bool
told(const struct import *im, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (im->rows[k].same == im->rows[i].same && strcmp(note_of(&im->rows[k]), note_of(&im->rows[i])) == 0)
			return true;
	return false;
}

static void
print_reason(FILE *out, const struct import *im, size_t i)
{
	const char *note = note_of(&im->rows[i]);
	size_t column = 4 + strlen(note);
	bool first = true;

	fprintf(out, "  %s%s", note, *note != '\0' ? ": " : "");
	for (size_t k = i; k < im->nrows; k++) {
		if (im->rows[k].same != im->rows[i].same || strcmp(note_of(&im->rows[k]), note_of(&im->rows[i])) != 0)
			continue;
		column = print_subject(out, &im->rows[k], column, first);
		first = false;
	}
	fputc('\n', out);
}

static void
print_defaults(FILE *out, const struct import *im)
{
	if (count(im, JUDGED_DEFAULT, SAME_DIFFERS) > 0)
		fputs("\ndefaults that differ, for what is not set:\n", out);
	for (size_t i = 0; i < im->nrows; i++)
		if (im->rows[i].what == JUDGED_DEFAULT)
			fprintf(out, "  %s: %s\n", im->rows[i].name, im->rows[i].note);
}

static void
print_old_names(FILE *out, const struct import *im)
{
	struct hash said = HASH(false);

	for (size_t i = 0; i < im->nrows; i++) {
		const struct judgement *j = &im->rows[i];

		if (j->remedy == NULL || hash_get(&said, j->name) != NULL)
			continue;
		if (said.n == 0)
			fputs("\nnames of old, still understood:\n", out);
		hash_put(&said, j->name, &said);
		fprintf(out, "  %s%s%s: %s\n", j->name, j->successor != NULL ? " -> " : "",
		    j->successor != NULL ? j->successor : "", j->remedy);
	}
	hash_free(&said, NULL);
}

static void
print_files(FILE *out, const struct import *im, enum import_fate fate)
{
	if (count_files(im, fate) > 0)
		fprintf(out, "\n%s:\n", fates[fate]);
	for (size_t i = 0; i < im->nfiles; i++)
		if (im->files[i].fate == fate)
			fprintf(out, "  %s%s%s\n", im->files[i].path, im->files[i].note != NULL ? ": " : "",
			    im->files[i].note != NULL ? im->files[i].note : "");
}

static const char *const index_names[] = {
	[INDEX_GOOD] = "there", [INDEX_WANTED] = "to_be_made", [INDEX_MADE] = "made", [INDEX_FAILED] = "failed"
};

static size_t
count_indexes(const struct import *im, enum import_index index)
{
	size_t n = 0;

	for (size_t i = 0; i < im->nfiles; i++)
		n += im->files[i].index == index;
	return n;
}

static void
print_indexes(FILE *out, const struct import *im, enum import_index index, const char *title)
{
	if (count_indexes(im, index) > 0)
		fprintf(out, "\n%s:\n", title);
	for (size_t i = 0; i < im->nfiles; i++)
		if (im->files[i].index == index)
			fprintf(
			    out, "  %s %s:%s/%s\n", im->files[i].maker, im->files[i].type, im->to, im->files[i].rel);
}

void
import_print(FILE *out, const struct import *im)
{
	fprintf(out, "%s%s %s\n\n", im->from, im->dry_run ? " would become" : " became", im->to);
	print_counts(out, im);
	for (int s = SAME_SAME + 1; s < SAMES; s++) {
		bool some = false;

		for (size_t i = 0; i < im->nrows; i++) {
			if (im->rows[i].same != (enum same)s || im->rows[i].what == JUDGED_DEFAULT || told(im, i))
				continue;
			if (!some)
				fprintf(out, "\n%s:\n", same_titles[s]);
			some = true;
			print_reason(out, im, i);
		}
	}
	print_defaults(out, im);
	print_old_names(out, im);
	print_files(out, im, FILE_STAYS);
	print_files(out, im, FILE_ABSENT);
	print_indexes(out, im, INDEX_MADE, "indexes made, by");
	print_indexes(out, im, INDEX_WANTED, "indexes to be made, by");
	print_indexes(out, im, INDEX_FAILED, "indexes that could not be made; mend the tables, and then");
	fprintf(out, "\nNext: sallyport -c %s check\n", im->to);
}

static void
json_counts(struct json *j, const struct import *im)
{
	static const char *const keys[] = {
		[JUDGED_SETTING] = "settings", [JUDGED_SERVICE] = "services", [JUDGED_DEFAULT] = "defaults"
	};

	json_object(j, "counts");
	for (size_t i = 0; i < NITEMS(keys); i++) {
		json_object(j, keys[i]);
		for (int s = 0; s < SAMES; s++)
			json_number(j, same_names[s], (long)count(im, (enum judged)i, (enum same)s));
		json_end(j);
	}
	json_object(j, "files");
	for (size_t f = 0; f < NITEMS(fates); f++)
		json_number(j, fate_names[f], (long)count_files(im, (enum import_fate)f));
	json_end(j);
	json_end(j);
}

static void
json_row(struct json *j, const struct judgement *r)
{
	json_object(j, NULL);
	json_text(j, "status", same_names[r->same]);
	if (r->what != JUDGED_DEFAULT) {
		json_text(j, "file", r->file);
		json_number(j, "line", r->line);
	}
	if (r->what == JUDGED_SETTING) {
		json_text(j, "service", r->service != NULL ? r->service : "");
		json_text(j, "name", r->name);
		json_text(j, "value", r->value);
	} else {
		json_text(j, "name", r->name);
		json_text(j, r->what == JUDGED_SERVICE ? "program" : "postfix", r->value);
	}
	json_text(j, "note", note_of(r));
	json_text(j, "successor", r->successor != NULL ? r->successor : "");
	json_text(j, "remedy", r->remedy != NULL ? r->remedy : "");
	json_end(j);
}

static void
json_indexes(struct json *j, const struct import *im)
{
	json_array(j, "indexes");
	for (size_t i = 0; i < im->nfiles; i++) {
		const struct import_file *f = &im->files[i];
		char *table;

		if (f->index == INDEX_NONE)
			continue;
		table = mem_fmt("%s:%s/%s", f->type, im->to, f->rel);
		json_object(j, NULL);
		json_text(j, "table", table);
		json_text(j, "command", f->maker);
		json_text(j, "fate", index_names[f->index]);
		json_end(j);
		free(table);
	}
	json_end(j);
}

static void
json_files(struct json *j, const struct import *im)
{
	json_array(j, "files");
	for (size_t i = 0; i < im->nfiles; i++) {
		const struct import_file *f = &im->files[i];

		json_object(j, NULL);
		json_text(j, "path", f->path);
		json_text(j, "fate", fate_names[f->fate]);
		json_text(j, "note", f->note != NULL ? f->note : "");
		json_end(j);
	}
	json_end(j);
}

void
import_print_json(FILE *out, const struct import *im)
{
	static const char *const keys[] = {
		[JUDGED_SETTING] = "settings", [JUDGED_SERVICE] = "services", [JUDGED_DEFAULT] = "defaults"
	};
	struct json j = JSON(out);

	json_object(&j, NULL);
	json_number(&j, "version", 1);
	json_text(&j, "from", im->from);
	json_text(&j, "to", im->to);
	json_bool(&j, "written", !im->dry_run);
	json_counts(&j, im);
	for (size_t k = 0; k < NITEMS(keys); k++) {
		json_array(&j, keys[k]);
		for (size_t i = 0; i < im->nrows; i++)
			if (im->rows[i].what == (enum judged)k)
				json_row(&j, &im->rows[i]);
		json_end(&j);
	}
	json_files(&j, im);
	json_indexes(&j, im);
	json_end(&j);
}
