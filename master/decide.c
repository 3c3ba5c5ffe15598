/* SPDX-License-Identifier: Apache-2.0 */
#include "master/decide.h"

#include <string.h>

enum { MANY = 1000, SOME = 100, EARLY_FREE = 2, CAREFUL_MS = 300000 };

long
decide_maxproc(long column, long default_process_limit, const char *program, long sessions_per_process)
{
	if (column >= 0)
		return column;
	if (default_process_limit >= 0)
		return default_process_limit;
	if (sessions_per_process > 1 && (strcmp(program, "smtpd") == 0 || strcmp(program, "cleanup") == 0))
		return MANY;
	return SOME;
}

long
decide_share(const struct limits *l, const struct crew *c, bool careful)
{
	long most = careful ? 1 : l->sessions_per_process, room = l->maxproc - c->taken;

	if (l->one_process && c->processes > 0)
		return 0;
	if (l->maxproc == 0)
		return most;
	if (room <= 0)
		return 0;
	return l->helper || room > most ? most : room;
}

/*
 * What a process that retires gives back goes first to those that began with
 * less than a full share, so that a busy service does not fall apart into
 * processes of one session each.
 */
long
decide_growth(const struct limits *l, const struct crew *c, long share, bool careful)
{
	long most = l->sessions_per_process, room = l->maxproc == 0 ? most : l->maxproc - c->taken;

	if (careful || l->helper || share >= most || room <= 0)
		return share;
	return room > most - share ? most : share + room;
}

/*
 * A process that takes one session at a time is started for it; where many
 * share one, the next is there before the last is full.
 */
enum wish
decide_wish(const struct limits *l, const struct crew *c, bool careful)
{
	if (c->with_room > 0 || decide_share(l, c, careful) == 0)
		return WISH_NONE;
	if (c->serving == 0 || careful || l->sessions_per_process == 1)
		return c->nearly_full > 0 ? WISH_NONE : WISH_ON_DEMAND;
	return WISH_NOW;
}

enum death
decide_death(const struct life *l)
{
	if (l->asked || (l->retired && !l->failed))
		return DEATH_FINE;
	if (!l->ready)
		return DEATH_START;
	if (!l->served)
		return DEATH_EARLY;
	return l->failed ? DEATH_CRASH : DEATH_FINE;
}

long
decide_delay(enum death d, long early, long throttle_ms)
{
	long ms = 1000;

	if (d == DEATH_START)
		return throttle_ms;
	if (d != DEATH_EARLY || early <= EARLY_FREE)
		return 0;
	for (early -= EARLY_FREE; --early > 0 && ms < throttle_ms;)
		ms *= 2;
	return ms < throttle_ms ? ms : throttle_ms;
}

long
decide_careful_until(long last, long now)
{
	return last > 0 && now - last < CAREFUL_MS ? now + CAREFUL_MS : 0;
}
