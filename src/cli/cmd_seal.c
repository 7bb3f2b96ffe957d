/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_seal.c - `keyhold seal rotate`: a new root key while the server runs.
 *
 *   1. the new key is written beside the old one, as FILE.next
 *   2. the server's keeper takes it from a descriptor; the clerk rewraps every key
 *   3. FILE.next is renamed over FILE
 *
 * Interrupted anywhere, both files are there and the server opens both at its
 * next start; running the command again goes on with the key of step 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secbuf.h"
#include "cli/cli.h"
#include "cli/order.h"
#include "cli/run.h"
#include "daemon/admin.h"
#include "seal/keyfile.h"

enum { CLI_SECMEM = 256 * 1024, ROTATE_TIMEOUT_MS = 30 * 60 * 1000 };

static int
make_next(const struct config *c, const char *next)
{
    if (access(next, F_OK) != 0)
        return run_make_key(c, next);
    fprintf(stderr, "keyhold: going on with the root key in %s\n", next);
    return EX_OK;
}

static int
rotate(const struct config *c)
{
    char next[CONFIG_PATH_MAX + 8];
    struct admin_answer answer;
    enum err e;
    int fd, code;

    (void)snprintf(next, sizeof(next), "%s.next", c->seal_file);
    code = order(c, ADMIN_STATUS, 5000, "answer");
    if (code == EX_OK)
        code = make_next(c, next);
    if (code != EX_OK)
        return code;
    e = keyfile_open(next, c->seal, &fd);
    if (e != ERR_OK) {
        complain("cannot use %s: %s", next, err_text(e));
        return EX_NOINPUT;
    }
    fprintf(stderr, "keyhold: rewrapping every key under the new root key\n");
    e = admin_call(c->data_dir, ADMIN_SEAL_ROTATE, fd, ROTATE_TIMEOUT_MS, &answer);
    close(fd);
    if (e == ERR_EXISTS) /* in use already: only the file was not renamed */
        e = ERR_OK;
    if (e != ERR_OK) {
        complain("the rotation did not finish: %s. Both keys are kept; run the command again",
                 err_text(e));
        return EX_TEMPFAIL;
    }
    if (keyfile_replace(next, c->seal_file) != ERR_OK) {
        complain("cannot rename %s over %s: do it by hand, all keys need it now", next,
                 c->seal_file);
        return EX_CANTCREAT;
    }
    puts("The root key was replaced. Copies of the old one open nothing written from now on;\n"
         "keep them as long as backups made before this day.");
    return EX_OK;
}

int
cmd_seal(int argc, char **argv)
{
    struct options o;
    struct config *c;
    int code;

    if (argc < 1 || !span_is_str(span_str(argv[0]), "rotate")) {
        complain("usage: keyhold seal rotate [--config FILE]");
        return EX_USAGE;
    }
    code = options_begin(&o, argc - 1, argv + 1, &c);
    if (code != EX_OK)
        return code;
    if (c->seal == SEAL_CREDENTIAL) {
        complain("the root key is a systemd credential: replace it there (docs/operations.md)");
        code = EX_CONFIG;
    } else if (secmem_init(CLI_SECMEM) != ERR_OK) {
        code = EX_OSERR;
    } else {
        code = rotate(c);
    }
    config_free(c);
    return code;
}
