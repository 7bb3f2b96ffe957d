/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_hints.c - a few questions at a time; each holds a copy of its row, for no snapshot is
 * held while a stranger is waited for.
 */
#include "jobs/cert_hints.h"

#include <stdio.h>
#include <stdlib.h>

#include "acme/message.h"
#include "base/clock.h"
#include "base/log.h"
#include "jobs/cert_desk.h"
#include "jobs/schedule.h"
#include "vault/cert_due.h"
#include "vault/issuer.h"

enum { LOOKS = 32 /* at rows, of one turn */, ANSWER_MAX = 64 * 1024 };
#define DEED "CertificateRenewalInfo"

struct question {
    struct cert_hints *all; /* NULL: free */
    struct dial_call *call;
    char vault[MAX_VAULT_NAME + 1];
    struct guid vault_id;
    struct object_name name;
    struct hex32 version;
    char directory[HINT_URL_MAX + 1], id[HINT_ID_MAX + 1];
};

struct cert_hints {
    struct desk *desk;
    struct question question[HINTS_AT_ONCE];
    struct schedule_key after; /* where the walk through the schedule goes on */
};

struct cert_hints *
cert_hints_new(struct desk *d)
{
    struct cert_hints *all = calloc(1, sizeof(*all));

    if (all != NULL)
        all->desk = d;
    return all;
}

static void
question_end(struct question *q)
{
    if (q->call != NULL)
        dial_cancel(q->all->desk->dial, q->call);
    *q = (struct question){ .all = NULL };
}

void
cert_hints_free(struct cert_hints *all)
{
    if (all == NULL)
        return;
    for (size_t i = 0; i < HINTS_AT_ONCE; i++)
        if (all->question[i].all != NULL)
            question_end(&all->question[i]);
    free(all);
}

/* ----------------------------------------------------------------------- committing */

static enum err
commit(struct desk *d, const struct vault *v, const struct object_name *name,
       const struct cert_hint *h, const struct store_write *w)
{
    struct desk_deed deed = { .operation = DEED, .vault = v };
    char url[CERT_PLACE_MAX];

    deed.object_url = cert_url(v, name, &h->version, url);
    return desk_commit(d, w, &deed);
}

/* What is known, changed by fn, if it is still about that version. */
typedef void (*hint_fn)(struct cert_hint *h, const void *arg);

static enum err
change(struct question *q, hint_fn fn, const void *arg)
{
    struct desk *d = q->all->desk;
    struct vault_at at = { .rows = d->rows, .kind = KIND_CERTIFICATE };
    struct vault *v = NULL;
    struct cert_hint h;
    struct store_write w;
    enum err e = store_begin(d->store, &at.view);

    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = vault_load(d->rows, at.view, span_str(q->vault), &v);
    at.vault = v;
    if (e == ERR_OK && strcmp(v->id.text, q->vault_id.text) != 0)
        e = ERR_NO_VAULT;
    if (e == ERR_OK)
        e = cert_hint_get(&at, q->name.key, &h);
    if (e == ERR_OK && strcmp(h.version.text, q->version.text) != 0)
        e = ERR_CONFLICT;
    if (e == ERR_OK) {
        fn(&h, arg);
        e = cert_due_hint(&at, &w, q->name.key, &h);
        /* What is damaged stays so; its issuer is not to be asked each second for that. */
        if (err_class_of(e) == ERR_CLASS_INTEGRITY) {
            log_warn("certificate %s of vault %s: %s", q->name.spelled, q->vault, err_text(e));
            store_write_release(&w);
            store_write_init(&w);
            cert_hint_put(&at, &w, q->name.key, &h);
            e = store_write_err(&w);
        }
    }
    if (e == ERR_OK)
        e = commit(d, v, &q->name, &h, &w);
    store_write_release(&w);
    vault_unref(v);
    store_end(at.view);
    return e;
}

struct lesson {
    bool keep; /* what was known before */
    int64_t from, until, ask;
};

static void
apply(struct cert_hint *h, const void *arg)
{
    const struct lesson *l = arg;

    h->ask = l->ask;
    if (l->keep)
        return;
    h->from = l->from;
    h->until = l->until;
    h->when = l->until == 0 ? 0 : cert_hint_choose(&h->version, l->from, l->until);
}

