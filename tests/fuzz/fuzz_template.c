/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: whatever is sent ends soon, within its memory; a secure parameter is in no message
 * and in nothing that is masked; what a plan puts, it puts behind what that needs.
 */
#include <stdlib.h>
#include <string.h>

#include "api/template/plan.h"
#include "api/template/relax.h"
#include "codec/jsn.h"

#define CANARY "canary-3f1b"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct value *
parse(struct arena *a, const char *json)
{
    const struct value *v;

    if (value_parse(a, span_str(json), &v) != ERR_OK)
        abort();
    return v;
}

/* Has the text of the secret come out, where secrets are masked? */
static void
check_masked(const struct value *v)
{
    struct secbuf b;
    struct jsw w;

    secbuf_init(&b, 16 * 1024 * 1024);
    w = jsw_of(sink_sec(&b));
    value_write(v, true, &w, NULL);
    if (b.len > 0 && memmem(b.ptr, b.len, CANARY, sizeof(CANARY) - 1) != NULL)
        abort();
    secbuf_release(&b);
}

static void
check_plan(struct plan *p)
{
    uint8_t *done = calloc(p->n + 1, 1);

    for (unsigned i = 0; done != NULL && i < p->n; i++) {
        const struct unit *u = &p->unit[p->order[i]];

        for (unsigned k = 0; k < u->nneeds; k++)
            if (done[u->needs[k]] == 0)
                abort();
        if (done[p->order[i]]++ != 0)
            abort();
        if (u->id.len > 0 && memmem(u->id.ptr, u->id.len, CANARY, sizeof(CANARY) - 1) != NULL)
            abort();
        if (!u->off && !u->existing)
            check_masked(plan_body(p, p->order[i]));
    }
    free(done);
    check_masked(plan_outputs(p));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool ready;
    const struct value *t, *given, *facts, *again;
    struct secbuf strict;
    enum err e;
    struct arena *a;
    struct plan *p;
    struct eval ev;

    if (!ready) {
        if (secmem_init(32 * 1024 * 1024) != ERR_OK && secmem_init(4 * 1024 * 1024) != ERR_OK)
            abort();
        jsn_setup();
        ready = true;
    }
    /* A template that has it in its own text shows it. */
    if (len > 0 && memmem(data, len, "canary", 6) != NULL)
        return 0;
    a = arena_new(2 * 1024 * 1024);
    if (a == NULL)
        return 0;
    given = parse(a, "{\"pw\":\"" CANARY "\",\"p\":\"text\"}");
    facts =
        parse(a, "{\"resourceGroup\":{\"name\":\"rg\",\"location\":\"local\",\"id\":\"/s/g\"},"
                 "\"subscription\":{\"subscriptionId\":"
                 "\"22222222-2222-4222-8222-222222222222\"},\"deployment\":{\"name\":\"d\"}}");
    secbuf_init(&strict, 2 * len + 16);
    relax_json(span_of(data, len), &strict);
    e = value_parse(a, span_of(data, len), &t);
    /* What is JSON stays JSON. */
    if (e == ERR_OK &&
        (strict.err != ERR_OK || value_parse(a, secbuf_span(&strict), &again) == ERR_SYNTAX))
        abort();
    if (e == ERR_SYNTAX && strict.err == ERR_OK)
        e = value_parse(a, secbuf_span(&strict), &t);
    secbuf_release(&strict);
    if (e == ERR_OK) {
        eval_init(&ev, a, t, given, facts);
        ev.now = 1000000000;
        if (plan_make(&ev, t, &p))
            check_plan(p);
        if (memmem(ev.why, sizeof(ev.why), CANARY, sizeof(CANARY) - 1) != NULL)
            abort();
    }
    arena_free(a);
    return 0;
}
