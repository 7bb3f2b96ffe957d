/* SPDX-License-Identifier: Apache-2.0 */
/* signin.c - one check, one counter, one answer for all that is wrong. */
#include "api/login/signin.h"

#include "base/clock.h"

const char signin_dummy_record[] = "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/* A name's domain may be another tenant's, if the client left the tenant open. */
static enum err
find_tenant(const struct exchange *x, const struct authority *a, struct span name,
            struct guid *tid)
{
    struct tenant t;
    enum err e;

    *tid = a->tenant.tid;
    if (!a->alias)
        return ERR_OK;
    e = tenant_find(x->rows, x->view, span_tail(name, span_find(name, '@') + 1), &t);
    if (e == ERR_OK)
        *tid = t.tid;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err
signin_begin(struct exchange *x, const struct authority *a, struct span name,
             struct span password, struct signin *s)
{
    int64_t now = clock_now();
    const char *record = signin_dummy_record;
    enum err e;

    memset(s, 0, sizeof(*s));
    while (name.len > 0 && name.ptr[name.len - 1] == ' ')
        name = span_head(name, name.len - 1);
    while (name.len > 0 && name.ptr[0] == ' ')
        name = span_tail(name, 1);
    e = find_tenant(x, a, name, &s->tid);
    if (e == ERR_OK)
        e = attempts_load(x->rows, x->view, "password", &s->tid, name, now, &s->attempts);
    if (e != ERR_OK)
        return e;
    s->resting = attempts_is_resting(&s->attempts, now);
    e = principal_find_user(x->rows, x->view, &s->tid, name, &s->user);
    if (e == ERR_OK)
        e = credential_load(x->rows, x->view, &s->tid, &s->user.oid, &s->held);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    s->found = e == ERR_OK;
    if (s->found && !s->resting && password.len <= PASSWORD_MAX)
        record = s->held.record;
    secbuf_clear(&x->ask);
    keeper_pack_password_check(sink_sec(&x->ask), span_str(record),
                               span_head(password, PASSWORD_MAX));
    x->ask_op = KEEPER_PASSWORD_CHECK;
    return x->ask.err;
}

enum err
signin_end(struct exchange *x, struct signin *s, enum sts *why)
{
    *why = STS_OK;
    if (x->answer_err != ERR_OK && x->answer_err != ERR_BAD_SECRET)
        return x->answer_err;
    if (s->found)
        sts_note_user(x, &s->user.oid);
    if (s->resting) {
        *why = STS_RESTING;
        return ERR_OK;
    }
    if (x->answer_err != ERR_OK || !s->found) {
        attempts_fail(x->rows, &x->write, &s->attempts, clock_now());
        *why = STS_PASSWORD;
        return ERR_OK;
    }
    attempts_pass(&x->write, &s->attempts);
    if (!s->user.enabled)
        *why = STS_USER_DISABLED;
    return ERR_OK;
}
