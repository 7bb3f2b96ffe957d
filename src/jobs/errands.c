/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errands.c - the list of what runs, held against the rows at each turn.
 *
 * Callbacks only mark an errand as over; it is freed here, where nothing of it is
 * on the stack.
 */
#include "jobs/errands.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "jobs/errand_int.h"
#include "vault/cert_operation.h"

enum {
    SCAN_MAX = 64,
    SCAN_EVERY_MS = 1000,
    QUESTION_BYTES = 64 * 1024,
    PASSWORD_BYTES = ISSUER_PASSWORD_MAX + 64
};

struct errands {
    struct desk *desk;
    struct errand *first;
    unsigned count;
    char after[MAX_STORE_KEY + 1]; /* where the walk through the list goes on */
    size_t after_len;
    uint64_t scan_ms;
};

static const struct errand_kind *const kinds[] = { &errand_webhook, &errand_acme };

struct errands *
errands_new(struct desk *d)
{
    struct errands *all = calloc(1, sizeof(*all));

    if (all != NULL)
        all->desk = d;
    return all;
}

static void
errand_free(struct errand *x)
{
    if (x->call != NULL)
        dial_cancel(x->desk->dial, x->call);
    if (x->kind != NULL)
        x->kind->release(x);
    secbuf_release(&x->password);
    buf_release(&x->csr);
    free(x);
}

void
errands_free(struct errands *all)
{
    if (all == NULL)
        return;
    while (all->first != NULL) {
        struct errand *x = all->first;

        all->first = x->next;
        errand_free(x);
    }
    free(all);
}

static void
free_those_over(struct errands *all)
{
    struct errand **at = &all->first;

    while (*at != NULL) {
        struct errand *x = *at;

        if (!x->over) {
            at = &x->next;
            continue;
        }
        *at = x->next;
        all->count--;
        errand_free(x);
    }
}

/* ------------------------------------------------------------------- taking one up */

static const struct errand_kind *
kind_of(const struct issuer *i)
{
    for (size_t n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++)
        if (span_is_str_nocase(i->provider, kinds[n]->provider))
            return kinds[n];
    return NULL;
}

static enum err
open_password(struct errand *x, const struct errand_look *l, const struct issuer *i)
{
    struct secbuf question;
    enum err e;

    if (i->sealed.len == 0)
        return ERR_OK;
    secbuf_init(&question, QUESTION_BYTES);
    issuer_ask_open(&l->at, i, sink_sec(&question));
    e = desk_ask(x->desk, KEEPER_OPEN, &question, &x->password);
    secbuf_release(&question);
    return e;
}

static enum err
take_issuer(struct errand *x, const struct errand_look *l, struct span name, bool *mine)
{
    struct issuer *i = malloc(sizeof(*i)); /* too much for a stack */
    struct object_name parsed;
    enum err e = i == NULL ? ERR_NOMEM : ERR_ISSUER_NOT_FOUND;

    *mine = false;
    if (i != NULL && object_name_parse(name, &parsed))
        e = issuer_get(&l->at, parsed.key, i);
    if (e == ERR_OK)
        x->kind = kind_of(i);
    *mine = x->kind != NULL || e == ERR_ISSUER_NOT_FOUND;
    if (e == ERR_OK && *mine) {
        (void)span_copy_str(span_str(i->name.key), x->issuer, sizeof(x->issuer));
        (void)span_copy_str(i->account, x->account, sizeof(x->account));
        (void)span_copy_str(i->organisation, x->organisation, sizeof(x->organisation));
        if (i->nadmins > 0)
            (void)span_copy_str(i->admin[0].email, x->contact, sizeof(x->contact));
        e = open_password(x, l, i);
    }
    free(i);
    return e;
}