/* One that could not be stored is asked for again: its row is still due. */
static void
learn(struct question *q, const struct lesson *l)
{
    enum err e = change(q, apply, l);

    if (e != ERR_OK && err_class_of(e) != ERR_CLASS_RETRY)
        log_debug("certificate %s of vault %s: %s", q->name.spelled, q->vault, err_text(e));
    question_end(q);
}

/* --------------------------------------------------------------------------- asking */

static int64_t
next_time(const struct dial_answer *a)
{
    unsigned wait = HINTS_USUAL;
    struct span value;

    if (a->err == ERR_OK && dial_answer_header(a, "Retry-After", 0, &value))
        wait = acmec_retry_after(value, HINTS_USUAL);
    if (wait < HINTS_SOONEST)
        wait = HINTS_SOONEST;
    return clock_now() + (wait > HINTS_LATEST ? HINTS_LATEST : (int64_t)wait);
}

/* No answer that can be used: why says what came. */
static void
give_up(struct question *q, const struct dial_answer *a, const char *why)
{
    bool may_pass = a->err == ERR_OK ? a->status >= 500 || a->status == 429
                                     : a->err == ERR_UNAVAILABLE || a->err == ERR_TIMEOUT;
    struct lesson l = { .keep = may_pass, .ask = next_time(a) };

    log_info("certificate %s of vault %s: its issuer does not say when to renew it: %s",
             q->name.spelled, q->vault, a->err == ERR_OK ? why : a->why);
    learn(q, &l);
}

static void
on_window(void *arg, const struct dial_answer *a)
{
    struct question *q = arg;
    struct lesson l = { .ask = next_time(a) };

    q->call = NULL;
    if (a->err != ERR_OK || a->status != 200)
        give_up(q, a, "the answer is not 200");
    else if (acmec_renewal_info_read(a->body, &l.from, &l.until) != ERR_OK || l.from < 1)
        give_up(q, a, "the answer cannot be understood");
    else
        learn(q, &l);
}

/* dial_start() that ends the question if it cannot begin: it is due still. */
static bool
dial_to(struct question *q, struct span url, dial_fn fn)
{
    struct dial_request r = { .method = DIAL_GET, .url = url, .answer_max = ANSWER_MAX };
    enum err e = dial_start(q->all->desk->dial, &r, fn, q, &q->call);

    if (e == ERR_OK)
        return true;
    q->call = NULL;
    if (e == ERR_ARG || e == ERR_TOO_LARGE || e == ERR_DENIED) {
        struct dial_answer none = { .err = e, .why = "its URL cannot be used" };

        give_up(q, &none, "");
    } else
        question_end(q);
    return false;
}

static void
on_directory(void *arg, const struct dial_answer *a)
{
    struct question *q = arg;
    struct acmec_directory d;
    char url[ACME_URL_MAX + HINT_ID_MAX + 2];
    int n = 0;

    q->call = NULL;
    if (a->err != ERR_OK || a->status != 200) {
        give_up(q, a, "the directory's status is not 200");
        return;
    }
    if (acmec_directory_read(a->body, &d) != ERR_OK) {
        give_up(q, a, "the directory cannot be understood");
        return;
    }
    if (d.renewal_info.len > 0)
        n = snprintf(url, sizeof(url), "%.*s%s%s", (int)d.renewal_info.len,
                     (const char *)d.renewal_info.ptr,
                     d.renewal_info.ptr[d.renewal_info.len - 1] == '/' ? "" : "/", q->id);
    acmec_directory_release(&d);
    if (n > 0)
        (void)dial_to(q, span_of(url, (size_t)n), on_window);
    else
        give_up(q, a, "the directory offers no renewalInfo");
}

/* ------------------------------------------------------------------------ taking up */

static bool
is_asked(const struct cert_hints *all, const struct cert_hint_due *due)
{
    for (size_t i = 0; i < HINTS_AT_ONCE; i++) {
        const struct question *q = &all->question[i];

        if (q->all != NULL && strcmp(q->version.text, due->hint.version.text) == 0 &&
            strcmp(q->vault_id.text, due->vault->id.text) == 0)
            return true;
    }
    return false;
}

