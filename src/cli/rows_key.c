/* SPDX-License-Identifier: Apache-2.0 */
/* rows_key.c - root key, wrapped key, key of the tags. */
#include "cli/rows_key.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/secbuf.h"
#include "keeper/ask.h"
#include "seal/keyfile.h"
#include "seal/wrap.h"

static enum err
take_passphrase(const struct config *c, struct secbuf *out)
{
    int fd;
    enum err e;

    if (c->seal != SEAL_PASSPHRASE)
        return ERR_OK;
    fd = open(c->seal_passphrase, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ERR_NOT_FOUND;
    e = passphrase_read(fd, out);
    (void)close(fd);
    return e;
}

/* The key of the tags, if it was wrapped under the root key in this file. */
static enum err
open_rows(const struct config *c, const char *path, struct span wrapped, struct rows **out)
{
    struct secbuf passphrase, key;
    struct root_key *root = NULL;
    enum err e;
    int fd;

    e = keyfile_open(path, c->seal, &fd);
    if (e != ERR_OK)
        return e;
    secbuf_init(&passphrase, PASSPHRASE_MAX + 64);
    secbuf_init(&key, 256);
    e = take_passphrase(c, &passphrase);
    if (e == ERR_OK)
        e = keyfile_read(fd, path, c->seal, secbuf_span(&passphrase), &root);
    if (e == ERR_OK)
        e = wrap_open(root, PURPOSE_INTEGRITY, span_str("rows"), wrapped, &key);
    if (e == ERR_OK)
        e = rows_new(secbuf_span(&key), out);
    root_key_free(root);
    secbuf_release(&key);
    secbuf_release(&passphrase);
    (void)close(fd);
    return e;
}

enum err
rows_key_open(const struct config *c, struct store_view *view, struct rows **out)
{
    char next[CONFIG_PATH_MAX + 8];
    struct store_row row;
    enum err e = store_get(view, span_str("k/integrity"), &row);

    *out = NULL;
    if (e == ERR_OK)
        e = open_rows(c, c->seal_file, row.value, out);
    if (e == ERR_WRONG_KEY) { /* in the middle of a rotation */
        (void)snprintf(next, sizeof(next), "%s.next", c->seal_file);
        e = open_rows(c, next, row.value, out);
    }
    return e;
}
