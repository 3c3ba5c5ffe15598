/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched_inside - what the files of the scheduler share; nobody else includes it.
 *
 * A transport has destinations and jobs (a message, as far as it uses this
 * transport).  Where a job meets a destination is a peer: the recipients of
 * one message for one next hop.  Jobs stand in an order, that of arrival until
 * one overtakes another; label is the place in it, as a number.
 *
 *	destination.peers	by the order of their jobs, and of turns within a job
 *	destination.ages[c]	by arrival, for jobs of size class c
 *	transport.open		destinations that may be used and have peers, by their first peer
 *	transport.ages[c]	the same destinations, by their oldest peer of size class c
 *
 * So what goes next is the first of the first, and who may overtake is found
 * by looking at one peer of each class; a destination that fills up or has
 * room again is taken out of or put into two or three trees, however many
 * messages wait for it.  Whoever changes a destination or its peers takes it
 * off these lists before, and puts it back after (destination_unlist, _list).
 */
#ifndef QMGR_SCHED_INSIDE_H
#define QMGR_SCHED_INSIDE_H

#include "lib/base/hash.h"
#include "qmgr/sched.h"
#include "qmgr/tree.h"

enum { CLASSES = 8, IDLE_FORGET_MS = 300000 };

struct alarm {
	struct tree_node node;
	long at;
	uint64_t serial;
	struct sched_destination *destination; /* or */
	struct sched_transport *transport;
};

/* A destination in one of its transport's trees by age. */
struct age_place {
	struct tree_node node;
	struct sched_peer *oldest; /* of that size class, while the destination is listed */
	struct sched_destination *destination;
};

struct sched_destination {
	struct sched_transport *transport;
	char *name;
	uint64_t serial;
	struct window window;
	long busy;
	struct tree peers, ages[CLASSES];
	struct tree_node open_node;
	struct age_place by_age[CLASSES];
	struct sched_peer *first; /* while it is listed */
	bool listed;
	struct alarm alarm; /* end of death, or of the pause */
	long next;	    /* no delivery before; rate delay */
	bool dead;
	struct sched_trouble trouble;
	struct list_link rest; /* in sched.idle or sched.dead */
	long idle_since;
	long taken_at; /* the last batch; 0: none yet */
};

struct sched_transport {
	struct sched *sched;
	char *name;
	struct sched_settings settings;
	void *owner;
	struct hash destinations;
	struct tree open, ages[CLASSES];
	struct list order;  /* of jobs */
	struct tree unread; /* jobs whose messages have unread recipients, by arrival */
	long in_memory;	    /* recipients */
	struct alarm alarm;
	long next; /* no start before; rate delay */
	bool dead;
	struct sched_trouble trouble;
	struct list_link link;
};

struct job {
	struct sched_message *message;
	struct sched_transport *transport;
	struct list_link in_message, in_order, in_parent;
	struct tree_node unread_node;
	uint64_t label, turns;
	struct list peers;
	long entries;	 /* batches that its waiting recipients make */
	unsigned class_; /* of its size */
	long earned;	 /* deliveries that count towards slots, less what was spent */
	long paid;	 /* batches that its parent has paid for */
	struct job *parent;
	struct list children; /* jobs that overtook this one */
};

struct sched_peer {
	struct job *job;
	struct sched_destination *destination;
	struct list rcpts;
	uint64_t turn;
	struct tree_node by_place, by_age;
	struct list_link in_job;
};

struct drop {
	struct list_link link;
	struct list rcpts;
	struct sched_trouble trouble;
};

struct sched {
	struct sched_limits limits;
	sched_settings_fn *settings_of;
	void *ctx;
	struct hash by_name;
	struct list transports;
	struct tree alarms;
	struct list idle, dead, drops;
	uint64_t seq, serial;
	long now; /* of the call that is running */
	long in_memory;
	size_t ndestinations, njobs;
};

/* sched.c */
void trouble_set(struct sched_trouble *, const struct sched_trouble *from); /* NULL: none */
void alarm_set(struct sched *, struct alarm *, long at);
void alarm_clear(struct sched *, struct alarm *);

/* sched_destination.c */
struct sched_destination *destination_of(struct sched_transport *, const char *name);
void destination_unlist(struct sched_destination *);
void destination_list(struct sched_destination *); /* or let it rest, when nothing waits */
void destination_drop(struct sched_destination *, const struct sched_trouble *);
void destination_died(struct sched_destination *, const struct sched_trouble *);
void destination_revive(struct sched_destination *);
void destination_free(struct sched_destination *);
void destinations_trim(struct sched *); /* of the idle ones, forget those that are too many; at the end of a call */
struct drop *drop_new(struct sched *, const struct sched_trouble *);
void drop_all(struct drop *, struct list *rcpts);
int destination_open_compare(const struct tree_node *, const struct tree_node *);
int destination_age_compare(const struct tree_node *, const struct tree_node *);

/* sched_job.c */
struct job *job_of(struct sched_message *, struct sched_transport *);
void job_free(struct job *);
void job_resized(struct job *, long change); /* of entries; 0: what is unread has changed */
struct sched_peer *peer_of(struct job *, struct sched_destination *);
void peer_turn(struct sched_peer *); /* behind the others of its job; gone when it is empty */
void peer_remove(struct sched_peer *);
long peer_entries(const struct sched_peer *);
int peer_place_compare(const struct tree_node *, const struct tree_node *);
int peer_age_compare(const struct tree_node *, const struct tree_node *);
int job_unread_compare(const struct tree_node *, const struct tree_node *);

/* sched_overtake.c */
bool job_overtaken(struct sched_transport *, struct job *current); /* another was put before it */
void job_selected(struct job *);				   /* a batch of it goes */
void job_unselected(struct job *);				   /* and came back untried */
void job_moved_before(struct job *, struct job *place);		   /* in the order of the transport */
void job_placed_last(struct job *);

#endif
