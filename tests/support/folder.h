/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder - one folder for all tests of a program, in $TMPDIR, as the fixtures of its group.
 *
 *	return cmocka_run_group_tests(tests, folder_make, folder_remove);
 */
#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

extern char folder_path[];

int folder_make(void **state);
int folder_remove(void **state);

#endif
