/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message - structs and functions from a .def file; included by lib/ipc/NAME.h.
 *
 *	#define MSG_DEF "lib/ipc/cleanup.def"
 *	#include "lib/ipc/message.h"
 *
 * In the .def file:
 *	PROTOCOL(cleanup, 1, "what the service is asked for")
 *	MSG(cleanup_rcpt, 1, "One recipient.")
 *		REQ(STR, address, 1, "as in the envelope")
 *		OPT(STR, orcpt, "", 1, "RFC 3461 ORCPT, decoded")
 *	END(cleanup_rcpt)
 * The number is the protocol version that brought it.
 *
 * gives  struct cleanup_rcpt, const struct msg *cleanup_rcpt_msg(void),
 *	void cleanup_rcpt_send(struct ipc *, const struct cleanup_rcpt *);
 *	bool cleanup_rcpt_get(struct ipc *, struct arena *, struct cleanup_rcpt *);	(the current message)
 *	bool cleanup_rcpt_read(struct ipc *, struct arena *, struct cleanup_rcpt *);	(the next message)
 *	bool cleanup_rcpt_is(const struct ipc *);
 * Members that are left out of a designated initialiser are sent as they are:
 * 0, no, and "" for strings (NULL is sent as "").
 */
#include "lib/ipc/ipc.h"

#include <stddef.h>

/* clang-format off */
#define PROTOCOL(p, version, doc)
#define MSG(m, since, doc)		struct m {
#define REQ(t, f, since, doc)			C_##t f;
#define OPT(t, f, dflt, since, doc)		C_##t f;
#define END(m)				};
#include MSG_DEF
#undef PROTOCOL
#undef MSG
#undef REQ
#undef OPT
#undef END

#define PROTOCOL(p, version, doc) \
	static const struct protocol p##_protocol __attribute__((unused)) = { #p, version, doc };
#define MSG(m, since_, doc_)								\
	static inline const struct msg *						\
	m##_msg(void)									\
	{										\
		typedef struct m this_row __attribute__((unused));			\
		static const char doc[] = doc_;						\
		enum { since = since_ };						\
		static const struct field rows[] = {
#define REQ(t, f, since, doc)	{ #f, F_##t, offsetof(this_row, f), NULL, 0, 0, since, doc },
#define OPT(t, f, dflt, since, doc)	{ #f, F_##t, offsetof(this_row, f), dflt, 0, 0, since, doc },
#define END(m)										\
		};									\
		static const struct msg self = { #m, doc, rows,				\
			sizeof(rows) / sizeof(struct field), sizeof(struct m), since };	\
		return &self;								\
	}										\
	static inline void								\
	m##_send(struct ipc *i, const struct m *rec) { ipc_send(i, m##_msg(), rec); }	\
	static inline bool								\
	m##_get(struct ipc *i, struct arena *mem, struct m *rec) { return ipc_get(i, m##_msg(), mem, rec); }	\
	static inline bool								\
	m##_read(struct ipc *i, struct arena *mem, struct m *rec) { return ipc_read(i, m##_msg(), mem, rec); }	\
	static inline bool								\
	m##_is(const struct ipc *i) { return ipc_is(i, m##_msg()); }
#include MSG_DEF
#undef PROTOCOL
#undef MSG
#undef REQ
#undef OPT
#undef END

/* All messages of the protocol, for the manual and the tests: name_messages[]. */
#define PROTOCOL(p, version, doc) \
	static const struct msg *(*const p##_messages[])(void) __attribute__((unused)) = {
#define MSG(m, since, doc)	m##_msg,
#define REQ(t, f, since, doc)
#define OPT(t, f, dflt, since, doc)
#define END(m)
#include MSG_DEF
};
#undef PROTOCOL
#undef MSG
#undef REQ
#undef OPT
#undef END
#undef MSG_DEF
/* clang-format on */
