/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.h - the token process: a keeper (keeper/main.h) whose keys are in a
 * PKCS#11 token.
 *
 * A module is foreign code with files, sockets and threads of its own. It may
 * not live in the keeper, which holds the root key; here it finds nothing but
 * the PIN and what is asked (docs/decisions/0013-token-process.md).
 */
#ifndef TOKEN_MAIN_H
#define TOKEN_MAIN_H

#include "base/err.h"
#include "base/secbuf.h"

enum { TOKEN_PIN_MAX = 256 };

struct token_main_config {
    const char *module; /* path */
    const char *label;  /* of the token */
    int pin_fd;         /* open file with the PIN in its first line; adopted */
    const char *pin_path;
    unsigned loops;   /* front loops: one thread for each */
    unsigned threads; /* sessions that use keys; one more makes them */
    size_t secmem_len;
    unsigned index; /* of this process among its kind, for logs */
    enum err (*confine)(void *arg);
    void *confine_arg;
};

/*
 * Runs until CONTROL_DRAIN or until the supervisor is gone; returns the exit code. It serves
 * whether the token is there or not. Adopts control_fd. A reload with a file is another PIN.
 * Once per process, after fork.
 *
 * After confine() it needs what keeper_main() needs, and whatever the module does.
 */
int token_main(int control_fd, const struct token_main_config *cfg);

/* The first line of a PIN file, without its end; fd is closed. ERR_IO, ERR_FORMAT (empty, too
 * long), ERR_NOMEM. */
MUST_CHECK enum err token_read_pin(int fd, struct secbuf *out);

#endif /* TOKEN_MAIN_H */
