/* SPDX-License-Identifier: Apache-2.0 */
/* arm_bench.c - see arm_bench.h. */
#include "arm_bench.h"

#include "api/arm/doors.h"
#include "api/errmap.h"
#include "api/phases.h"
#include "api/routes.h"
#include "auth/founding.h"
#include "codec/pack.h"
#include "seal/wrap.h"
#include "vault/place.h"

#define SUB_ID "22222222-2222-4222-8222-222222222222"

static void
add_places(struct world *w)
{
    struct place p = { .subscription = world_guid(SUB_ID), .tenant = w->tid };
    struct store_write sw;

    store_write_init(&sw);
    founding_put(w->rows, &sw, &w->tid, WORLD_NOW);
    (void)snprintf(p.name, sizeof(p.name), "bench");
    place_store(w->rows, &sw, &p, false, 0);
    (void)snprintf(p.name, sizeof(p.name), "rg");
    (void)snprintf(p.location, sizeof(p.location), "local");
    place_store(w->rows, &sw, &p, true, 0);
    world_commit(w, &sw);
}

static void
add_vault(struct world *w)
{
    static const uint8_t key[32] = { 1 };
    struct vault_settings s = { .name = span_str("kv1"),
                                .resource_group = span_str("rg"),
                                .location = span_str("local"),
                                .tenant = w->tid,
                                .subscription = world_guid(SUB_ID),
                                .rbac = true,
                                .retention_days = 90 };
    struct guid id = guid_new();
    struct buf wrapped, answer;
    struct store_write sw;
    struct vault *v;

    buf_init(&wrapped, WRAPPED_MAX);
    buf_init(&answer, WRAPPED_MAX + 16);
    assert_int_equal(wrap_seal(w->root, PURPOSE_VAULT, span_str(id.text),
                               span_of(key, sizeof(key)), sink_buf(&wrapped)),
                     ERR_OK);
    pack_bytes(sink_buf(&answer), buf_span(&wrapped));
    assert_int_equal(vault_new(&s, &id, buf_span(&answer), &v), ERR_OK);
    store_write_init(&sw);
    vault_store(w->rows, &sw, v, 0);
    world_commit(w, &sw);
    vault_unref(v);
    buf_release(&wrapped);
    buf_release(&answer);
}

struct arm_bench *
arm_bench_open(void)
{
    struct site_options o = { .domain = "keyhold.test", .port = 8443, .location = "local" };
    struct arm_bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    b->w = world_open();
    b->caller = ARM_CALLER;
    assert_int_equal(routes_setup(), ERR_OK);
    assert_int_equal(site_init(&b->site, &o), ERR_OK);
    b->site.default_tenant = b->w->tid;
    add_places(b->w);
    add_vault(b->w);
    world_add_app(b->w, "bbbbbbbb-0000-4000-8000-000000000001", ARM_CALLER);
    world_add_app(b->w, "bbbbbbbb-0000-4000-8000-000000000002", ARM_OTHER);
    (void)world_assign(b->w, ARM_CALLER, "Owner", ARM_SUB);
    assert_int_equal(arm_request(b, HTTP_PUT, ARM_IDENTITY, "{\"location\":\"local\"}"), 201);
    return b;
}

void
arm_bench_close(struct arm_bench *b)
{
    world_close(b->w);
    free(b);
}

void
arm_look(struct arm_bench *b)
{
    world_look(b->w);
}

static void
begin(struct arm_bench *b, struct arm_call *c, enum http_method method, const char *path,
      const char *body)
{
    memset(c, 0, sizeof(*c));
    (void)snprintf(c->path, sizeof(c->path), "%s", path);
    c->req = (struct http_request){ .method = method,
                                    .host = span_str("management.keyhold.test"),
                                    .path = span_str(c->path),
                                    .target = span_str(c->path),
                                    .body = body == NULL ? (struct span){ 0 } : span_str(body),
                                    .is_tls = true };
    c->req.params[c->req.nparams++] =
        (struct http_param){ span_str("api-version"), span_str("2023-07-01") };
    c->x = (struct exchange){ .site = &b->site,
                              .rows = b->w->rows,
                              .req = &c->req,
                              .plane = PLANE_MANAGEMENT,
                              .version_text = span_str("2023-07-01"),
                              .request_id = guid_new(),
                              .view = b->w->view };
    c->x.caller.known = true;
    c->x.caller.tid = b->w->tid;
    c->x.caller.oid = world_guid(b->caller);
    http_response_init(&c->x.resp);
    secbuf_init(&c->x.ask, 4096);
    secbuf_init(&c->x.answer, 4096);
    store_write_init(&c->x.write);
}

unsigned
arm_compose(struct arm_bench *b, struct arm_call *c, enum http_method method, const char *path,
            const char *body)
{
    struct exchange *x = &c->x;
    struct buf why;
    enum err e;

    begin(b, c, method, path, body);
    buf_init(&why, 2048);
    assert_int_equal(routes_find(PLANE_MANAGEMENT, method, c->req.path, &x->route, x->bind),
                     ERR_OK);
    assert_int_equal(action_scope(x->route->over, c->req.path, x->scope), ERR_OK);
    e = x->route->over == OVER_OWN ? ERR_OK : action_locks(x, &why);
    c->next = NEXT_REPLY;
    if (e == ERR_OK)
        c->next = x->route->run(x);
    else
        errmap_answer(x, e, &why);
    buf_release(&why);
    assert_true(c->next == NEXT_REPLY || c->next == NEXT_COMMIT);
    return x->resp.status;
}

enum err
arm_commit(struct arm_bench *b, struct arm_call *c)
{
    struct store_item item = { .packed = buf_span(&c->x.write.bytes) };

    assert_int_equal(c->next, NEXT_COMMIT);
    assert_int_equal(store_write_err(&c->x.write), ERR_OK);
    store_end(b->w->view);
    b->w->view = NULL;
    assert_int_equal(store_commit(b->w->store, &item, 1), ERR_OK);
    return item.result;
}

void
arm_release(struct arm_call *c)
{
    if (c->x.state != NULL)
        c->x.state_free(c->x.state);
    http_response_release(&c->x.resp);
    secbuf_release(&c->x.ask);
    secbuf_release(&c->x.answer);
    store_write_release(&c->x.write);
}

unsigned
arm_request(struct arm_bench *b, enum http_method method, const char *path, const char *body)
{
    struct arm_call c;
    unsigned status;

    arm_look(b);
    status = arm_compose(b, &c, method, path, body);
    if (c.next == NEXT_COMMIT)
        assert_int_equal(arm_commit(b, &c), ERR_OK);
    arm_release(&c);
    return status;
}

static bool
count_row(void *arg, const struct store_row *row)
{
    (void)row;
    ++*(unsigned *)arg;
    return true;
}

unsigned
arm_count(struct arm_bench *b, const char *prefix)
{
    unsigned n = 0;

    arm_look(b);
    assert_int_equal(
        store_scan(b->w->view, span_str(prefix), (struct span){ 0 }, SIZE_MAX, count_row, &n),
        ERR_OK);
    return n;
}
