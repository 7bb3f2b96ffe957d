/* SPDX-License-Identifier: Apache-2.0 */
/* application.c - applications as rows; their credentials in, never out. */
#include "auth/application.h"

#include "base/wipe.h"
#include "codec/pack.h"
#include "crypto/verify.h"
#include "crypto/x509.h"

/* Format 1 had no redirects, 2 no names of credentials. */
enum { APPLICATION_FORMAT = 3, APPLICATION_ROW_MAX = 24 * 1024 };

/* The last group has no version in it: every bit may be turned, and is. */
struct guid
application_object_id(const struct guid *appid)
{
    static const char digits[] = "0123456789abcdef";
    struct guid id = *appid;

    for (size_t i = GUID_LEN - 12; id.text[0] != '\0' && i < GUID_LEN; i++) {
        const char *at = memchr(digits, id.text[i], sizeof(digits));

        bug_on(at == NULL || *at == '\0');
        id.text[i] = digits[15 - (at - digits)];
    }
    return id;
}

struct guid
application_of_object(const struct guid *id)
{
    return application_object_id(id);
}

struct application *
application_new(void)
{
    return calloc(1, sizeof(struct application));
}

void
application_free(struct application *a)
{
    free(a);
}

static struct guid
unpack_guid(struct unpack *u)
{
    struct guid g = { "" };

    if (!guid_parse(unpack_bytes(u, GUID_LEN), &g))
        u->err = ERR_FORMAT;
    return g;
}

static void
unpack_fixed(struct unpack *u, uint8_t *out, size_t len)
{
    struct span s = unpack_bytes(u, len);

    if (s.len != len)
        u->err = ERR_FORMAT;
    else
        memcpy(out, s.ptr, len);
}

static void
read_secrets(struct unpack *u, struct application *a, uint8_t format)
{
    a->nsecrets = unpack_u16(u);
    if (a->nsecrets > MAX_APP_SECRETS)
        u->err = ERR_FORMAT;
    for (unsigned i = 0; i < a->nsecrets && u->err == ERR_OK; i++) {
        struct app_secret *s = &a->secrets[i];

        s->id = unpack_guid(u);
        s->expires = unpack_i64(u);
        unpack_str(u, s->hint, sizeof(s->hint));
        unpack_str(u, s->record, sizeof(s->record));
        if (format >= 3) {
            s->starts = unpack_i64(u);
            unpack_str(u, s->name, sizeof(s->name));
        }
    }
}

static void
read_certificates(struct unpack *u, struct application *a, uint8_t format)
{
    a->ncertificates = unpack_u16(u);
    if (a->ncertificates > MAX_APP_CERTIFICATES)
        u->err = ERR_FORMAT;
    for (unsigned i = 0; i < a->ncertificates && u->err == ERR_OK; i++) {
        struct app_certificate *c = &a->certificates[i];
        struct span spki;

        c->id = unpack_guid(u);
        c->not_before = unpack_i64(u);
        c->not_after = unpack_i64(u);
        unpack_fixed(u, c->x5t, sizeof(c->x5t));
        unpack_fixed(u, c->x5t256, sizeof(c->x5t256));
        spki = unpack_bytes(u, sizeof(c->spki));
        if (spki.len > 0)
            memcpy(c->spki, spki.ptr, spki.len);
        c->spki_len = spki.len;
        if (format >= 3)
            unpack_str(u, c->name, sizeof(c->name));
    }
}

static void
read_redirects(struct unpack *u, struct application *a)
{
    a->public_client = unpack_u8(u) == 1;
    a->nredirects = unpack_u16(u);
    if (a->nredirects > MAX_APP_REDIRECTS)
        u->err = ERR_FORMAT;
    for (unsigned i = 0; i < a->nredirects && u->err == ERR_OK; i++) {
        uint8_t kind = unpack_u8(u);

        if (kind == 0 || kind >= REDIRECT__MAX)
            u->err = ERR_FORMAT;
        a->redirects[i].kind = (enum redirect_kind)kind;
        unpack_str(u, a->redirects[i].uri, sizeof(a->redirects[i].uri));
    }
}

enum err
application_load(const struct rows *rows, struct store_view *view, const struct guid *appid,
                 struct application **out)
{
    struct application *a = NULL;
    struct row_key k;
    struct row row;
    struct unpack u;
    uint8_t format;
    enum err e;

    *out = NULL;
    e = row_get(rows, view, row_key_make(&k, "ap", appid->text, NULL), &row);
    if (e != ERR_OK)
        return e;
    a = application_new();
    if (a == NULL)
        return ERR_NOMEM;
    u = unpack_of(row.payload);
    format = unpack_u8(&u);
    if (format == 0 || format > APPLICATION_FORMAT)
        u.err = ERR_FORMAT;
    a->appid = *appid;
    a->revision = row.revision;
    a->enabled = unpack_u8(&u) == 1;
    a->tid = unpack_guid(&u);
    a->created = unpack_i64(&u);
    unpack_str(&u, a->name, sizeof(a->name));
    read_secrets(&u, a, format);
    read_certificates(&u, a, format);
    if (format >= 2)
        read_redirects(&u, a);
    e = unpack_end(&u);
    if (e == ERR_OK) {
        *out = a;
        a = NULL;
    }
    application_free(a);
    return e;
}

