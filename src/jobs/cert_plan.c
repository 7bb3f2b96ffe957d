/* SPDX-License-Identifier: Apache-2.0 */
/* cert_plan.c - once through all vaults, a few certificates at a turn. */
#include <string.h>

#include "base/log.h"
#include "jobs/cert_renew.h"
#include "jobs/schedule.h"
#include "vault/cert_due.h"

struct page {
    struct vault_at *at;
    struct store_write *w;
    struct cert_plan *plan;
    size_t prefix; /* bytes of the key in front of the name */
    unsigned seen, planned;
};

static bool
is_timed(const struct object_head *h)
{
    for (int i = 0; i < CERT_ACT__MAX; i++)
        if (h->due[i] != 0 || h->done[i] != 0)
            return true;
    return false;
}

static enum err
plan_one(struct page *p, const char *name)
{
    struct object o;
    enum err e = object_head_get(p->at, HEAD_LIVE, name, &o.head);

    if (e != ERR_OK || is_timed(&o.head))
        return e;
    e = object_get_current(p->at, &o.head, &o);
    if (e == ERR_OK)
        e = cert_due_follow(p->at, p->w, &o.head, &o.v.attrs);
    if (e != ERR_OK || !is_timed(&o.head))
        return e;
    vault_expect(p->w, p->at->vault);
    object_head_put(p->at, p->w, HEAD_LIVE, &o.head);
    p->planned++;
    return ERR_OK;
}

static bool
look_at(void *arg, const struct store_row *row)
{
    struct page *p = arg;
    enum err e;

    p->seen++;
    if (!span_copy_str(span_tail(row->key, p->prefix), p->plan->after, sizeof(p->plan->after)))
        return true;
    e = plan_one(p, p->plan->after);
    if (e != ERR_OK)
        log_error("certificate %s of vault %s: what is due cannot be planned: %s",
                  p->plan->after, p->plan->vault, err_text(e));
    return true;
}

/* The vault that it is at, or the next one. *all: there is none. */
static enum err
find_vault(struct desk *d, struct store_view *view, struct cert_plan *at, struct vault **out)
{
    struct schedule_key after, row;
    enum err e;

    while (at->vault[0] == '\0' || at->done) {
        int n = at->vault[0] == '\0'
                    ? 0
                    : snprintf(after.text, sizeof(after.text), "v/%s", at->vault);

        after.len = (size_t)n;
        e = schedule_next(view, "v/", &after, &row);
        at->all = e == ERR_NOT_FOUND;
        if (e != ERR_OK)
            return e;
        if (!span_copy_str(span_tail(schedule_span(&row), 2), at->vault, sizeof(at->vault)))
            return ERR_FORMAT;
        at->after[0] = '\0';
        at->done = false;
    }
    e = vault_load(d->rows, view, span_str(at->vault), out);
    at->done = e != ERR_OK; /* gone meanwhile, or damaged and logged */
    return e;
}

static enum err
plan_page(struct desk *d, struct store_view *view, struct cert_plan *at, struct vault *v,
          unsigned limit, struct store_write *w, unsigned *planned)
{
    struct vault_at in = {
        .rows = d->rows, .view = view, .vault = v, .kind = KIND_CERTIFICATE
    };
    struct page p = { .at = &in, .w = w, .plan = at };
    struct row_key prefix, after;
    struct span from = { 0 };
    enum err e;

    if (at->after[0] != '\0')
        from = row_key_make(&after, "cn", v->id.text, at->after, NULL);
    p.prefix = row_key_make(&prefix, "cn", v->id.text, "", NULL).len;
    e = store_scan(view, span_of(prefix.text, prefix.len), from, limit, look_at, &p);
    at->done = p.seen < limit;
    *planned = p.planned;
    return e == ERR_OK ? store_write_err(w) : e;
}

enum err
cert_plan_step(struct desk *d, struct cert_plan *at, unsigned limit, unsigned *planned)
{
    struct desk_deed deed = { .operation = "CertificateRenewPlan" };
    struct cert_plan before = *at;
    struct store_view *view;
    struct vault *v = NULL;
    struct store_write w;
    enum err e;

    *planned = 0;
    if (d->rows == NULL || d->store == NULL)
        return ERR_UNAVAILABLE;
    e = store_begin(d->store, &view);
    if (e != ERR_OK)
        return e;
    store_write_init(&w);
    e = find_vault(d, view, at, &v);
    if (e == ERR_OK)
        e = plan_page(d, view, at, v, limit, &w, planned);
    store_end(view);
    deed.vault = v;
    if (e == ERR_OK && *planned > 0) {
        e = desk_commit(d, &w, &deed);
        if (e != ERR_OK)
            *at = before; /* the same once more */
    }
    vault_unref(v);
    store_write_release(&w);
    return e == ERR_NOT_FOUND && at->all ? ERR_OK : e;
}
