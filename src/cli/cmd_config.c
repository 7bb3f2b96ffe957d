/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_config.c - `keyhold config check`: every error of the file, with line and reason. */
#include <stdio.h>

#include "cli/cli.h"

int
cmd_config(int argc, char **argv)
{
    struct options o;
    struct config *c;
    int code;

    if (argc < 1 || !span_is_str(span_str(argv[0]), "check")) {
        complain("usage: keyhold config check [--config FILE] [--set KEY=VALUE]");
        return EX_USAGE;
    }
    code = options_begin(&o, argc - 1, argv + 1, &c);
    if (code != EX_OK)
        return code;
    puts("the configuration is correct");
    config_free(c);
    return EX_OK;
}