static enum err
take_row(struct errand *x, const struct errand_look *l, int64_t now, bool *mine)
{
    struct cert_errand row;
    enum err e = cert_errand_get(&l->at, x->wait.name.key, &row);

    if (e == ERR_NOT_FOUND ||
        (e == ERR_OK && strcmp(row.request.text, x->wait.request.text) != 0))
        return ERR_OK;
    if (e != ERR_OK)
        return e;
    *mine = row.next <= now;
    x->tries = row.tries;
    x->begun = row.begun == 0 ? now : row.begun;
    (void)span_copy_str(row.url, x->url, sizeof(x->url));
    (void)span_copy_str(row.asked, x->asked, sizeof(x->asked));
    return ERR_OK;
}

/* *mine: it is to be run now. */
static enum err
take_up(struct errand *x, int64_t now, bool *mine)
{
    struct object_head head;
    struct cert_operation op = { 0 };
    struct errand_look l;
    enum err e = errand_look(x, &l);

    *mine = false;
    /* What is deleted rests: it may be recovered. */
    if (e == ERR_OK)
        e = object_head_get(&l.at, HEAD_LIVE, x->wait.name.key, &head);
    if (e == ERR_OK)
        e = cert_operation_get(&l.at, x->wait.name.key, &op);
    if (e == ERR_OK && op.state == OPERATION_RUNS &&
        strcmp(op.request.text, x->wait.request.text) == 0) {
        *mine = true;
        x->wait.name = head.name; /* as it is spelled */
        memcpy(x->version, op.version.text, sizeof(x->version));
        buf_put(&x->csr, op.csr);
        e = x->csr.err;
    }
    if (e == ERR_OK && *mine)
        e = take_row(x, &l, now, mine);
    if (e == ERR_OK && *mine)
        e = take_issuer(x, &l, op.issuer, mine);
    errand_leave(&l);
    /* What somebody else was asked is nothing to this one. */
    if (x->asked[0] != '\0' && strcmp(x->asked, x->account) != 0) {
        x->url[0] = '\0';
        x->tries = 0;
        x->begun = now;
    }
    return e == ERR_NO_VAULT || e == ERR_NOT_FOUND ? ERR_OK : e;
}

static void
begin(struct errand *x)
{
    if (x->kind == NULL)
        errand_fail(x, "The issuer does not exist any more.");
    else if (x->desk->dial == NULL)
        errand_fail(x, "This server does not dial out (dial = off), "
                       "so the issuer cannot be asked.");
    else
        x->kind->begin(x);
}

static enum err
start(struct errands *all, const struct cert_wait *wait, int64_t now)
{
    struct errand *x = calloc(1, sizeof(*x));
    bool mine = false;
    enum err e;

    if (x == NULL)
        return ERR_NOMEM;
    x->all = all;
    x->desk = all->desk;
    x->wait = *wait;
    x->begun = now;
    x->rest_ms = clock_mono_ms() + ERRAND_TURN_MS;
    secbuf_init(&x->password, PASSWORD_BYTES);
    buf_init(&x->csr, CSR_MAX);
    e = take_up(x, now, &mine);
    if (e == ERR_ISSUER_NOT_FOUND)
        e = ERR_OK;
    if (e != ERR_OK || !mine) {
        x->kind = NULL;
        errand_free(x);
        return e;
    }
    x->next = all->first;
    all->first = x;
    all->count++;
    begin(x);
    return ERR_OK;
}

/* ------------------------------------------------------------------ going through all */

static unsigned
count_of_vault(const struct errands *all, const struct guid *vault)
{
    unsigned n = 0;

    for (const struct errand *x = all->first; x != NULL; x = x->next)
        n += strcmp(x->wait.vault_id.text, vault->text) == 0;
    return n;
}

static bool
is_running(const struct errands *all, const struct cert_wait *wait)
{
    for (const struct errand *x = all->first; x != NULL; x = x->next)
        if (strcmp(x->wait.request.text, wait->request.text) == 0)
            return true;
    return false;
}

