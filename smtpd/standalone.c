/* SPDX-License-Identifier: Apache-2.0 */
#include "smtpd/standalone.h"

#include "lib/base/log.h"
#include "lib/conf/confdir.h"
#include "lib/service/defaults.h"
#include "lib/service/logging.h"
#include "lib/service/service.h"
#include "smtpd/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct conf *
load(void)
{
	struct buf err = BUF(8192);
	struct conf_args a = { .dir = confdir_choose(getenv("MAIL_CONFIG"), &err) };
	const struct conf *cf;

	if (a.dir == NULL)
		log_fatal(EX_NOPERM, "%s", buf_str(&err));
	defaults_register();
	if ((cf = conf_load(&a, &err)) == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	buf_free(&err);
	return cf;
}

int
standalone(int argc, char **argv)
{
	struct session s = { .service = "smtpd", .uid = getuid(), .gid = getgid() };
	struct buf err = BUF(4096);

	log_open("postfix", "smtpd", log_to_stderr);
	if (argc != 2)
		log_fatal(EX_USAGE, "%s takes nothing else: \"smtpd -S\", for sendmail -bs", argv[1]);
	signal(SIGPIPE, SIG_IGN);
	s.cf = load();
	logging_open(s.cf, "smtpd", 0);
	if ((s.state = server_open_alone(s.cf, &err)) == NULL)
		log_fatal(EX_CONFIG, "%s", buf_str(&err));
	s.conn = conn_new_two(STDIN_FILENO, STDOUT_FILENO);
	smtpd_session(&s);
	conn_free(&s.conn);
	server_free((struct server **)&s.state);
	conf_free(&s.cf);
	buf_free(&err);
	return EX_OK;
}
