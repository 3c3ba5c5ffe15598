/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run - one request in a child, since trouble ends the program: exit status, standard output and error.
 */
#ifndef TESTS_COMMANDS_POSTCONF_RUN_H
#define TESTS_COMMANDS_POSTCONF_RUN_H

#include "commands/postconf/postconf.h"
#include "lib/base/log.h"
#include "tests/lib/conf/conf_dir.h"

#include <sys/mman.h>
#include <sys/wait.h>

struct result {
	int status;
	char out[65536], err[8192];
};

static inline void
drain(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
}

static inline void
run(int (*function)(const struct request *), struct request r, struct result *result)
{
	int out = memfd_create("out", 0), err = memfd_create("err", 0), status;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		struct arena mem = ARENA(1 << 20);

		alarm(20);
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		log_open("postfix", "postconf", log_to_stderr);
		r.mem = &mem;
		status = function(&r);
		fflush(stdout);
		_exit(status);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	result->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	drain(out, result->out, sizeof(result->out));
	drain(err, result->err, sizeof(result->err));
}

#endif
