/* SPDX-License-Identifier: Apache-2.0 */
/* cert_complete.c - asks the keeper for the linked secret between two snapshots. */
#include "jobs/cert_complete.h"

#include <stdio.h>
#include <stdlib.h>

#include "acme/jose.h"
#include "base/log.h"
#include "jobs/cert_desk.h"
#include "vault/cert_due.h"
#include "vault/cert_merge.h"
#include "vault/cert_wait.h"

enum { TRIES = 5, QUESTION_MAX_BYTES = 128 * 1024, SECRET_BYTES = 256 * 1024 };

struct completion {
    struct vault *vault; /* at.vault */
    struct vault_at at;
    struct cert_merge about;
    struct cert_policy policy;
    struct cert_bag bag;
    struct span chain[CERT_CHAIN_MAX];
    struct cert_merged merged;
    struct secbuf question, answer;
};

static struct completion *
completion_new(struct desk *d)
{
    struct completion *c = calloc(1, sizeof(*c)); /* too much for a stack */

    if (c == NULL)
        return NULL;
    c->at = (struct vault_at){ .rows = d->rows, .kind = KIND_CERTIFICATE };
    secbuf_init(&c->question, QUESTION_MAX_BYTES);
    secbuf_init(&c->answer, SECRET_BYTES);
    return c;
}

static void
leave(struct completion *c)
{
    vault_unref(c->vault);
    if (c->at.view != NULL)
        store_end(c->at.view);
    c->vault = NULL;
    c->at.vault = NULL;
    c->at.view = NULL;
}

static void
completion_free(struct completion *c)
{
    if (c == NULL)
        return;
    leave(c);
    cert_bag_release(&c->bag);
    secbuf_release(&c->question);
    secbuf_release(&c->answer);
    free(c);
}

/* A new snapshot, and the operation in it. */
static enum err
enter(struct desk *d, const struct cert_waiting *which, struct completion *c)
{
    enum err e;

    leave(c);
    e = store_begin(d->store, &c->at.view);
    if (e == ERR_OK)
        e = vault_load(d->rows, c->at.view, span_str(which->vault), &c->vault);
    c->at.vault = c->vault;
    if (e == ERR_OK)
        e = cert_merge_find(&c->at, &which->name, &c->about);
    if (e == ERR_OK && (c->about.op.state != OPERATION_RUNS ||
                        strcmp(c->about.op.request.text, which->request.text) != 0))
        e = ERR_PENDING_NOT_FOUND;
    if (e == ERR_OK)
        e = cert_policy_get(&c->at, which->name.key, &c->policy);
    return e == ERR_NOT_FOUND ? ERR_INTEGRITY : e;
}

static bool
has_name(const struct cert *leaf, struct span name)
{
    for (size_t i = 0; i < cert_alt_count(leaf); i++) {
        struct alt_name alt = cert_alt(leaf, i);

        if (alt.kind == ALT_DNS && span_is_equal_nocase(alt.text, name))
            return true;
    }
    return false;
}

static enum err
check_leaf(const struct cert_waiting *which, const struct cert *leaf, int64_t now)
{
    if (cert_not_after(leaf) <= now)
        return ERR_FORMAT;
    for (size_t i = 0; i < which->name_count; i++)
        if (!has_name(leaf, which->names[i]))
            return ERR_CERT_MISMATCH;
    return ERR_OK;
}

/* Of the operation's key, leaf first, still valid, and for the names. */
static enum err
read_chain(struct completion *c, const struct cert_waiting *which, const struct span *certs,
           size_t n, int64_t now)
{
    enum err e = n == 0 ? ERR_CERT_NONE : ERR_OK;
    struct cert *leaf;

    for (size_t i = 0; i < n && e == ERR_OK; i++)
        e = cert_bag_add(&c->bag, certs[i]);
    if (e == ERR_OK)
        e = cert_chain_of_key(&c->bag, &c->about.key_detail.public, c->about.detail.keeps_order,
                              c->chain, &c->merged.n);
    if (e != ERR_OK)
        return e;
    c->merged.chain = c->chain;
    e = cert_new(c->chain[0], &leaf);
    if (e != ERR_OK)
        return e;
    e = check_leaf(which, leaf, now);
    cert_free(leaf);
    return e;
}

static enum err
ask_secret(struct desk *d, struct completion *c)
{
    cert_merge_ask(&c->at, &c->about, &c->policy, &c->merged, sink_sec(&c->question));
    leave(c); /* no snapshot is held while the keeper is asked */
    return desk_ask(d, KEEPER_CERT_SECRET, &c->question, &c->answer);
}

/* Whom to ask when to renew it, at once for the first time. A leaf that does not say whose it
 * is has no name there. */
