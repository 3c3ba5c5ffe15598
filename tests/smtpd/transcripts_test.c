/* SPDX-License-Identifier: Apache-2.0 */
/* Every dialogue that stands in a .t file of this folder. */
#include "tests/smtpd/scene.h"

int
main(void)
{
	return transcript_run_all(&scene_smtpd, "tests/smtpd");
}