static void
write_credentials(struct sink to, const struct application *a)
{
    pack_u16(to, (uint16_t)a->nsecrets);
    for (unsigned i = 0; i < a->nsecrets; i++) {
        pack_str(to, a->secrets[i].id.text);
        pack_i64(to, a->secrets[i].expires);
        pack_str(to, a->secrets[i].hint);
        pack_str(to, a->secrets[i].record);
        pack_i64(to, a->secrets[i].starts);
        pack_str(to, a->secrets[i].name);
    }
    pack_u16(to, (uint16_t)a->ncertificates);
    for (unsigned i = 0; i < a->ncertificates; i++) {
        const struct app_certificate *c = &a->certificates[i];

        pack_str(to, c->id.text);
        pack_i64(to, c->not_before);
        pack_i64(to, c->not_after);
        pack_bytes(to, span_of(c->x5t, sizeof(c->x5t)));
        pack_bytes(to, span_of(c->x5t256, sizeof(c->x5t256)));
        pack_bytes(to, span_of(c->spki, c->spki_len));
        pack_str(to, c->name);
    }
}

static void
write_redirects(struct sink to, const struct application *a)
{
    pack_u8(to, a->public_client ? 1 : 0);
    pack_u16(to, (uint16_t)a->nredirects);
    for (unsigned i = 0; i < a->nredirects; i++) {
        pack_u8(to, (uint8_t)a->redirects[i].kind);
        pack_str(to, a->redirects[i].uri);
    }
}

void
application_store(const struct rows *rows, struct store_write *w, const struct application *a,
                  uint64_t expect)
{
    struct row_key k;
    struct span key = row_key_make(&k, "ap", a->appid.text, NULL);
    struct buf b;
    struct sink to;

    buf_init(&b, APPLICATION_ROW_MAX);
    to = sink_buf(&b);
    pack_u8(to, APPLICATION_FORMAT);
    pack_u8(to, a->enabled ? 1 : 0);
    pack_str(to, a->tid.text);
    pack_i64(to, a->created);
    pack_str(to, a->name);
    write_credentials(to, a);
    write_redirects(to, a);
    if (b.err != ERR_OK && w->bytes.err == ERR_OK)
        w->bytes.err = b.err;
    store_write_expect(w, key, expect);
    row_put(rows, w, key, buf_span(&b));
    buf_release(&b);
}

void
application_delete(struct store_write *w, const struct guid *appid)
{
    struct row_key k;

    store_write_delete(w, row_key_make(&k, "ap", appid->text, NULL));
}

enum err
application_add_secret(struct application *a, struct span record, struct span secret,
                       int64_t expires, struct guid *id)
{
    struct app_secret *s = &a->secrets[a->nsecrets];

    *id = (struct guid){ "" };
    if (a->nsecrets == MAX_APP_SECRETS)
        return ERR_TOO_LARGE;
    *s = (struct app_secret){ .id = guid_new(), .expires = expires };
    if (record.len == 0 || !span_copy_str(record, s->record, sizeof(s->record)))
        return ERR_TOO_LARGE;
    if (secret.len >= SECRET_HINT_FROM &&
        !span_copy_str(span_head(secret, SECRET_HINT_LEN), s->hint, sizeof(s->hint)))
        s->hint[0] = '\0'; /* a NUL inside: no hint, still a secret */
    *id = s->id;
    a->nsecrets++;
    return ERR_OK;
}

enum err
application_add_certificate(struct application *a, struct span der, struct guid *id)
{
    struct app_certificate *c = &a->certificates[a->ncertificates];
    struct verifykey *key = NULL;
    struct cert *cert = NULL;
    enum err e;

    *id = (struct guid){ "" };
    if (a->ncertificates == MAX_APP_CERTIFICATES)
        return ERR_TOO_LARGE;
    e = cert_new(der, &cert);
    if (e != ERR_OK)
        return e;
    e = verifykey_from_spki(cert_spki(cert), &key);
    if (e != ERR_OK)
        goto out;
    e = ERR_TOO_LARGE;
    if (cert_spki(cert).len > sizeof(c->spki))
        goto out;
    e = ERR_EXISTS;
    for (unsigned i = 0; i < a->ncertificates; i++)
        if (span_is_equal(span_of(a->certificates[i].x5t256, SHA256_LEN),
                          span_of(cert_sha256(cert), SHA256_LEN)))
            goto out;
    *c = (struct app_certificate){ .id = guid_new(),
                                   .not_before = cert_not_before(cert),
                                   .not_after = cert_not_after(cert),
                                   .spki_len = cert_spki(cert).len };
    memcpy(c->x5t, cert_sha1(cert), SHA1_LEN);
    memcpy(c->x5t256, cert_sha256(cert), SHA256_LEN);
    memcpy(c->spki, cert_spki(cert).ptr, c->spki_len);
    *id = c->id;
    a->ncertificates++;
    e = ERR_OK;
out:
    verifykey_free(key);
    cert_free(cert);
    return e;
}

bool
application_secret_fits(const struct app_secret *s, struct span secret)
{
    struct span hint = span_str(s->hint);

    return hint.len == 0 ||
           (secret.len >= hint.len && ct_equal(span_head(secret, hint.len), hint));
}