struct walk {
    struct errands *all;
    struct cert_wait found[SCAN_MAX];
    size_t n, seen;
    enum err damage;
};

static bool
see_row(void *arg, const struct store_row *row)
{
    struct walk *walk = arg;
    struct errands *all = walk->all;
    enum err e = cert_wait_read(all->desk->rows, row, &walk->found[walk->n]);

    walk->seen++;
    memcpy(all->after, row->key.ptr, row->key.len);
    all->after_len = row->key.len;
    if (e != ERR_OK)
        walk->damage = e;
    else if (!is_running(all, &walk->found[walk->n]))
        walk->n++;
    return true;
}

/* Where there is no room for more the walk stays, so that each has its turn. */
static enum err
start_found(struct errands *all, const struct walk *walk, int64_t now)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < walk->n && e == ERR_OK; i++) {
        const struct cert_wait *wait = &walk->found[i];

        if (all->count >= ERRANDS_AT_ONCE) {
            all->after_len = i == 0
                                 ? 0
                                 : (size_t)snprintf(all->after, sizeof(all->after), "cw/%s/%s",
                                                    walk->found[i - 1].vault_id.text,
                                                    walk->found[i - 1].name.key);
            break;
        }
        if (count_of_vault(all, &wait->vault_id) < ERRANDS_OF_VAULT)
            e = start(all, wait, now);
    }
    return e;
}

/* Some of the list at a time, so that many that rest do not keep the others waiting. */
static enum err
take_up_more(struct errands *all, int64_t now)
{
    struct walk *walk = calloc(1, sizeof(*walk)); /* too much for a stack */
    struct store_view *view;
    enum err e = walk == NULL ? ERR_NOMEM : ERR_OK;

    if (e == ERR_OK)
        e = store_begin(all->desk->store, &view);
    if (e != ERR_OK) {
        free(walk);
        return e;
    }
    walk->all = all;
    e = store_scan(view, span_str("cw/"), span_of(all->after, all->after_len), SCAN_MAX,
                   see_row, walk);
    store_end(view);
    if (walk->seen < SCAN_MAX)
        all->after_len = 0;
    if (e == ERR_OK)
        e = start_found(all, walk, now);
    e = e == ERR_OK ? walk->damage : e;
    free(walk);
    return e;
}

/* Cancelled, deleted, or begun anew meanwhile? */
static enum err
drop_those_gone(struct errands *all)
{
    struct store_view *view = NULL;
    enum err e;

    if (all->first == NULL)
        return ERR_OK;
    e = store_begin(all->desk->store, &view);
    for (struct errand *x = all->first; x != NULL && e == ERR_OK; x = x->next) {
        bool stands = true;

        e = cert_wait_stands(all->desk->rows, view, &x->wait, &stands);
        x->over = x->over || !stands;
        x->gone = !stands;
    }
    if (view != NULL)
        store_end(view);
    for (struct errand *x = all->first; x != NULL; x = x->next)
        if (x->gone)
            errand_forget(x);
    return e;
}

enum err
errands_turn(struct errands *all, int64_t now)
{
    uint64_t ms = clock_mono_ms();
    enum err e;

    if (all->desk->rows == NULL || all->desk->store == NULL)
        return ERR_UNAVAILABLE;
    e = drop_those_gone(all);
    for (struct errand *x = all->first; x != NULL; x = x->next)
        if (!x->over && x->wake_ms != 0 && ms >= x->wake_ms) {
            x->wake_ms = 0;
            x->kind->wake(x);
        } else if (!x->over && x->call == NULL && ms >= x->rest_ms)
            errand_rest(x);
    free_those_over(all);
    if (e == ERR_OK && ms >= all->scan_ms && all->count < ERRANDS_AT_ONCE) {
        all->scan_ms = ms + SCAN_EVERY_MS;
        e = take_up_more(all, now);
        free_those_over(all);
    }
    return e;
}
