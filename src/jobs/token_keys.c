/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token_keys.c - which key signs follows from the rows' times (auth/signing_key.h),
 * so a clerk that is late delays the making of the key after the next one and
 * nothing else.
 */
#include "jobs/token_keys.h"

#include "auth/signing_key.h"
#include "base/log.h"

enum { ANSWER_MAX = 32 * 1024 };

static const int64_t day = 86400;

static enum err
add_key(struct desk *d, struct store_write *w, int64_t signs_from)
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
        e = signing_key_add(d->rows, w, kid, secbuf_span(&answer), signs_from);
    secbuf_release(&answer);
    secbuf_release(&question);
    return e == ERR_OK ? store_write_err(w) : e;
}

enum err
token_keys_found(struct desk *d, struct store_write *w, int64_t now)
{
    enum err e = add_key(d, w, now);

    return e == ERR_OK ? add_key(d, w, now + TOKEN_KEY_DAYS * day) : e;
}

/* Those that have signed: what is planned for them, or carried out. */
static void
retire(struct desk *d, struct store_write *w, const struct signing_keys *have,
       const struct signing_key *current, int64_t now)
{
    for (const struct signing_key *k = current; k < have->key + have->n; k++) {
        bool crowded = k - have->key > SIGNING_KEYS_MAX - 3; /* room for a new one */

        if (k == current)
            continue;
        if ((k->drop_at != 0 && k->drop_at <= now) || crowded)
            signing_key_drop(w, k);
        else if (k->drop_at == 0)
            signing_key_retime(d->rows, w, k, k->signs_from, now + TOKEN_KEY_RETIRED_S);
    }
}

/* Composes what is due; *what says it in a word, NULL if nothing is. */
static enum err
plan(struct desk *d, const struct signing_keys *have, int64_t now, bool force,
     struct store_write *w, const char **what)
{
    const struct signing_key *current = signing_keys_current(have, now);
    const struct signing_key *next = signing_keys_next(have, now);
    int64_t from = current == NULL ? now : current->signs_from;
    enum err e = ERR_OK;

    *what = NULL;
    if (current == NULL) {
        *what = "TokenSigningKeyCreate";
        return token_keys_found(d, w, now);
    }
    if (force && next != NULL) {
        signing_key_retime(d->rows, w, next, now, 0);
        current = next;
        next = next == have->key ? NULL : next - 1;
        from = now;
    }
    retire(d, w, have, current, now);
    if (!store_write_is_empty(w))
        *what = "TokenSigningKeyRetire";
    if (next == NULL) {
        from += TOKEN_KEY_DAYS * day;
        if (from < now + TOKEN_KEY_AHEAD_DAYS * day)
            from = now + TOKEN_KEY_AHEAD_DAYS * day;
        *what = *what == NULL ? "TokenSigningKeyCreate" : "TokenSigningKeyRotate";
        e = add_key(d, w, from);
    }
    return e == ERR_OK ? store_write_err(w) : e;
}

enum err
token_keys_rotate(struct desk *d, int64_t now, bool force)
{
    struct desk_deed deed = { 0 };
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
    if (e == ERR_OK)
        e = plan(d, &have, now, force, &w, &deed.operation);
    if (e == ERR_OK && deed.operation != NULL) {
        e = desk_commit(d, &w, &deed);
        if (e == ERR_OK)
            log_info("token signing keys: %s", deed.operation);
    }
    store_write_release(&w);
    store_end(view);
    return e;
}
