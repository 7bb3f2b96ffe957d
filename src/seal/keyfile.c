/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyfile.c - the text of key files: read, checked, parsed. Every refusal is
 * one log line that names the file and the way out.
 */
#include "seal/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secbuf.h"
#include "base/wipe.h"
#include "codec/b64.h"
#include "crypto/aead.h"
#include "crypto/scrypt.h"
#include "seal/keyfile_int.h"

static const char *const kind_names[SEAL_KIND__MAX] = {
    [SEAL_KEYFILE] = "keyfile",
    [SEAL_CREDENTIAL] = "credential",
    [SEAL_PASSPHRASE] = "passphrase",
};

const char *
seal_kind_name(enum seal_kind kind)
{
    bug_on((unsigned)kind >= SEAL_KIND__MAX);
    return kind_names[kind];
}

enum err
seal_kind_parse(struct span name, enum seal_kind *out)
{
    *out = SEAL_KEYFILE;
    for (enum seal_kind k = 0; k < SEAL_KIND__MAX; k++)
        if (span_is_str(name, kind_names[k])) {
            *out = k;
            return ERR_OK;
        }
    return ERR_SYNTAX;
}

/* systemd shows credentials to the service's group, and to nobody else. */
static enum err
check_mode(int fd, const char *path, enum seal_kind kind)
{
    mode_t loose = kind == SEAL_CREDENTIAL ? 0137 : 0177;
    struct stat st;

    if (fstat(fd, &st) != 0) {
        log_error("seal: cannot look at %s: %s", path, strerror(errno));
        return ERR_IO;
    }
    if (!S_ISREG(st.st_mode)) {
        log_error("seal: %s is not a regular file; it must hold the root key", path);
        return ERR_DENIED;
    }
    if ((st.st_mode & loose) != 0) {
        log_error("seal: %s has mode %04o, others may get at the root key; do: chmod %s %s",
                  path, (unsigned)(st.st_mode & 07777),
                  kind == SEAL_CREDENTIAL ? "0400" : "0600", path);
        return ERR_DENIED;
    }
    return ERR_OK;
}

static enum err
check_owner(int fd, const char *path)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (st.st_uid == geteuid() || st.st_uid == 0)
        return ERR_OK;
    log_error("seal: %s belongs to user %u, not to user %u who runs this; do: chown %u %s",
              path, (unsigned)st.st_uid, (unsigned)geteuid(), (unsigned)geteuid(), path);
    return ERR_DENIED;
}

enum err
keyfile_open(const char *path, enum seal_kind kind, int *fd)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    enum err e;

    if (kind != SEAL_CREDENTIAL)
        flags |= O_NOFOLLOW;
    *fd = open(path, flags);
    if (*fd < 0 && errno == ENOENT)
        return ERR_NOT_FOUND;
    if (*fd < 0 && errno == ELOOP) {
        log_error("seal: %s is a symbolic link; name the file itself", path);
        return ERR_DENIED;
    }
    if (*fd < 0) {
        log_error("seal: cannot open %s: %s", path, strerror(errno));
        return errno == EACCES ? ERR_DENIED : ERR_IO;
    }
    e = check_mode(*fd, path, kind);
    if (e == ERR_OK)
        e = check_owner(*fd, path);
    if (e != ERR_OK) {
        close(*fd);
        *fd = -1;
    }
    return e;
}

/* Everything in the file, at most KEYFILE_MAX bytes. */
static enum err
read_all(int fd, const char *path, struct secbuf *out)
{
    uint8_t *at = secbuf_grow(out, KEYFILE_MAX + 1);
    size_t got = 0;
    ssize_t n;

    if (at == NULL)
        return out->err;
    while (got < KEYFILE_MAX + 1) {
        n = pread(fd, at + got, KEYFILE_MAX + 1 - got, (off_t)got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            log_error("seal: cannot read %s: %s", path, strerror(errno));
            return ERR_IO;
        }
        if (n == 0)
            break;
        got += (size_t)n;
    }
    secbuf_truncate(out, got);
    return ERR_OK;
}

enum err
keyfile_read(int fd, const char *path, enum seal_kind kind, struct span passphrase,
             struct root_key **out)
{
    struct secbuf text;
    enum err e;

    *out = NULL;
    e = check_mode(fd, path, kind);
    if (e != ERR_OK)
        return e;
    secbuf_init(&text, KEYFILE_MAX + 1);
    e = read_all(fd, path, &text);
    if (e == ERR_OK)
        e = keyfile_parse(secbuf_span(&text), path, kind, passphrase, out);
    secbuf_release(&text);
    return e;
}

