/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_authorize.c - an authorization request and the forms of the pages. The
 * query is the first line, the body of a form the rest; an empty rest is a GET.
 * Whatever comes: no redirect leads anywhere but to localhost, no page holds a
 * script, and nothing is written for a stranger but what counts his failures.
 */
#include <stdlib.h>

#include "api/login/form.h"
#include "api/login/login.h"
#include "auth/tenant.h"
#include "base/log.h"
#include "base/secbuf.h"
#include "codec/jsn.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char tid[] = "11111111-1111-4111-8111-111111111111";
static struct rows *rows;
static struct store *store;
static struct site site;

static void
setup_once(void)
{
    static const uint8_t key[ROW_KEY_LEN];
    struct store_config cfg = { .engine = "mem" };
    struct site_options o = { .domain = "keyhold.test", .port = 8443, .location = "local" };
    struct store_item item = { 0 };
    struct store_write w;
    struct tenant t = { .name = "T" };

    if (rows != NULL)
        return;
    log_set_level(LOG_ERROR);
    if (secmem_init(4 * 1024 * 1024) != ERR_OK || store_open(&cfg, &store) != ERR_OK ||
        rows_new(span_of(key, sizeof(key)), &rows) != ERR_OK || site_init(&site, &o) != ERR_OK)
        abort();
    jsn_setup();
    if (!guid_parse(span_str(tid), &t.tid))
        abort();
    site.default_tenant = t.tid;
    store_write_init(&w);
    tenant_store(rows, &w, &t, 0);
    item.packed = buf_span(&w.bytes);
    if (store_commit(store, &item, 1) != ERR_OK || item.result != ERR_OK)
        abort();
    store_write_release(&w);
}

/* name=value pairs, decoded as http/ decodes them. */
static void
take_params(struct http_request *r, struct span query, struct secbuf *texts)
{
    /* All the room there can be need of, so that none of it moves. */
    if (secbuf_grow(texts, query.len + 1) == NULL)
        return;
    texts->len = 0;
    while (query.len > 0 && r->nparams < MAX_QUERY_PARAMS) {
        struct span pair = span_head(query, span_find(query, '&'));
        size_t eq = span_find(pair, '='), at = texts->len, mid;

        query = span_tail(query, pair.len + 1);
        if (form_decode(span_head(pair, eq), texts) != ERR_OK)
            return;
        mid = texts->len;
        if (form_decode(span_tail(pair, eq + 1), texts) != ERR_OK)
            return;
        r->params[r->nparams].name = span_of(texts->ptr + at, mid - at);
        r->params[r->nparams++].value = span_of(texts->ptr + mid, texts->len - mid);
    }
}

static bool
holds(struct span text, const char *what)
{
    return text.ptr != NULL && text.len > 0 &&
           memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

static void
judge(const struct exchange *x)
{
    struct span head = buf_span(&x->resp.headers), body = secbuf_span(&x->resp.body);

    if (holds(head, "Location: ") && !holds(head, "Location: http://localhost") &&
        !holds(head, "Location: http://127.0.0.1"))
        abort();
    if (holds(head, "text/html") && holds(body, "<script") &&
        !holds(body, "<script>document.forms[0].submit()</script>"))
        abort();
    if (holds(head, "__Host-keyhold-session=") && !holds(head, "Max-Age=0"))
        abort();
}

static void
run(struct http_request *r, step_fn step)
{
    struct exchange x = { .site = &site, .rows = rows, .req = r };
    enum next next = NEXT_FAIL;

    x.request_id = guid_new();
    x.bind[0] = span_str("common");
    http_response_init(&x.resp);
    secbuf_init(&x.ask, 64 * 1024);
    secbuf_init(&x.answer, 1024);
    store_write_init(&x.write);
    for (x.step = 0; x.step < 3; x.step++) {
        if (store_begin(store, &x.view) != ERR_OK)
            abort();
        next = step(&x);
        store_end(x.view);
        if (next != NEXT_KEEPER)
            break;
        x.answer_err = ERR_BAD_SECRET; /* whatever the password is */
    }
    if (next == NEXT_KEEPER)
        abort();
    judge(&x);
    if (x.state != NULL)
        x.state_free(x.state);
    http_response_release(&x.resp);
    secbuf_release(&x.ask);
    secbuf_release(&x.answer);
    store_write_release(&x.write);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const step_fn steps[] = { api_login_authorize, api_login_deviceauth,
                                     api_login_logout, api_login_devicecode_v2,
                                     api_login_token_v2 };
    struct http_request r = { .is_tls = true, .tls_version = "TLS1_3" };
    struct span all = span_of(data, len);
    struct span query = span_head(all, span_find(all, '\n'));
    struct secbuf texts;

    setup_once();
    secbuf_init(&texts, 64 * 1024);
    r.host = span_str("login.keyhold.test");
    r.body = span_tail(all, query.len + 1);
    r.method = r.body.len > 0 ? HTTP_POST : HTTP_GET;
    r.headers[0].name = span_str("Cookie");
    r.headers[0].value = query;
    r.nheaders = 1;
    take_params(&r, query, &texts);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        run(&r, steps[i]);
    secbuf_release(&texts);
    return 0;
}
