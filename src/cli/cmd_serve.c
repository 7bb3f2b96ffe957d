/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_serve.c - `keyhold serve`: the server, in the foreground, as services want it. */
#include <fcntl.h>
#include <unistd.h>

#include "base/secbuf.h"
#include "cli/cli.h"
#include "cli/run.h"
#include "codec/jsn.h"

int
cmd_serve(int argc, char **argv)
{
    struct options o;
    struct run r = { .seed_fd = -1 };
    struct config *c;
    int code = options_begin(&o, argc, argv, &c);

    if (code != EX_OK)
        return code;
    code = run_founded(c);
    if (code != EX_OK) {
        if (code == EX_NOINPUT) {
            complain("there is no installation in %s: run `keyhold init` first", c->store_dir);
            code = EX_CONFIG;
        }
        config_free(c);
        return code;
    }
    if (o.seed != NULL) {
        r.seed_fd = open(o.seed, O_RDONLY | O_CLOEXEC);
        if (r.seed_fd < 0) {
            complain("cannot open the seed file %s", o.seed);
            config_free(c);
            return EX_NOINPUT;
        }
    }
    r.config = c;
    code = run_server(&r);
    if (r.seed_fd >= 0)
        close(r.seed_fd);
    config_free(c);
    return code;
}