static enum err
bad_format(const char *path, const char *want)
{
    log_error("seal: %s does not hold %s; check seal and seal.file in keyhold.conf, or put the "
              "right file back",
              path, want);
    return ERR_FORMAT;
}

/* Cuts the field up to the next blank off the front; empty when there is none. */
static struct span
take_field(struct span *rest)
{
    size_t len = span_find(*rest, ' ');
    struct span field = span_head(*rest, len);

    *rest = span_tail(*rest, len + 1);
    return field;
}

static enum err
parse_plain(struct span text, const char *path, struct root_key **out)
{
    struct secbuf key;
    enum err e;

    secbuf_init(&key, 64);
    if (!span_is_str(take_field(&text), KEYFILE_MAGIC) ||
        b64_get(text, sink_sec(&key)) != ERR_OK || key.len != ROOT_KEY_LEN)
        e = key.err == ERR_NOMEM ? ERR_NOMEM : bad_format(path, "a root key");
    else
        e = root_key_from(secbuf_span(&key), out);
    secbuf_release(&key);
    return e;
}

/* "scrypt:<logN>:<r>:<p>" */
static bool
parse_cost(struct span s, struct scrypt_cost *out)
{
    uint64_t v[3];

    if (!span_has_prefix(s, span_str("scrypt:")))
        return false;
    s = span_tail(s, 7);
    for (size_t i = 0; i < 3; i++) {
        size_t len = span_find(s, ':');

        if (len > 4 || !span_get_u64(span_head(s, len), &v[i]) || (i < 2) != (len < s.len))
            return false;
        s = span_tail(s, len + 1);
    }
    *out = (struct scrypt_cost){ (unsigned)v[0], (unsigned)v[1], (unsigned)v[2] };
    return true;
}

/* The KEK opens nonce|ct|tag; aad is the line in front of them. */
static enum err
open_sealed(const struct scrypt_cost *cost, struct span passphrase, struct span salt,
            struct span aad, struct span sealed, struct root_key **out)
{
    WIPED32 uint8_t kek[32];
    WIPED32 uint8_t key[ROOT_KEY_LEN];
    enum err e;

    e = scrypt_derive(passphrase, salt, cost, kek, sizeof(kek));
    if (e == ERR_OK)
        e = aead_open(kek, sealed.ptr, aad, span_tail(sealed, AEAD_NONCE_LEN), key);
    if (e == ERR_OK)
        e = root_key_from(span_of(key, sizeof(key)), out);
    return e;
}

static enum err
parse_sealed(struct span text, const char *path, struct span passphrase, struct root_key **out)
{
    static const char want[] = "a root key sealed by a passphrase";
    struct span rest = text, aad;
    struct scrypt_cost cost;
    struct buf salt, sealed;
    enum err e;

    buf_init(&salt, SEALED_SALT_MAX);
    buf_init(&sealed, SEALED_LEN);
    if (!span_is_str(take_field(&rest), SEALED_MAGIC) ||
        !parse_cost(take_field(&rest), &cost) ||
        b64_get(take_field(&rest), sink_buf(&salt)) != ERR_OK || salt.len < SEALED_SALT_LEN ||
        b64_get(rest, sink_buf(&sealed)) != ERR_OK || sealed.len != SEALED_LEN) {
        e = bad_format(path, want);
        goto out;
    }
    aad = span_head(text, text.len - rest.len);
    e = open_sealed(&cost, passphrase, buf_span(&salt), aad, buf_span(&sealed), out);
    if (e == ERR_INTEGRITY) {
        log_error("seal: the passphrase does not open %s; it is wrong, or the file is damaged",
                  path);
        e = ERR_BAD_SECRET;
    } else if (e == ERR_ARG)
        e = bad_format(path, want);
out:
    buf_release(&salt);
    buf_release(&sealed);
    return e;
}

enum err
keyfile_parse(struct span text, const char *path, enum seal_kind kind, struct span passphrase,
              struct root_key **out)
{
    *out = NULL;
    if (text.len > KEYFILE_MAX)
        return bad_format(path, "a root key (it is too large)");
    if (text.len > 0 && text.ptr[text.len - 1] == '\n')
        text.len--;
    if (kind == SEAL_PASSPHRASE)
        return parse_sealed(text, path, passphrase, out);
    return parse_plain(text, path, out);
}

enum err
passphrase_read(int fd, struct secbuf *out)
{
    uint8_t *p = secbuf_grow(out, PASSPHRASE_MAX + 2);
    ssize_t n = p == NULL ? -1 : read(fd, p, PASSPHRASE_MAX + 2);

    if (n <= 0)
        return ERR_IO;
    while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r'))
        n--;
    secbuf_truncate(out, (size_t)n);
    return ERR_OK;
}
