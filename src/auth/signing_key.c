/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signing_key.c - token signing keys as rows.
 *
 * "Has a row" and "is published" are the same thing, so a verifier needs to
 * look at one row only. Which key signs follows from times alone: nobody needs
 * to write at the moment when one takes over from the other.
 */
#include "auth/signing_key.h"

#include "base/rand.h"
#include "codec/b64.h"
#include "codec/pack.h"
#include "vault/syskey.h"

void
signing_key_new_kid(char out[static KID_LEN + 1])
{
    uint8_t id[20];
    struct buf b;

    rand_fill(id, sizeof(id));
    buf_init(&b, KID_LEN + 1);
    b64url_put(sink_buf(&b), span_of(id, sizeof(id)));
    bug_on(b.err == ERR_TOO_LARGE);
    /* Without memory for 27 bytes the id is empty, and the keeper refuses it. */
    if (!span_copy_str(buf_span(&b), out, KID_LEN + 1))
        out[0] = '\0';
    buf_release(&b);
}

static bool
kid_is_ok(struct span kid)
{
    if (kid.len == 0 || kid.len > KID_MAX)
        return false;
    for (size_t i = 0; i < kid.len; i++) {
        uint8_t c = kid.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

static enum err
from_syskey(const struct syskey *s, const char *kid, uint64_t revision, struct signing_key *out)
{
    if (s->purpose != PURPOSE_TOKEN || !span_is_str(s->id, kid))
        return ERR_FORMAT;
    (void)snprintf(out->kid, sizeof(out->kid), "%s", kid);
    out->signs_from = s->not_before;
    out->drop_at = s->not_after;
    out->wrapped = s->wrapped;
    out->der = s->pub;
    out->revision = revision;
    return ERR_OK;
}

enum err
signing_key_load(const struct rows *rows, struct store_view *view, struct span kid,
                 struct signing_key *out)
{
    char text[KID_MAX + 1];
    struct row_key k;
    struct syskey s;
    uint64_t revision;
    enum err e;

    *out = (struct signing_key){ 0 };
    if (!kid_is_ok(kid) || !span_copy_str(kid, text, sizeof(text)))
        return ERR_NOT_FOUND;
    e = syskey_get(rows, view, row_key_make(&k, "k", "token", text, NULL), &s, &revision);
    return e == ERR_OK ? from_syskey(&s, text, revision, out) : e;
}

struct collect {
    const struct rows *rows;
    struct signing_keys *out;
    enum err err;
};

/* Of two with the same time the greater kid comes first. */
static void
insert(struct signing_keys *s, const struct signing_key *k)
{
    unsigned at = 0;

    bug_on(s->n == SIGNING_KEYS_MAX); /* no more rows are scanned */
    while (at < s->n &&
           (s->key[at].signs_from > k->signs_from ||
            (s->key[at].signs_from == k->signs_from && strcmp(s->key[at].kid, k->kid) > 0)))
        at++;
    for (unsigned i = s->n++; i > at; i--)
        s->key[i] = s->key[i - 1];
    s->key[at] = *k;
}

static bool
collect_row(void *arg, const struct store_row *sr)
{
    struct collect *c = arg;
    struct signing_key k = { 0 };
    char kid[KID_MAX + 1];
    struct syskey s;
    struct row row;

    c->err = row_check(c->rows, sr, &row);
    if (c->err != ERR_OK)
        return false;
    c->err = syskey_read(row.payload, &s);
    if (c->err == ERR_OK &&
        !span_copy_str(span_tail(sr->key, sizeof("k/token/") - 1), kid, sizeof(kid)))
        c->err = ERR_FORMAT;
    if (c->err == ERR_OK)
        c->err = from_syskey(&s, kid, row.revision, &k);
    if (c->err == ERR_OK)
        insert(c->out, &k);
    return c->err == ERR_OK;
}

enum err
signing_keys_load(const struct rows *rows, struct store_view *view, struct signing_keys *out)
{
    struct collect c = { .rows = rows, .out = out };
    enum err e;

    *out = (struct signing_keys){ 0 };
    e = store_scan(view, span_str("k/token/"), (struct span){ 0 }, SIGNING_KEYS_MAX,
                   collect_row, &c);
    return e == ERR_OK ? c.err : e;
}

const struct signing_key *
signing_keys_current(const struct signing_keys *s, int64_t now)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->key[i].signs_from <= now)
            return &s->key[i];
    return s->n == 0 ? NULL : &s->key[s->n - 1];
}

const struct signing_key *
signing_keys_next(const struct signing_keys *s, int64_t now)
{
    const struct signing_key *current = signing_keys_current(s, now);

    /* Sorted: it stands right before the current one. */
    return current == NULL || current == s->key ? NULL : current - 1;
}

struct wrapped
signing_key_wrapped(const struct signing_key *k)
{
    return (struct wrapped){ .purpose = PURPOSE_TOKEN,
                             .id = span_str(k->kid),
                             .bytes = k->wrapped };
}

enum err
signing_key_add(const struct rows *rows, struct store_write *w, const char *kid,
                struct span answer, int64_t signs_from)
{
    struct syskey s = { .purpose = PURPOSE_TOKEN,
                        .id = span_str(kid),
                        .not_before = signs_from };
    struct unpack u = unpack_of(answer);
    struct row_key k;
    enum err e;

    s.wrapped = unpack_bytes(&u, WRAPPED_MAX);
    (void)unpack_bytes(&u, WRAPPED_MAX); /* SPKI: the certificate has it too */
    s.pub = unpack_bytes(&u, WRAPPED_MAX);
    e = unpack_end(&u);
    if (e != ERR_OK || s.pub.len == 0 || !kid_is_ok(s.id))
        return ERR_FORMAT;
    syskey_put(rows, w, row_key_make(&k, "k", "token", kid, NULL), &s, 0);
    return ERR_OK;
}

void
signing_key_retime(const struct rows *rows, struct store_write *w, const struct signing_key *k,
                   int64_t signs_from, int64_t drop_at)
{
    struct syskey s = { .purpose = PURPOSE_TOKEN,
                        .id = span_str(k->kid),
                        .wrapped = k->wrapped,
                        .pub = k->der,
                        .not_before = signs_from,
                        .not_after = drop_at };
    struct row_key key;

    syskey_put(rows, w, row_key_make(&key, "k", "token", k->kid, NULL), &s, k->revision);
}

void
signing_key_drop(struct store_write *w, const struct signing_key *k)
{
    struct row_key key;
    struct span name = row_key_make(&key, "k", "token", k->kid, NULL);

    store_write_expect(w, name, k->revision);
    store_write_delete(w, name);
}
