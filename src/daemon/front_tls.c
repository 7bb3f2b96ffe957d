/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front_tls.c - certificate out of the store, signature out of the keeper.
 *
 * A signature takes some 30 us there and the handshake waits for it, so the
 * call blocks; its deadline is short, since the whole loop waits with it.
 */
#include "daemon/front_tls.h"

#include "base/clock.h"
#include "base/log.h"
#include "ipc/peer.h"
#include "vault/syskey.h"

enum { SIGN_TIMEOUT_MS = 2000, TLS_ID_MAX = 128 };

/* The wrapped key a context signs with; lives as long as contexts may use it. */
struct tls_key {
    char id[TLS_ID_MAX];
    uint8_t wrapped[WRAPPED_MAX];
    size_t wrapped_len;
};

struct front_tls {
    struct peer *link;
    struct http_tls *context;
    struct tls_key *key;
    uint64_t revision;
};

enum err
front_tls_new(struct front_tls **out)
{
    *out = calloc(1, sizeof(**out));
    return *out == NULL ? ERR_NOMEM : ERR_OK;
}

void
front_tls_free(struct front_tls *t)
{
    if (t == NULL)
        return;
    http_tls_free(t->context);
    peer_free(t->link);
    free(t->key);
    free(t);
}

void
front_tls_set_link(struct front_tls *t, int fd)
{
    peer_free(t->link);
    t->link = NULL;
    if (peer_new(fd, ROLE_KEEPER, MAX_IPC_PACKET, &t->link) != ERR_OK)
        log_error("cannot use the link for TLS signatures");
}

static enum err
sign(void *arg, enum tls_sig kind, enum tls_digest digest, struct span hash, uint8_t *sig,
     size_t cap, size_t *len)
{
    static const enum sign_alg algs[] = { [TLS_SIG_ECDSA] = SIGN_ECDSA,
                                          [TLS_SIG_RSA_PSS] = SIGN_RSA_PSS,
                                          [TLS_SIG_RSA_PKCS1] = SIGN_RSA_PKCS1 };
    static const enum sign_digest digests[] = {
        [TLS_SHA256] = SIGN_SHA256, [TLS_SHA384] = SIGN_SHA384, [TLS_SHA512] = SIGN_SHA512
    };
    struct front_tls *t = arg;
    struct wrapped key = { .purpose = PURPOSE_TLS,
                           .id = span_str(t->key->id),
                           .bytes = span_of(t->key->wrapped, t->key->wrapped_len) };
    struct secbuf question, answer;
    enum err e;

    *len = 0;
    if (t->link == NULL || peer_is_dead(t->link))
        return ERR_UNAVAILABLE;
    secbuf_init(&question, WRAPPED_MAX + 1024);
    secbuf_init(&answer, SIGNATURE_MAX);
    keeper_pack_sign(sink_sec(&question), &key, algs[kind], digests[digest], hash);
    e = question.err;
    if (e == ERR_OK)
        e = peer_call(t->link, KEEPER_SIGN, secbuf_span(&question), &answer, SIGN_TIMEOUT_MS);
    if (e == ERR_OK && (answer.len == 0 || answer.len > cap))
        e = ERR_PROTOCOL;
    if (e == ERR_OK) {
        memcpy(sig, answer.ptr, answer.len);
        *len = answer.len;
    }
    secbuf_release(&answer);
    secbuf_release(&question);
    return e;
}

static enum err
take_up(struct front_tls *t, const struct syskey *row, uint64_t revision)
{
    struct tls_key *key = calloc(1, sizeof(*key)), *before = t->key;
    enum err e;

    if (key == NULL)
        return ERR_NOMEM;
    if (!span_copy_str(row->id, key->id, sizeof(key->id)) ||
        row->wrapped.len > sizeof(key->wrapped)) {
        free(key);
        return ERR_FORMAT;
    }
    memcpy(key->wrapped, row->wrapped.ptr, row->wrapped.len);
    key->wrapped_len = row->wrapped.len;
    t->key = key;
    if (t->context == NULL)
        e = http_tls_new(row->pub, sign, t, &t->context);
    else
        e = http_tls_reload(t->context, row->pub, sign, t);
    if (e != ERR_OK) {
        log_error("the listener's certificate cannot be used: %s", err_text(e));
        t->key = before;
        free(key);
    } else {
        free(before);
    }
    /* A bad row is not tried again every tick, only when it changes. */
    t->revision = revision;
    return e;
}

enum err
front_tls_refresh(struct front_tls *t, const struct rows *rows, struct store *store)
{
    struct store_view *view;
    struct store_row raw;
    struct syskey row;
    uint64_t revision;
    enum err e;

    e = store_begin(store, &view);
    if (e != ERR_OK)
        return t->context != NULL ? ERR_OK : e;
    e = store_get(view, span_str("k/tls"), &raw);
    if (e == ERR_OK && raw.revision != t->revision) {
        e = syskey_get(rows, view, span_str("k/tls"), &row, &revision);
        if (e == ERR_OK)
            e = take_up(t, &row, revision);
    }
    store_end(view);
    if (t->context != NULL)
        http_tls_tick(t->context, clock_now());
    return t->context != NULL ? ERR_OK : e == ERR_OK ? ERR_UNAVAILABLE : e;
}

struct http_tls *
front_tls_context(const struct front_tls *t)
{
    return t->context;
}
