/* SPDX-License-Identifier: Apache-2.0 */
/* login_bench.c - see login_bench.h. */
#include "login_bench.h"

#include "auth/token.h"

struct login_bench *
login_bench_open(void)
{
    struct site_options o = { .domain = "keyhold.test", .port = 8443, .location = "local" };
    struct login_bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    b->w = world_open();
    assert_int_equal(site_init(&b->site, &o), ERR_OK);
    b->site.default_tenant = b->w->tid;
    world_add_app(b->w, BENCH_APP, BENCH_OID);
    world_add_signing_key(b->w, WORLD_NOW - 100, b->kid);
    http_response_init(&b->x.resp);
    secbuf_init(&b->x.ask, 128 * 1024);
    secbuf_init(&b->x.answer, 128 * 1024);
    store_write_init(&b->x.write);
    return b;
}

static void
forget(struct login_bench *b)
{
    if (b->x.state != NULL)
        b->x.state_free(b->x.state);
    b->x.state = NULL;
    jsn_free(b->json);
    b->json = NULL;
    http_response_release(&b->x.resp);
    secbuf_release(&b->x.ask);
    secbuf_release(&b->x.answer);
    store_write_release(&b->x.write);
}

void
login_bench_close(struct login_bench *b)
{
    size_t used, total;

    forget(b);
    rows_free(b->w->rows);
    b->w->rows = NULL;
    root_key_free(b->w->root);
    b->w->root = NULL;
    secmem_usage(&used, &total);
    assert_int_equal(used, 0); /* no request left a secret behind */
    world_close(b->w);
    free(b);
}

void
bench_request(struct login_bench *b, const char *body)
{
    forget(b);
    memset(&b->x, 0, sizeof(b->x));
    memset(&b->req, 0, sizeof(b->req));
    http_response_init(&b->x.resp);
    secbuf_init(&b->x.ask, 128 * 1024);
    secbuf_init(&b->x.answer, 128 * 1024);
    store_write_init(&b->x.write);
    b->req.method = body == NULL ? HTTP_GET : HTTP_POST;
    b->req.body = span_str(body);
    b->req.host = span_str("login.keyhold.test");
    b->req.is_tls = true;
    b->req.tls_version = "TLS1_3";
    b->x.site = &b->site;
    b->x.rows = b->w->rows;
    b->x.req = &b->req;
    b->x.request_id = guid_new();
    b->password_checks = 0;
    if (body != NULL)
        bench_header(b, "Content-Type", "application/x-www-form-urlencoded");
}

void
bench_header(struct login_bench *b, const char *name, const char *value)
{
    b->req.headers[b->req.nheaders++] =
        (struct http_header){ .name = span_str(name), .value = span_str(value) };
}

void
bench_param(struct login_bench *b, const char *name, const char *value)
{
    b->req.params[b->req.nparams++] =
        (struct http_param){ .name = span_str(name), .value = span_str(value) };
}

static void
ask_keeper(struct login_bench *b)
{
    struct exchange *x = &b->x;

    secbuf_clear(&x->answer);
    if (x->ask_op == KEEPER_PASSWORD_CHECK)
        b->password_checks++;
    if (b->keeper_fault != ERR_OK)
        x->answer_err = b->keeper_fault;
    else
        x->answer_err = world_keeper(b->w, x->ask_op, secbuf_span(&x->ask), &x->answer);
}

unsigned
bench_run(struct login_bench *b, step_fn run, const char *bind)
{
    struct exchange *x = &b->x;
    enum next next;

    x->bind[0] = span_str(bind);
    for (x->step = 0; x->step < 12; x->step++) {
        world_look(b->w);
        x->view = b->w->view;
        next = run(x);
        if (next != NEXT_KEEPER)
            break;
        ask_keeper(b);
    }
    x->view = NULL;
    if (next == NEXT_COMMIT) {
        world_commit(b->w, &x->write);
        next = NEXT_REPLY;
    }
    assert_int_equal(next, NEXT_REPLY);
    assert_int_equal(x->resp.body.err, ERR_OK);
    assert_int_equal(x->resp.headers.err, ERR_OK);
    if (x->resp.body.len > 0 && x->resp.body.ptr[0] == '{')
        assert_int_equal(jsn_parse(secbuf_span(&x->resp.body), &b->json), ERR_OK);
    return x->resp.status;
}