static void
put_source(struct completion *c, const struct cert_source *from, int64_t now,
           struct store_write *w)
{
    struct cert_hint h = { .version = c->about.op.version,
                           .issuer = from->issuer,
                           .directory = from->directory,
                           .ask = now };
    struct cert *leaf = NULL;
    struct buf id;
    enum err e = cert_new(c->chain[0], &leaf);

    buf_init(&id, HINT_ID_MAX);
    if (e == ERR_OK)
        e = acmec_renewal_id(cert_issuer_key_id(leaf), cert_serial(leaf), &id);
    h.id = buf_span(&id);
    if (e == ERR_OK)
        cert_hint_put(&c->at, w, c->about.cert.head.name.key, &h);
    else
        log_debug("certificate %s has no name at its issuer: %s",
                  c->about.cert.head.name.spelled, err_text(e));
    buf_release(&id);
    cert_free(leaf);
}

static enum err
commit(struct desk *d, const struct cert_waiting *which, struct completion *c, int64_t now)
{
    struct desk_deed deed = { .operation = "CertificatePendingMerge", .vault = c->at.vault };
    char url[CERT_PLACE_MAX];
    struct store_write w;
    struct object out;
    struct buf room;
    enum err e;

    store_write_init(&w);
    buf_init(&room, DETAIL_MAX);
    e = cert_merge_put(&c->at, &c->about, &c->policy, &c->merged, secbuf_span(&c->answer), now,
                       &w, &room, &out);
    if (e == ERR_OK) {
        cert_errand_drop(&c->at, &w, which->name.key);
        if (which->source != NULL)
            put_source(c, which->source, now, &w);
        deed.object_url = cert_url(c->at.vault, &out.head.name, &out.v.id, url);
        e = desk_commit(d, &w, &deed);
    }
    buf_release(&room);
    store_write_release(&w);
    return e;
}

enum err
cert_complete(struct desk *d, const struct cert_waiting *which, const struct span *certs,
              size_t n, int64_t now)
{
    struct completion *c;
    enum err e;

    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    c = completion_new(d);
    e = c == NULL ? ERR_NOMEM : enter(d, which, c);
    if (e == ERR_OK)
        e = read_chain(c, which, certs, n, now);
    if (e == ERR_OK)
        e = ask_secret(d, c);
    /* Somebody changed the object in between, its tags say: what was sealed holds still. */
    for (int i = 0; e == ERR_OK; i++) {
        e = enter(d, which, c);
        if (e == ERR_OK)
            e = commit(d, which, c, now);
        if (e != ERR_CONFLICT || i == TRIES)
            break;
        e = ERR_OK;
    }
    if (e == ERR_OK)
        log_info("certificate %s of vault %s is complete", which->name.key, which->vault);
    completion_free(c);
    return e;
}

/* ------------------------------------------------------------------------- failing */

/* What an issuer says goes to who reads the operation: as plain characters. */
static struct span
plain_text(struct span message, char room[static OPERATION_TEXT_MAX])
{
    struct span cut = span_head(message, OPERATION_TEXT_MAX);

    for (size_t i = 0; i < cut.len; i++)
        room[i] = (char)(cut.ptr[i] >= ' ' && cut.ptr[i] <= '~' ? cut.ptr[i] : '?');
    return span_of(room, cut.len);
}

static enum err
fail_once(struct desk *d, const struct cert_waiting *which, struct completion *c,
          const char *code, struct span message, int64_t now)
{
    struct desk_deed deed = { .operation = "CertificatePendingFail" };
    char text[OPERATION_TEXT_MAX], url[CERT_PLACE_MAX];
    struct store_write w;
    enum err e = enter(d, which, c);

    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    c->about.op.error_code = span_str(code);
    c->about.op.error_message = plain_text(message, text);
    e = cert_operation_fail(&c->at, which->name.key, &c->about.op, now, &w);
    cert_errand_drop(&c->at, &w, which->name.key);
    deed.vault = c->at.vault;
    deed.failed = c->about.op.error_message;
    deed.object_url =
        cert_url(c->at.vault, &c->about.cert.head.name, &c->about.op.version, url);
    if (e == ERR_OK)
        e = desk_commit(d, &w, &deed);
    store_write_release(&w);
    return e;
}

enum err
cert_complete_fail(struct desk *d, const struct cert_waiting *which, const char *code,
                   struct span message, int64_t now)
{
    struct completion *c;
    enum err e;

    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    c = completion_new(d);
    if (c == NULL)
        return ERR_NOMEM;
    for (int i = 0; i < TRIES; i++) {
        e = fail_once(d, which, c, code, message, now);
        if (e != ERR_CONFLICT)
            break;
    }
    completion_free(c);
    return e;
}
