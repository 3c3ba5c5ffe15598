/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtpd - what its files share: a server, a client, and the client's transaction.
 *
 *	server		made once at start, read-only from then on; all sessions use it
 *	client		one connection; who is there, how far the dialogue is, its errors
 *	transaction	one message, from MAIL to the answer at its end
 *	recipient	one RCPT command
 *
 * Memory: names that last as long as the connection are in client.mem, those
 * of a message in transaction.mem, those of a command in client.scratch.
 */
#ifndef SMTPD_SMTPD_H
#define SMTPD_SMTPD_H

#include "lib/access/restrict.h"
#include "lib/base/verdict.h"
#include "lib/io/conn.h"
#include "lib/net/addr.h"
#include "lib/net/dns.h"
#include "smtpd/content.h"

struct cleanup_pool;
struct routes;
struct session;
struct sink;
struct table_list;
struct words;

/* How far the dialogue is.  The table in dialogue.c says which commands are welcome where. */
enum state {
	STATE_CONNECTED, /* greeted */
	STATE_READY,	 /* HELO or EHLO was said */
	STATE_MAIL,	 /* a sender, but no recipient yet */
	STATE_RCPT,	 /* a sender and recipients */
	STATE_BDAT,	 /* some chunks have come */
	STATE_SPOILT,	 /* a chunk was refused: the rest of them is read and thrown away */
	STATE_DENIED,	 /* refused at connect: only QUIT is of use */
	STATE_BYE,	 /* the session ends */
	STATES
};

/* EHLO keywords, as bits of smtpd_discard_ehlo_keywords. */
enum {
	EHLO_PIPELINING = 1 << 0,
	EHLO_SIZE = 1 << 1,
	EHLO_VRFY = 1 << 2,
	EHLO_ENHANCEDSTATUSCODES = 1 << 3,
	EHLO_8BITMIME = 1 << 4,
	EHLO_DSN = 1 << 5,
	EHLO_CHUNKING = 1 << 6,
};

/* The free space of the queue; shared, without a lock: what one session has found out is good enough for others. */
struct free_space {
	_Atomic long at; /* when, tick_ms(); 0: never */
	_Atomic long bytes;
};

struct server {
	const struct conf *cf;
	struct routes *routes;		   /* NULL: stand-alone */
	struct restrict_set *restrictions; /* NULL: stand-alone */
	struct match_list *mynetworks, *bare_newline_exclusions;
	struct addr_set own;
	struct words *noop, *forbidden;
	struct cleanup_pool *pool; /* NULL: stand-alone, postdrop takes the mail */
	struct free_space space;
	enum bare bare;
	bool must_encrypt; /* smtpd_tls_security_level = encrypt */
	unsigned ehlo_discard;
	struct table_list *ehlo_discard_maps; /* smtpd_discard_ehlo_keyword_address_maps */
};

struct recipient {
	const char *address;  /* without <> */
	const char *original; /* as the client wrote it */
	const char *orcpt;    /* "type;address", decoded; "" if not given */
	const char *notify;   /* "NEVER", "SUCCESS,FAILURE", ...; "" if not given */
};

struct transaction {
	struct arena mem;
	const char *sender; /* NULL: no MAIL command yet */
	const char *ret, *envid, *body;
	bool rewrite; /* the client is one of local_header_rewrite_clients */
	long size;    /* SIZE=, 0: not given */
	long began_us;
	long nrcpts;	       /* accepted */
	long surplus;	       /* recipients beyond smtpd_recipient_limit */
	const char *only_rcpt; /* the first one, for the log while there is no other */
	struct sink *sink;     /* NULL: no recipient was accepted yet */
	const char *queue_id;  /* NULL: not known, or not told to the log yet */
	struct edits edits;    /* what access tables want done with it */
	struct content content;
	bool too_big;
};

enum { VERBS_MAX = 32 };

struct client {
	struct conn *conn;
	const struct conf *cf;
	struct server *server;
	const char *service; /* name in master.cf */
	struct arena mem, scratch;

	struct addr addr;
	const char *name, *reverse; /* "unknown" if there is none */
	int name_code;		    /* as in dns.h: 250 450 550 */
	const char *host, *port;    /* the address as text */
	const char *shown;	    /* "name[address]", as the log has it */
	struct dns dns;

	char *helo; /* NULL: not said; harmless characters only */
	bool esmtp;
	enum state state;
	enum bare bare;	      /* for this client */
	bool bare_unsure;     /* a table that says what it is could not be asked: no mail is taken */
	const char *where;    /* the last command, for "lost connection after X" */
	char where_bytes[48]; /* "DATA (123 bytes)" */
	long errors, junk;
	bool failed;	/* the command at hand got an error reply */
	bool hang_up;	/* the reply just given ends the session */
	bool pipelined; /* commands came ahead of their time */
	unsigned ehlo_discard;
	bool ehlo_unsure; /* the table that knows more could not be asked */
	long counts[VERBS_MAX], successes[VERBS_MAX];

	struct transaction tx;
};

/* The protocol's name for log and Received: header. */
static inline const char *
client_protocol(const struct client *c)
{
	return c->esmtp ? "ESMTP" : "SMTP";
}

/* A whole session, from greeting to goodbye, on s->conn. */
void smtpd_session(struct session *s);

#endif