const char *
bench_text(struct login_bench *b, const char *name)
{
    static char text[MAX_TOKEN];
    struct span s;

    if (jsn_get_str(b->json, name, &s) != JSN_OK || !span_copy_str(s, text, sizeof(text)))
        text[0] = '\0';
    return text;
}

int64_t
bench_number(struct login_bench *b, const char *name)
{
    int64_t n = -1;

    assert_int_equal(jsn_get_i64(b->json, name, &n), JSN_OK);
    return n;
}

bool
bench_has_header(const struct login_bench *b, const char *line)
{
    struct span s = buf_span(&b->x.resp.headers);

    return s.len > 0 && memmem(s.ptr, s.len, line, strlen(line)) != NULL;
}

void
bench_is_error(struct login_bench *b, unsigned status, const char *error, unsigned code)
{
    const struct jsn *codes;
    char prefix[32];
    struct span s;

    if (b->x.resp.status != status)
        fail_msg("status %u: %s", b->x.resp.status, bench_text(b, "error_description"));
    assert_string_equal(bench_text(b, "error"), error);
    (void)snprintf(prefix, sizeof(prefix), "AADSTS%u: ", code);
    assert_int_equal(jsn_get_str(b->json, "error_description", &s), JSN_OK);
    if (!span_has_prefix(s, span_str(prefix)))
        fail_msg("%s", bench_text(b, "error_description"));
    assert_int_equal(jsn_get_array(b->json, "error_codes", &codes), JSN_OK);
    assert_int_equal(jsn_len(codes), 1);
    assert_string_equal(bench_text(b, "trace_id"), b->x.request_id.text);
    assert_true(bench_has_header(b, "Cache-Control: no-store"));
    assert_false(b->x.caller.known);
}

void
bench_is_token(struct login_bench *b, const char *aud)
{
    const char *audiences[] = { aud };
    struct token_expect expect = { audiences, 1, b->site.login_origin };
    struct caller caller;
    struct buf why;
    enum err e;

    if (b->x.resp.status != 200)
        fail_msg("status %u: %s", b->x.resp.status, bench_text(b, "error_description"));
    buf_init(&why, 1024);
    world_look(b->w);
    e = token_verify(NULL, b->w->rows, b->w->view, &expect,
                     span_str(bench_text(b, "access_token")), &caller, &why);
    if (e != ERR_OK)
        fail_msg("%s: %s", err_name(e), buf_str(&why));
    buf_release(&why);
    assert_string_equal(bench_text(b, "token_type"), "Bearer");
    assert_true(b->x.caller.known);
    assert_string_equal(b->x.caller.oid.text, caller.oid.text);
    assert_string_equal(b->x.caller.iss, caller.iss);
    assert_string_equal(b->x.caller.appidacr, caller.appidacr);
}

void
bench_add_secret(struct login_bench *b, const char *secret, int64_t expires)
{
    struct guid app = world_guid(BENCH_APP), id;
    struct secbuf ask, record;
    struct application *a;
    struct store_write sw;

    secbuf_init(&ask, 8192);
    secbuf_init(&record, 1024);
    keeper_pack_password_hash(sink_sec(&ask), span_str(secret));
    assert_int_equal(world_keeper(b->w, KEEPER_PASSWORD_HASH, secbuf_span(&ask), &record),
                     ERR_OK);
    world_look(b->w);
    assert_int_equal(application_load(b->w->rows, b->w->view, &app, &a), ERR_OK);
    assert_int_equal(
        application_add_secret(a, secbuf_span(&record), span_str(secret), expires, &id),
        ERR_OK);
    store_write_init(&sw);
    application_store(b->w->rows, &sw, a, a->revision);
    world_commit(b->w, &sw);
    application_free(a);
    secbuf_release(&record);
    secbuf_release(&ask);
}
