/* SPDX-License-Identifier: Apache-2.0 */
/* issued.c - rows pc/<authority>/<SERIAL> and pr/<authority>/<SERIAL>. */
#include "pki/issued.h"

#include <string.h>

#include "base/log.h"
#include "codec/pack.h"
#include "crypto/x509.h"

enum { ISSUED_FORMAT = 1, REVOKED_FORMAT = 1, ISSUED_ROW_MAX = 32 * 1024 };

static const char *const reasons[REASON__MAX] = {
    [REASON_UNSPECIFIED] = "unspecified",
    [REASON_KEY_COMPROMISE] = "keyCompromise",
    [REASON_CA_COMPROMISE] = "cACompromise",
    [REASON_AFFILIATION_CHANGED] = "affiliationChanged",
    [REASON_SUPERSEDED] = "superseded",
    [REASON_CESSATION] = "cessationOfOperation",
    [REASON_HOLD] = "certificateHold",
    [REASON_PRIVILEGE_WITHDRAWN] = "privilegeWithdrawn",
};

const char *
revocation_reason_name(unsigned reason)
{
    return reason < REASON__MAX ? reasons[reason] : NULL;
}

unsigned
revocation_reason_find(struct span name)
{
    for (unsigned i = 0; i < REASON__MAX; i++)
        if (reasons[i] != NULL && span_is_str_nocase(name, reasons[i]))
            return i;
    return REASON__MAX;
}

static bool
serial_is_ok(const char *s)
{
    return s[0] != '\0' && strspn(s, "0123456789ABCDEF") == strlen(s);
}

static struct span
key_of(struct row_key *k, const char *prefix, const struct guid *ca, const char *serial)
{
    return row_key_make(k, prefix, ca->text, serial, NULL);
}

enum err
issued_read(struct span payload, struct issued *out)
{
    struct unpack u = unpack_of(payload);
    struct span principal;

    *out = (struct issued){ .revision = 0 };
    if (unpack_u8(&u) != ISSUED_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, out->serial, sizeof(out->serial));
    out->der = unpack_bytes(&u, CERT_MAX);
    out->profile = unpack_bytes(&u, PROFILE_NAME_MAX);
    principal = unpack_bytes(&u, GUID_LEN);
    out->what = unpack_bytes(&u, ISSUED_WHAT_MAX);
    out->issued = unpack_i64(&u);
    out->not_after = unpack_i64(&u);
    if (!guid_parse(principal, &out->principal) || !serial_is_ok(out->serial))
        return ERR_FORMAT;
    return unpack_end(&u);
}

enum err
revoked_read(struct span payload, struct revoked *out)
{
    struct unpack u = unpack_of(payload);
    unsigned reason;

    *out = (struct revoked){ .revision = 0 };
    if (unpack_u8(&u) != REVOKED_FORMAT)
        return ERR_FORMAT;
    unpack_str(&u, out->serial, sizeof(out->serial));
    reason = unpack_u8(&u);
    out->at = unpack_i64(&u);
    out->not_after = unpack_i64(&u);
    if (revocation_reason_name(reason) == NULL || !serial_is_ok(out->serial))
        return ERR_FORMAT;
    out->reason = (enum revocation_reason)reason;
    return unpack_end(&u);
}

enum err
issued_get(const struct rows *rows, struct store_view *view, const struct guid *ca,
           const char *serial, struct issued *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct issued){ .revision = 0 };
    e = row_get(rows, view, key_of(&k, "pc", ca, serial), &row);
    if (e == ERR_OK)
        e = issued_read(row.payload, out);
    if (e == ERR_OK && strcmp(out->serial, serial) != 0)
        e = ERR_FORMAT;
    if (e == ERR_FORMAT)
        log_error("row %s: %s", k.text, err_text(e));
    if (e == ERR_OK)
        out->revision = row.revision;
    return e;
}

