/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/service/service.h"

#include "lib/base/config.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/io/file.h"
#if __has_include("lib/service/defaults.h")
#	include "lib/service/defaults.h"
#else
#	define service_defaults() ((void)0)
#endif
#include "lib/service/jail.h"
#include "lib/service/link.h"
#include "lib/service/logging.h"
#include "lib/service/process.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* See process.h for how it is shared. */
static struct process self;

const char *
service_name(void)
{
	return self.args.name;
}

const char *const *
service_arguments(void)
{
	return self.args.own;
}

bool
service_separated(void)
{
	return self.accounts.separated;
}

bool
service_ending(void)
{
	return atomic_load(&self.ending);
}

void
service_alive(void)
{
	if (self.service != NULL && self.service->shape == SHAPE_SINGLE)
		alarm((unsigned)self.calm->daemon_timeout);
}

int
service_accept(int listener, struct addr *peer, uid_t *uid, gid_t *gid)
{
	struct addr some_peer;
	uid_t some_uid;
	gid_t some_gid;
	int fd = process_accept(&self, listener, peer != NULL ? peer : &some_peer, uid != NULL ? uid : &some_uid,
	    gid != NULL ? gid : &some_gid);

	/* A client is a session: what dies from now on is started again at once. */
	if (fd >= 0)
		link_served();
	return fd;
}

static long
most_sessions(const struct service *s)
{
	switch (s->shape) {
	case SHAPE_LOOP:
		return 0;
	case SHAPE_SINGLE:
		return 1;
	case SHAPE_SESSIONS:
		break;
	}
	return s->clients > 0 ? s->clients : SERVICE_SHARE_MOST;
}

/* What was said on the terminal at start was for whoever started us; from now on the terminal is theirs again. */
void
service_ready(void)
{
	logging_started();
	if (!self.args.foreground && self.null_fd >= 0) {
		dup2(self.null_fd, STDOUT_FILENO);
		dup2(self.null_fd, STDERR_FILENO);
	}
	link_ready(most_sessions(self.service), self.service->clients > 0);
}

static int
usage(const struct service *s)
{
	printf(
	    "%s - %s\n\nThis is a daemon of the Sallyport mail system; it is started by master(8), as master.cf says.\n",
	    s->program, s->about);
	return 0;
}

static void
descriptors(void)
{
	self.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	fcntl(SERVICE_LINK_FD, F_SETFD, FD_CLOEXEC);
	for (int i = 0; i < self.args.listeners; i++) {
		self.listeners[i] = SERVICE_LISTENER_FD + i;
		if (fcntl(self.listeners[i], F_SETFD, FD_CLOEXEC) < 0)
			log_fatal(EX_USAGE, "listener %d: %s", self.listeners[i], strerror(errno));
	}
	file_descriptors_max();
}

/* The parameters that say which service this is stand before those of master.cf. */
static const struct conf *
load(bool stress)
{
	char program[160], service[160];
	const char *overrides[SERVICE_OVERRIDES + 2] = { program, service };
	const char *dir = getenv("MAIL_CONFIG");
	struct conf_args a = { .dir = dir != NULL ? dir : DEF_CONFIG_DIR,
		.overrides = overrides,
		.noverrides = self.args.noverrides + 2,
		.stress = stress };
	struct buf err = BUF(8192);
	const struct conf *cf;

	snprintf(program, sizeof(program), "process_name=%s", self.service->program);
	snprintf(service, sizeof(service), "service_name=%s", self.args.name);
	memcpy(overrides + 2, self.args.overrides, self.args.noverrides * sizeof(*overrides));
	if ((cf = conf_load(&a, &err)) == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	buf_free(&err);
	return cf;
}

static void
become_variant(void)
{
	const struct service *variant = NULL;

	if (self.service->variant != NULL)
		variant = self.service->variant(self.calm, self.args.name);
	if (variant != NULL)
		self.service = variant;
}

static void
configure(void)
{
	logging_open(NULL, self.service->program, LOGGING_TROUBLE_TO_STDERR);
	defaults_register();
	self.calm = self.stress = load(false);
	become_variant();
	if (self.service->shape == SHAPE_SESSIONS && (self.args.type == SERVICE_INET || self.args.type == SERVICE_PASS))
		self.stress = load(true);
	/* A log daemon that waited for itself would wait in vain. */
	logging_open(self.calm, self.service->program,
	    LOGGING_AT_HOME | LOGGING_TROUBLE_TO_STDERR | (self.service->datagram != NULL ? LOGGING_NEVER_WAIT : 0));
	log_debugging(self.args.debug);
}

static void
enter_service(void)
{
	struct buf err = BUF(8192);

	if (!accounts_load(self.calm, &self.accounts, &err))
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	if (self.service->open != NULL && !self.service->open(self.calm, &self.state, &err))
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	must_hold(process_is_alone()); /* Landlock takes rights from one thread only */
	if (!jail_enter(self.service, &self.args, self.calm, &self.accounts, &err))
		log_fatal(EX_OSERR, "%s", buf_str(&err));
	buf_free(&err);
}

int
service_run(const struct service *s, int argc, char **argv)
{
	struct buf err = BUF(1024);

	self.service = s;
	log_open("postfix", s->program, log_to_stderr);
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return usage(s);
	if (!service_args_parse(&self.args, argc, argv, &err))
		log_fatal(EX_USAGE, "%s; this program is started by master, try \"sallyport start\"", buf_str(&err));
	if (!link_open(SERVICE_LINK_FD))
		log_fatal(EX_USAGE,
		    "descriptor %d is no socket; this program is started by master, try \"sallyport start\"",
		    SERVICE_LINK_FD);
	if (s->clients > 0)
		self.args.share = s->clients;
	mallopt(M_ARENA_MAX, 2);
	umask(077);
	descriptors();
	configure();
	enter_service();
	switch (s->shape) {
	case SHAPE_SESSIONS:
		serve_sessions(&self);
		if (self.service->close != NULL)
			self.service->close(self.state);
		break;
	case SHAPE_SINGLE:
		serve_single(&self);
		break;
	case SHAPE_LOOP:
		serve_loop(&self);
		break;
	}
	return 0;
}
