/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front_tls.c - certificate out of the store, signature out of the keeper.
 *
 * A signature takes some 30 us there and the handshake waits for it, so the
 * call blocks; its deadline is short, since the whole loop waits with it.
 */
#include "daemon/front_tls.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "ipc/peer.h"
#include "vault/syskey.h"

enum { SIGN_TIMEOUT_MS = 2000, TLS_ID_MAX = 128, TICKET_SECRET_LEN = 80 };

/*
 * The kernel chooses the loop for each connection, so a ticket of one loop must be good at all:
 * the first context's secret goes to the others, and is gone when the last one has it.
 */
static struct {
    pthread_mutex_t lock;
    unsigned waiting; /* loops that have no context yet */
    uint8_t *secret;  /* NULL until there is a first context */
} tickets = { .lock = PTHREAD_MUTEX_INITIALIZER };

/*
 * What a certificate is signed for with. A connection goes on with the certificate it began
 * with, so the key of one that was replaced stays to the end: a few hundred bytes each.
 */
struct tls_key {
    struct front_tls *tls;
    struct tls_key *older;
    char id[TLS_ID_MAX];
    uint8_t *wrapped;
    size_t wrapped_len;
};

struct front_tls {
    struct peer *link;
    struct http_tls *context;
    struct tls_key *key; /* the newest first */
    uint64_t revision;
};

enum err
front_tls_new(struct front_tls **out)
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL)
        return ERR_NOMEM;
    pthread_mutex_lock(&tickets.lock);
    tickets.waiting++;
    pthread_mutex_unlock(&tickets.lock);
    return ERR_OK;
}

/* context NULL: a loop that ends without one does not wait any more. */
static void
share_tickets(struct http_tls *context)
{
    pthread_mutex_lock(&tickets.lock);
    tickets.waiting--;
    if (context != NULL && tickets.secret != NULL) {
        http_tls_set_ticket_secret(context, tickets.secret);
    } else if (context != NULL && tickets.waiting > 0) {
        tickets.secret = secmem_alloc(TICKET_SECRET_LEN);
        if (tickets.secret != NULL)
            http_tls_ticket_secret(context, tickets.secret);
        else
            log_warn("TLS sessions will be resumed only where they began");
    }
    if (tickets.waiting == 0) {
        secmem_free(tickets.secret);
        tickets.secret = NULL;
    }
    pthread_mutex_unlock(&tickets.lock);
}

static void
key_free(struct tls_key *k)
{
    if (k == NULL)
        return;
    free(k->wrapped);
    free(k);
}

void
front_tls_free(struct front_tls *t)
{
    if (t == NULL)
        return;
    if (t->context == NULL)
        share_tickets(NULL);
    http_tls_free(t->context);
    peer_free(t->link);
    while (t->key != NULL) {
        struct tls_key *older = t->key->older;

        key_free(t->key);
        t->key = older;
    }
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

bool
front_tls_has_link(const struct front_tls *t)
{
    return t->link != NULL && !peer_is_dead(t->link);
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
    const struct tls_key *k = arg;
    struct front_tls *t = k->tls;
    struct wrapped key = { .purpose = PURPOSE_TLS,
                           .id = span_str(k->id),
                           .bytes = span_of(k->wrapped, k->wrapped_len) };
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
put_wrapped(struct tls_key *k, struct span wrapped)
{
    uint8_t *copy = malloc(wrapped.len);

    if (copy == NULL)
        return ERR_NOMEM;
    memcpy(copy, wrapped.ptr, wrapped.len);
    free(k->wrapped);
    k->wrapped = copy;
    k->wrapped_len = wrapped.len;
    return ERR_OK;
}

static enum err
key_new(struct front_tls *t, const struct syskey *row, struct tls_key **out)
{
    struct tls_key *k = calloc(1, sizeof(*k));
    enum err e = ERR_NOMEM;

    *out = NULL;
    if (k == NULL)
        return ERR_NOMEM;
    k->tls = t;
    k->older = t->key;
    e = span_copy_str(row->id, k->id, sizeof(k->id)) ? put_wrapped(k, row->wrapped)
                                                     : ERR_FORMAT;
    if (e != ERR_OK) {
        key_free(k);
        return e;
    }
    *out = k;
    return ERR_OK;
}

static enum err
take_up(struct front_tls *t, const struct syskey *row)
{
    struct tls_key *key;
    enum err e;

    /* An id is one key's for ever: this one was rewrapped under another root key. */
    if (t->key != NULL && span_is_str(row->id, t->key->id))
        return put_wrapped(t->key, row->wrapped);
    e = key_new(t, row, &key);
    if (e != ERR_OK)
        return e;
    if (t->context != NULL) {
        e = http_tls_reload(t->context, row->pub, sign, key);
    } else {
        e = http_tls_new(row->pub, sign, key, &t->context);
        if (e == ERR_OK)
            share_tickets(t->context);
    }
    if (e == ERR_OK)
        t->key = key;
    else
        key_free(key);
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
            e = take_up(t, &row);
        if (e != ERR_OK)
            log_error("the listener's certificate cannot be used: %s", err_text(e));
        /* A bad row is not tried again every tick, only when it changes. */
        if (e != ERR_NOMEM)
            t->revision = raw.revision;
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
