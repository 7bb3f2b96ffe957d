/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyfile_write.c - key files made. A root key that is lost loses everything
 * sealed under it, so the file and its directory are on the disk before
 * success is told, and nothing is ever overwritten.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rand.h"
#include "base/secbuf.h"
#include "base/wipe.h"
#include "codec/b64.h"
#include "crypto/scrypt.h"
#include "seal/keyfile.h"
#include "seal/keyfile_int.h"

enum { PATH_LEN_MAX = 4096 };

static enum err
io_error(const char *what, const char *path)
{
    enum err e = errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO;

    log_error("seal: cannot %s %s: %s", what, path, strerror(errno));
    return e;
}

static enum err
sync_directory_of(const char *path)
{
    char dir[PATH_LEN_MAX];
    const char *slash = strrchr(path, '/');
    enum err e = ERR_OK;
    int fd;

    if (slash == NULL)
        (void)snprintf(dir, sizeof(dir), ".");
    else if (!span_copy_str(span_of(path, (size_t)(slash - path) + 1), dir, sizeof(dir)))
        return ERR_TOO_LARGE;
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return io_error("open the directory of", path);
    if (fsync(fd) != 0)
        e = io_error("sync the directory of", path);
    close(fd);
    return e;
}

static enum err
write_all(int fd, const char *path, struct span text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_error("write", path);
        text = span_tail(text, (size_t)n);
    }
    if (fsync(fd) != 0)
        return io_error("sync", path);
    return ERR_OK;
}

static enum err
write_new(const char *path, struct span text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    enum err e;

    if (fd < 0 && errno == EEXIST) {
        log_error("seal: %s exists and is never overwritten; it may hold the only key to your "
                  "data",
                  path);
        return ERR_EXISTS;
    }
    if (fd < 0)
        return io_error("create", path);
    e = write_all(fd, path, text);
    if (close(fd) != 0 && e == ERR_OK)
        e = io_error("close", path);
    if (e == ERR_OK)
        e = sync_directory_of(path);
    if (e != ERR_OK)
        (void)unlink(path);
    return e;
}

static enum err
write_line(const char *path, struct secbuf *line)
{
    secbuf_put_byte(line, '\n');
    return line->err != ERR_OK ? line->err : write_new(path, secbuf_span(line));
}

enum err
keyfile_create(const char *path, const struct root_key *root)
{
    struct secbuf line;
    enum err e;

    secbuf_init(&line, KEYFILE_MAX);
    sink_put_str(sink_sec(&line), KEYFILE_MAGIC " ");
    b64_put(sink_sec(&line), root_key_bytes(root));
    e = write_line(path, &line);
    secbuf_release(&line);
    return e;
}

/* Appends base64(nonce | ct | tag); what stands in the line so far is bound to it. */
static enum err
put_sealed(struct secbuf *line, const struct root_key *root, const struct scrypt_cost *cost,
           struct span passphrase, struct span salt)
{
    WIPED32 uint8_t kek[32];
    uint8_t sealed[SEALED_LEN];
    enum err e;

    if (line->err != ERR_OK)
        return line->err;
    e = scrypt_derive(passphrase, salt, cost, kek, sizeof(kek));
    if (e != ERR_OK)
        return e;
    rand_fill(sealed, AEAD_NONCE_LEN);
    e = aead_seal(kek, sealed, secbuf_span(line), root_key_bytes(root),
                  sealed + AEAD_NONCE_LEN);
    if (e == ERR_OK)
        b64_put(sink_sec(line), span_of(sealed, sizeof(sealed)));
    return e;
}

enum err
keyfile_create_sealed(const char *path, const struct root_key *root, struct span passphrase)
{
    static const struct scrypt_cost cost = { SEALED_LOG_N, SCRYPT_R, SCRYPT_P };
    uint8_t salt[SEALED_SALT_LEN];
    struct secbuf line;
    char head[80];
    enum err e;

    if (passphrase.len < PASSPHRASE_MIN || passphrase.len > PASSPHRASE_MAX) {
        log_error("seal: a passphrase has %d to %d bytes", PASSPHRASE_MIN, PASSPHRASE_MAX);
        return ERR_ARG;
    }
    rand_fill(salt, sizeof(salt));
    (void)snprintf(head, sizeof(head), SEALED_MAGIC " scrypt:%u:%u:%u ", cost.log_n, cost.r,
                   cost.p);
    secbuf_init(&line, KEYFILE_MAX);
    sink_put_str(sink_sec(&line), head);
    b64_put(sink_sec(&line), span_of(salt, sizeof(salt)));
    secbuf_put_byte(&line, ' ');
    e = put_sealed(&line, root, &cost, passphrase, span_of(salt, sizeof(salt)));
    if (e == ERR_OK)
        e = write_line(path, &line);
    secbuf_release(&line);
    return e;
}

enum err
keyfile_replace(const char *from, const char *to)
{
    if (rename(from, to) != 0)
        return io_error("rename onto", to);
    return sync_directory_of(to);
}
