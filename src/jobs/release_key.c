/* SPDX-License-Identifier: Apache-2.0 */
/* release_key.c - row k/release. */
#include "jobs/release_key.h"

#include "codec/pack.h"
#include "vault/syskey.h"

enum { SPKI_MAX = 4096, DER_MAX = 16 * 1024 };

static enum err
put_key(struct desk *d, struct span answer, struct span kid, int64_t now)
{
    struct desk_deed deed = { .operation = "KeyReleaseSigningKeyCreate" };
    struct unpack u = unpack_of(answer);
    struct syskey row = { .purpose = PURPOSE_RELEASE, .id = kid, .not_before = now };
    struct store_view *view;
    struct store_write w;
    enum err e;

    row.wrapped = unpack_bytes(&u, WRAPPED_MAX);
    (void)unpack_bytes(&u, SPKI_MAX);
    row.pub = unpack_bytes(&u, DER_MAX);
    e = unpack_end(&u);
    if (e != ERR_OK || row.pub.len == 0)
        return ERR_PROTOCOL;
    e = store_begin(d->store, &view);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    syskey_put(d->rows, &w, span_str("k/release"), &row, 0);
    syskey_fence(d->rows, view, row.wrapped, &w);
    store_end(view);
    e = desk_commit(d, &w, &deed);
    store_write_release(&w);
    return e;
}

static enum err
is_there(struct desk *d, bool *yes)
{
    struct store_view *view;
    struct store_row row;
    enum err e = store_begin(d->store, &view);

    *yes = false;
    if (e != ERR_OK)
        return e;
    e = store_get(view, span_str("k/release"), &row);
    store_end(view);
    *yes = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err
release_key_ensure(struct desk *d, int64_t now)
{
    struct hex32 kid = hex32_new();
    struct secbuf question, answer;
    bool yes;
    enum err e;

    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    e = is_there(d, &yes);
    if (e != ERR_OK || yes)
        return e;
    secbuf_init(&question, 1024);
    secbuf_init(&answer, WRAPPED_MAX + SPKI_MAX + DER_MAX);
    keeper_pack_signkey_new(sink_sec(&question), PURPOSE_RELEASE, span_str(kid.text));
    e = desk_ask(d, KEEPER_SIGNKEY_NEW, &question, &answer);
    if (e == ERR_OK)
        e = put_key(d, secbuf_span(&answer), span_str(kid.text), now);
    secbuf_release(&answer);
    secbuf_release(&question);
    return e;
}
