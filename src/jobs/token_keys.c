/* SPDX-License-Identifier: Apache-2.0 */
/* token_keys.c - RSA keys take a while to make, so the clerk makes them ahead of need. */
#include "jobs/token_keys.h"

#include "auth/signing_key.h"
#include "base/log.h"
#include "jobs/renew.h"

enum { ANSWER_MAX = 32 * 1024, DAY = 86400 };

static enum err
add_key(struct desk *d, struct store_write *w, const struct signing_keys *have, int64_t now)
{
    char kid[KID_LEN + 1];
    struct secbuf question, answer;
    enum err e;

    signing_key_new_kid(kid);
    secbuf_init(&question, 1024);
    secbuf_init(&answer, ANSWER_MAX);
    keeper_pack_signkey_new(sink_sec(&question), PURPOSE_TOKEN, span_str(kid));
    e = desk_ask(d, KEEPER_SIGNKEY_NEW, &question, &answer);
    if (e == ERR_OK)
        e = signing_key_add(d->rows, w, have, kid, secbuf_span(&answer), now);
    secbuf_release(&answer);
    secbuf_release(&question);
    return e == ERR_OK ? store_write_err(w) : e;
}

enum err
token_key_new(struct desk *d, struct store_write *w, int64_t now)
{
    return add_key(d, w, NULL, now);
}

enum err
token_keys_rotate(struct desk *d, int64_t now, bool force)
{
    struct desk_deed deed = { .operation = "TokenSigningKeyRotate" };
    struct signing_keys have;
    struct store_view *view;
    struct store_write w;
    enum err e;

    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    e = store_begin(d->store, &view);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = signing_keys_load(d->rows, view, &have);
    if (e == ERR_OK &&
        (force || have.n == 0 || now - have.key[0].created >= (int64_t)TOKEN_KEY_DAYS * DAY)) {
        e = add_key(d, &w, &have, now);
        if (e == ERR_OK)
            e = desk_commit(d, &w, &deed);
        if (e == ERR_OK)
            log_info("made a new token signing key");
    }
    store_write_release(&w);
    store_end(view);
    return e;
}
