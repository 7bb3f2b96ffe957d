/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_version.c - `keyhold version`: the version, and what it was built with. */
#include <stdio.h>

#include "api/versions.h"
#include "cli/cli.h"
#include "store/store.h"

int
cmd_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("keyhold %s (store format %d, newest api-version %s)\n", KEYHOLD_VERSION,
           STORE_FORMAT, versions_newest());
    return EX_OK;
}
