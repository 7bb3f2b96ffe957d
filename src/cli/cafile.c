/* SPDX-License-Identifier: Apache-2.0 */
/* cafile.c - reads row k/ca without the integrity key: a certificate is public. */
#include "cli/cafile.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/run.h"
#include "crypto/x509.h"
#include "store/store.h"
#include "vault/row.h"
#include "vault/syskey.h"

#define SYSTEM_BUNDLE "/etc/ssl/certs/ca-certificates.crt"
enum { BUNDLE_MAX = 4 * 1024 * 1024 };

enum err
cafile_pem(const struct config *c, struct buf *pem)
{
    struct store_config sc = { .engine = c->store_engine,
                               .path = c->store_dir,
                               .read_only = true };
    struct store *store;
    struct store_view *view = NULL;
    struct store_row row;
    struct syskey ca;
    enum err e = store_open(&sc, &store);

    if (e != ERR_OK)
        return e;
    e = store_begin(store, &view);
    if (e == ERR_OK)
        e = store_get(view, span_str("k/ca"), &row);
    if (e == ERR_OK && row.value.len <= ROW_TAG_LEN)
        e = ERR_FORMAT;
    if (e == ERR_OK)
        e = syskey_read(span_head(row.value, row.value.len - ROW_TAG_LEN), &ca);
    if (e == ERR_OK)
        e = pem_put(ca.pub, "CERTIFICATE", pem);
    store_end(view);
    store_close(store);
    return e;
}

static enum err
write_file(const char *dir, const char *name, struct span text)
{
    char path[CONFIG_PATH_MAX + 32], part[CONFIG_PATH_MAX + 48];
    enum err e = ERR_OK;
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    (void)snprintf(part, sizeof(part), "%s.part", path);
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return ERR_IO;
    if (write(fd, text.ptr, text.len) != (ssize_t)text.len || fchmod(fd, 0644) != 0)
        e = ERR_IO;
    if (close(fd) != 0)
        e = ERR_IO;
    if (e == ERR_OK && rename(part, path) != 0)
        e = ERR_IO;
    if (e != ERR_OK)
        (void)unlink(part);
    return e;
}

static void
put_system(struct buf *bundle)
{
    FILE *f = fopen(SYSTEM_BUNDLE, "re");
    char chunk[8192];
    size_t n;

    if (f == NULL)
        return;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        buf_put(bundle, span_of(chunk, n));
    fclose(f);
}

static int
write_both(const struct config *c)
{
    const char *dir = c->data_dir;
    struct buf pem, bundle;
    enum err e;

    buf_init(&pem, 64 * 1024);
    buf_init(&bundle, BUNDLE_MAX);
    e = cafile_pem(c, &pem);
    if (e == ERR_OK) {
        put_system(&bundle);
        buf_put(&bundle, buf_span(&pem));
        e = bundle.err;
    }
    if (e == ERR_OK)
        e = write_file(dir, "ca.pem", buf_span(&pem));
    if (e == ERR_OK)
        e = write_file(dir, "ca-bundle.pem", buf_span(&bundle));
    buf_release(&bundle);
    buf_release(&pem);
    if (e == ERR_OK)
        return EX_OK;
    complain("cannot write the CA certificate into %s: %s", dir, err_text(e));
    return EX_CANTCREAT;
}

int
cafile_write(const struct config *c)
{
    return run_apart(write_both, c);
}
