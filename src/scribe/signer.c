/* SPDX-License-Identifier: Apache-2.0 */
/* signer.c - one question open at a time; a failure postpones, it never drops. */
#include "scribe/signer.h"

#include "base/log.h"

void
signer_count(struct signer *s, uint64_t lines, uint64_t now_ms)
{
    if (s->lines == 0 && lines > 0)
        s->since_ms = now_ms;
    s->lines += lines;
}

void
signer_link(struct signer *s, struct peer *keeper)
{
    if (s->open)
        s->now = true;
    s->open = false;
    s->keeper = keeper;
    s->retry_ms = 0;
}

bool
signer_is_ripe(const struct signer *s, uint64_t now_ms)
{
    return s->lines >= SIGNER_LINES || (s->lines > 0 && now_ms - s->since_ms >= SIGNER_AGE_MS);
}

bool
signer_is_due(const struct signer *s, uint64_t now_ms)
{
    return !s->open && now_ms >= s->retry_ms && (s->now || signer_is_ripe(s, now_ms));
}

bool
signer_is_waiting(const struct signer *s)
{
    return s->key != NULL && s->keeper != NULL && (s->open || s->now);
}

static enum err
signer_post(struct signer *s, struct span row)
{
    struct wrapped key;
    struct buf text, question;
    enum err e = s->key(row, &key);

    if (e != ERR_OK)
        return e;
    buf_init(&text, CHECKPOINT_TEXT_MAX);
    buf_init(&question, WRAPPED_MAX + CHECKPOINT_TEXT_MAX + 1024);
    checkpoint_put_text(&s->what, &text);
    keeper_pack_sign(sink_buf(&question), &key, SIGN_ED25519, SIGN_DIGEST_NONE,
                     buf_span(&text));
    e = text.err != ERR_OK ? text.err : question.err;
    if (e == ERR_OK && !span_copy_str(key.id, s->kid, sizeof(s->kid)))
        e = ERR_FORMAT;
    if (e == ERR_OK)
        e = peer_post(s->keeper, KEEPER_SIGN, ++s->id, ERR_OK, buf_span(&question));
    if (e == ERR_OK)
        e = peer_flush(s->keeper);
    buf_release(&question);
    buf_release(&text);
    return e;
}

/* ERR_NOT_FOUND: the store has no audit key yet. */
static enum err
signer_try(struct signer *s, struct store *store)
{
    struct store_view *v = NULL;
    struct store_row row;
    enum err e = store_begin(store, &v);

    if (e == ERR_OK)
        e = store_get(v, span_str("k/audit"), &row);
    if (e == ERR_OK)
        e = signer_post(s, row.value);
    store_end(v);
    return e;
}

void
signer_ask(struct signer *s, struct store *store, const struct chain *c, uint64_t now_ms)
{
    enum err e = s->keeper == NULL || s->key == NULL ? ERR_UNAVAILABLE : ERR_OK;

    s->retry_ms = now_ms + SIGNER_RETRY_MS;
    s->lines = 0;
    s->now = s->key != NULL;
    if (c->seq == c->signed_seq) {
        s->now = false;
        return;
    }
    s->what = checkpoint_of(c);
    if (e == ERR_OK)
        e = signer_try(s, store);
    if (e == ERR_OK) {
        s->open = true;
        s->now = false;
    } else if (e == ERR_NOT_FOUND) {
        s->now = false; /* before the founding there is nothing to sign with */
    } else if (e != ERR_UNAVAILABLE) {
        log_warn("audit: a checkpoint is late: %s", err_text(e));
    }
}

void
signer_again(struct signer *s, uint64_t now_ms)
{
    s->now = true;
    s->retry_ms = now_ms + SIGNER_RETRY_MS;
}

uint64_t
signer_wait_ms(const struct signer *s, uint64_t now_ms)
{
    uint64_t at = UINT64_MAX;

    if (s->open)
        return at;
    if (s->lines > 0)
        at = s->lines >= SIGNER_LINES ? now_ms : s->since_ms + SIGNER_AGE_MS;
    if (s->now)
        at = now_ms;
    if (at != UINT64_MAX && at < s->retry_ms)
        at = s->retry_ms;
    if (at == UINT64_MAX)
        return at;
    return at > now_ms ? at - now_ms : 0;
}

bool
signer_take(struct signer *s, const struct ipc_msg *m, uint64_t now_ms, struct buf *record)
{
    if (!s->open || m->id != s->id)
        return false;
    s->open = false;
    if (m->status != ERR_OK || span_is_empty(m->payload) ||
        m->payload.len > CHECKPOINT_SIG_MAX) {
        log_warn("audit: a checkpoint is late: the keeper did not sign: %s",
                 err_text(m->status));
        signer_again(s, now_ms);
        return false;
    }
    checkpoint_put_record(&s->what, span_str(s->kid), m->payload, record);
    return record->err == ERR_OK;
}