/* Is the issuer still the one that issued it? */
static enum err
check_issuer(const struct vault_at *at, const struct cert_hint *h, bool *out)
{
    struct issuer *i = malloc(sizeof(*i)); /* too much for a stack */
    struct object_name name;
    enum err e = ERR_ISSUER_NOT_FOUND;

    if (i == NULL)
        return ERR_NOMEM;
    if (object_name_parse(h->issuer, &name))
        e = issuer_get(at, name.key, i);
    *out = e == ERR_OK && span_is_str_nocase(i->provider, ISSUER_ACME) &&
           span_is_equal(i->account, h->directory);
    free(i);
    return e == ERR_ISSUER_NOT_FOUND ? ERR_OK : e;
}

static struct question *
free_question(struct cert_hints *all)
{
    for (size_t i = 0; i < HINTS_AT_ONCE; i++)
        if (all->question[i].all == NULL)
            return &all->question[i];
    return NULL;
}

/* A copy: the snapshot ends before anybody is dialled. */
static void
note(struct cert_hints *all, const struct cert_hint_due *due, struct question *q)
{
    *q = (struct question){ .all = all, .vault_id = due->vault->id, .name = due->name };
    q->version = due->hint.version;
    (void)span_copy_str(span_str(due->vault->name), q->vault, sizeof(q->vault));
    (void)span_copy_str(due->hint.directory, q->directory, sizeof(q->directory));
    (void)span_copy_str(due->hint.id, q->id, sizeof(q->id));
}

/* An issuer that is gone, or is another by now, says nothing about it any more. */
static enum err
forget(struct desk *d, const struct vault_at *at, const struct cert_hint_due *due)
{
    struct cert_hint h = due->hint;
    struct store_write w;
    enum err e;

    store_write_init(&w);
    h.ask = 0;
    e = cert_due_hint(at, &w, due->name.key, &h);
    if (e == ERR_OK)
        e = commit(d, due->vault, &due->name, &h, &w);
    store_write_release(&w);
    return e;
}

/* q->all is set if it is to be asked. */
static enum err
take_up(struct cert_hints *all, struct store_view *view, const struct cert_hint_due *due,
        const struct store_write *w, struct question *q)
{
    struct desk_deed drop = { .operation = DEED };
    struct vault_at at = {
        .rows = all->desk->rows, .view = view, .vault = due->vault, .kind = KIND_CERTIFICATE
    };
    bool same;
    enum err e;

    if (due->stale)
        return desk_commit(all->desk, w, &drop);
    if (is_asked(all, due))
        return ERR_OK;
    e = check_issuer(&at, &due->hint, &same);
    if (e != ERR_OK)
        return e;
    if (!same)
        return forget(all->desk, &at, due);
    note(all, due, q);
    return ERR_OK;
}

/* The next row of the schedule. ERR_NOT_FOUND: nothing more is due. */
static enum err
step(struct cert_hints *all, int64_t now)
{
    struct cert_hint_due due = { .vault = NULL };
    struct question *q = free_question(all);
    struct schedule_key row;
    struct store_view *view;
    struct store_write w;
    enum err e = store_begin(all->desk->store, &view);

    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = schedule_next(view, HINT_SCHEDULE "/", &all->after, &row);
    if (e == ERR_OK) {
        all->after = row;
        e = cert_hint_due_get(all->desk->rows, view, schedule_span(&row), now, &w, &due);
        if (e == ERR_OK)
            e = take_up(all, view, &due, &w, q);
        else if (e == ERR_NO_VAULT)
            e = ERR_OK;
    }
    vault_unref(due.vault);
    store_end(view);
    store_write_release(&w);
    if (q->all != NULL)
        (void)dial_to(q, span_str(q->directory), on_directory);
    return e;
}

enum err
cert_hints_turn(struct cert_hints *all, int64_t now)
{
    enum err e, first = ERR_OK;

    if (all->desk->dial == NULL)
        return ERR_OK;
    if (all->desk->rows == NULL || all->desk->store == NULL)
        return ERR_UNAVAILABLE;
    for (unsigned i = 0; i < LOOKS && free_question(all) != NULL; i++) {
        e = step(all, now);
        if (e == ERR_NOT_FOUND) {
            all->after.len = 0;
            break;
        }
        if (e == ERR_UNAVAILABLE || e == ERR_TIMEOUT)
            return e;
        if (e != ERR_OK && e != ERR_CONFLICT && first == ERR_OK)
            first = e;
    }
    return first;
}
