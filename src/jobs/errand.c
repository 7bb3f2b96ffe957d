/* SPDX-License-Identifier: Apache-2.0 */
/* errand.c - what every kind of issuer needs: asking, waiting, and the three ends. */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "jobs/cert_complete.h"
#include "jobs/cert_desk.h"
#include "jobs/errand_int.h"

enum { RETRY_FIRST = 10, RETRY_LAST = 3600, BUSY_WAIT = 1, LINK_WAIT = 5 };
#define ISSUER_ERROR "Certificate issuer error"

enum err
errand_look(struct errand *x, struct errand_look *out)
{
    enum err e;

    *out = (struct errand_look){ .vault = NULL };
    out->at = (struct vault_at){ .rows = x->desk->rows, .kind = KIND_CERTIFICATE };
    e = store_begin(x->desk->store, &out->at.view);
    if (e != ERR_OK) {
        out->at.view = NULL;
        return e;
    }
    e = vault_load(x->desk->rows, out->at.view, span_str(x->wait.vault), &out->vault);
    /* Another vault that took the name is not ours. */
    if (e == ERR_OK && strcmp(out->vault->id.text, x->wait.vault_id.text) != 0)
        e = ERR_NO_VAULT;
    out->at.vault = out->vault;
    return e;
}

void
errand_leave(struct errand_look *l)
{
    vault_unref(l->vault);
    if (l->at.view != NULL)
        store_end(l->at.view);
    *l = (struct errand_look){ .vault = NULL };
}

enum err
errand_commit(struct errand *x, const struct store_write *w, const struct errand_look *l,
              const char *deed)
{
    struct desk_deed d = { .operation = deed, .vault = l->vault };
    char url[CERT_PLACE_MAX];
    struct hex32 version;

    bug_on(!hex32_parse(span_str(x->version), &version));
    d.object_url = cert_url(l->vault, &x->wait.name, &version, url);
    return desk_commit(x->desk, w, &d);
}

static void
on_answer(void *arg, const struct dial_answer *a)
{
    struct errand *x = arg;

    x->call = NULL;
    if (!x->over)
        x->then(x, a);
}

void
errand_dial(struct errand *x, const struct dial_request *q, errand_fn then)
{
    enum err e;

    bug_on(x->call != NULL);
    if (clock_mono_ms() >= x->rest_ms) {
        errand_rest(x);
        return;
    }
    x->then = then;
    e = dial_start(x->desk->dial, q, on_answer, x, &x->call);
    if (e == ERR_ARG || e == ERR_TOO_LARGE)
        errand_fail(x, "A URL of the issuer cannot be used.");
    else if (e != ERR_OK)
        errand_retry(x, err_text(e), BUSY_WAIT);
}

/* next, tries and why beside what x has. */
static enum err
put_row(struct errand *x, int64_t next, const char *why)
{
    struct cert_errand row = { .request = x->wait.request,
                               .tries = x->tries,
                               .next = next,
                               .url = span_str(x->url),
                               .why = span_str(why),
                               .asked = span_str(x->account),
                               .begun = x->begun };
    struct errand_look l;
    struct store_write w;
    enum err e = errand_look(x, &l);

    store_write_init(&w);
    if (e == ERR_OK) {
        cert_errand_put(&l.at, &w, x->wait.name.key, &row);
        e = errand_commit(x, &w, &l, "CertificateIssuerProgress");
    }
    store_write_release(&w);
    errand_leave(&l);
    return e;
}

void
errand_save(struct errand *x)
{
    enum err e = put_row(x, 0, "");

    /* Who takes it up after a crash may then ask for it a second time. */
    if (e != ERR_OK)
        log_warn("certificate %s: cannot note where it is: %s", x->wait.name.spelled,
                 err_text(e));
}

static struct cert_waiting
waiting_of(const struct errand *x)
{
    return (struct cert_waiting){ .vault = x->wait.vault,
                                  .name = x->wait.name,
                                  .request = x->wait.request };
}

/* The row of an errand that is over. */
void
errand_forget(struct errand *x)
{
    struct errand_look l;
    struct store_write w;
    enum err e = errand_look(x, &l);

    store_write_init(&w);
    if (e == ERR_OK) {
        cert_errand_drop(&l.at, &w, x->wait.name.key);
        e = errand_commit(x, &w, &l, "CertificateIssuerProgress");
    }
    if (e != ERR_OK && e != ERR_NO_VAULT)
        log_warn("certificate %s: the row of its errand stays: %s", x->wait.name.spelled,
                 err_text(e));
    store_write_release(&w);
    errand_leave(&l);
}