enum err
revoked_get(const struct rows *rows, struct store_view *view, const struct guid *ca,
            const char *serial, struct revoked *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct revoked){ .revision = 0 };
    e = row_get(rows, view, key_of(&k, "pr", ca, serial), &row);
    if (e == ERR_OK)
        e = revoked_read(row.payload, out);
    if (e == ERR_OK && strcmp(out->serial, serial) != 0)
        e = ERR_FORMAT;
    if (e == ERR_FORMAT)
        log_error("row %s: %s", k.text, err_text(e));
    if (e == ERR_OK)
        out->revision = row.revision;
    return e;
}

void
issued_put(const struct rows *rows, struct store_write *w, const struct guid *ca,
           const struct issued *i)
{
    struct row_key k;
    struct span key = key_of(&k, "pc", ca, i->serial);
    struct buf b;

    buf_init(&b, ISSUED_ROW_MAX);
    pack_u8(sink_buf(&b), ISSUED_FORMAT);
    pack_str(sink_buf(&b), i->serial);
    pack_bytes(sink_buf(&b), i->der);
    pack_bytes(sink_buf(&b), i->profile);
    pack_str(sink_buf(&b), i->principal.text);
    pack_bytes(sink_buf(&b), span_head(i->what, ISSUED_WHAT_MAX));
    pack_i64(sink_buf(&b), i->issued);
    pack_i64(sink_buf(&b), i->not_after);
    store_write_expect(w, key, i->revision);
    row_put_buf(rows, w, key, &b);
}

void
revoked_put(const struct rows *rows, struct store_write *w, const struct guid *ca,
            const struct revoked *r)
{
    struct row_key k;
    struct span key = key_of(&k, "pr", ca, r->serial);
    struct buf b;

    buf_init(&b, ISSUED_ROW_MAX);
    pack_u8(sink_buf(&b), REVOKED_FORMAT);
    pack_str(sink_buf(&b), r->serial);
    pack_u8(sink_buf(&b), (uint8_t)r->reason);
    pack_i64(sink_buf(&b), r->at);
    pack_i64(sink_buf(&b), r->not_after);
    store_write_expect(w, key, r->revision);
    row_put_buf(rows, w, key, &b);
}

/* --------------------------------------------------------------------------- scans */

struct walk {
    const struct rows *rows;
    issued_fn issued;
    revoked_fn revoked;
    void *arg;
    enum err err;
};

static bool
walk_row(void *arg, const struct store_row *sr)
{
    struct walk *w = arg;
    struct issued i;
    struct revoked r;
    struct row row;

    w->err = row_check(w->rows, sr, &row);
    if (w->err == ERR_OK)
        w->err =
            w->issued != NULL ? issued_read(row.payload, &i) : revoked_read(row.payload, &r);
    if (w->err != ERR_OK)
        return false;
    i.revision = r.revision = row.revision;
    return w->issued != NULL ? w->issued(w->arg, &i) : w->revoked(w->arg, &r);
}

enum err
issued_each(const struct rows *rows, struct store_view *view, const struct guid *ca,
            const char *after, size_t limit, issued_fn fn, void *arg)
{
    struct walk w = { .rows = rows, .issued = fn, .arg = arg };
    struct row_key k, from;
    struct span begin = { 0 };
    enum err e;

    if (after[0] != '\0')
        begin = key_of(&from, "pc", ca, after);
    e = store_scan(view, key_of(&k, "pc", ca, ""), begin, limit, walk_row, &w);
    return e == ERR_OK ? w.err : e;
}

enum err
revoked_each(const struct rows *rows, struct store_view *view, const struct guid *ca,
             size_t limit, revoked_fn fn, void *arg)
{
    struct walk w = { .rows = rows, .revoked = fn, .arg = arg };
    struct row_key k;
    enum err e =
        store_scan(view, key_of(&k, "pr", ca, ""), (struct span){ 0 }, limit, walk_row, &w);

    return e == ERR_OK ? w.err : e;
}
