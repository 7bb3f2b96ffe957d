/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_tls.c - `keyhold tls ca|reload`: the private CA for clients; renewal on demand. */
#include <stdio.h>

#include "cli/cafile.h"
#include "cli/cli.h"
#include "cli/order.h"

static int
print_ca(const struct config *c)
{
    struct buf pem;
    enum err e;
    int code = EX_OK;

    buf_init(&pem, 64 * 1024);
    e = cafile_pem(c, &pem);
    if (e != ERR_OK) {
        complain("cannot read the CA certificate from %s: %s", c->store_dir, err_text(e));
        code = EX_NOINPUT;
    } else if (fwrite(pem.ptr, 1, pem.len, stdout) != pem.len) {
        code = EX_IOERR;
    }
    buf_release(&pem);
    return code;
}

int
cmd_tls(int argc, char **argv)
{
    struct options o;
    struct config *c;
    bool ca = argc >= 1 && span_is_str(span_str(argv[0]), "ca");
    int code;

    if (argc < 1 || (!ca && !span_is_str(span_str(argv[0]), "reload"))) {
        complain("usage: keyhold tls ca|reload [--config FILE]");
        return EX_USAGE;
    }
    code = options_begin(&o, argc - 1, argv + 1, &c);
    if (code != EX_OK)
        return code;
    code = ca ? print_ca(c) : order(c, ADMIN_RELOAD, 10000, "reload");
    config_free(c);
    return code;
}