/* Laid down without a word: taken up again from its row. */
static void
lay_down(struct errand *x, unsigned seconds, const char *why)
{
    enum err e;

    x->over = true;
    e = put_row(x, clock_now() + (int64_t)seconds, why);
    if (e != ERR_OK)
        log_warn("certificate %s: %s", x->wait.name.spelled, err_text(e));
}

void
errand_wait(struct errand *x, unsigned seconds)
{
    if (x->over)
        return;
    if (clock_now() - x->begun > ERRAND_LIFE)
        errand_fail(x, "The issuer did not finish within a week.");
    else if (x->gives_out || x->url[0] == '\0')
        x->wake_ms = clock_mono_ms() + (seconds < ERRAND_SITS ? seconds : ERRAND_SITS) * 1000UL;
    else if (seconds <= ERRAND_SITS)
        x->wake_ms = clock_mono_ms() + seconds * 1000UL;
    else
        lay_down(x, seconds, "");
}

void
errand_rest(struct errand *x)
{
    if (x->over)
        return;
    if (x->gives_out || x->url[0] == '\0')
        errand_retry(x, "The issuer does not come to an end.", 0);
    else
        lay_down(x, RETRY_FIRST, "");
}

static void
fail_now(struct errand *x, const char *why)
{
    struct cert_waiting which = waiting_of(x);
    enum err e = cert_complete_fail(x->desk, &which, ISSUER_ERROR, span_str(why), clock_now());

    if (e != ERR_OK && e != ERR_PENDING_NOT_FOUND) {
        lay_down(x, LINK_WAIT, why);
        return;
    }
    log_info("certificate %s of vault %s was not issued: %s", x->wait.name.spelled,
             x->wait.vault, why);
    x->over = true;
    if (e == ERR_PENDING_NOT_FOUND) /* somebody else ended it */
        errand_forget(x);
}

void
errand_fail(struct errand *x, const char *why)
{
    if (!x->over)
        fail_now(x, why);
}

void
errand_retry(struct errand *x, const char *why, unsigned least)
{
    unsigned wait = RETRY_LAST;

    if (x->over)
        return;
    if (++x->tries >= ERRAND_TRIES_MAX) {
        fail_now(x, why);
        return;
    }
    if (x->tries < 9)
        wait = (unsigned)RETRY_FIRST << (x->tries - 1);
    wait = wait < least ? least : wait;
    log_info("certificate %s of vault %s: the issuer is asked again in %u s: %s",
             x->wait.name.spelled, x->wait.vault, wait, why);
    lay_down(x, wait, why);
}

enum err
errand_arrived(struct errand *x, struct span pem, const struct span *names, size_t n)
{
    struct cert_source source = { .issuer = span_str(x->issuer),
                                  .directory = span_str(x->account) };
    struct cert_waiting which = waiting_of(x);
    enum err e;

    which.names = names;
    which.name_count = n;
    which.source = x->says_when ? &source : NULL;
    e = cert_complete(x->desk, &which, &pem, 1, clock_now());
    if (e == ERR_OK || e == ERR_PENDING_NOT_FOUND) {
        x->over = true;
        if (e == ERR_PENDING_NOT_FOUND) /* somebody else ended it */
            errand_forget(x);
        return ERR_OK;
    }
    if (err_class_of(e) == ERR_CLASS_REQUEST || err_class_of(e) == ERR_CLASS_INTEGRITY)
        return e;
    errand_retry(x, err_text(e), LINK_WAIT);
    return ERR_OK;
}

bool
errand_no_answer(struct errand *x, const struct dial_answer *a)
{
    char why[DIAL_WHY_MAX + 64];

    if (a->err == ERR_OK)
        return false;
    (void)snprintf(why, sizeof(why), "The issuer could not be asked: %s.", a->why);
    if (a->err == ERR_DENIED || a->err == ERR_INTEGRITY || a->err == ERR_TOO_LARGE)
        errand_fail(x, why);
    else
        errand_retry(x, why, 0);
    return true;
}
