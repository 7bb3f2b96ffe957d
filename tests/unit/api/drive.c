/* SPDX-License-Identifier: Apache-2.0 */
/* drive.c - see drive.h. */
#include "drive.h"

#include "api/errmap.h"
#include "api/routes.h"
#include "api/versions.h"

enum { MOST_ATTEMPTS = 10 };

struct drive drive;
struct site drive_site;
static char target_text[8192];
static struct buf body_copy;

int
drive_open(void **state)
{
    struct site_options o = { .domain = "keyhold.localhost",
                              .port = 8443,
                              .strict_versions = true,
                              .location = "local" };

    if (world_open(state) != 0)
        return -1;
    return site_init(&drive_site, &o) == ERR_OK && routes_setup() == ERR_OK ? 0 : -1;
}

int
drive_close(void **state)
{
    return world_close(state);
}

int
drive_setup(void **state)
{
    drive = (struct drive){ 0 };
    buf_init(&drive.text, MAX_IPC_MESSAGE);
    buf_init(&body_copy, MAX_IPC_MESSAGE);
    http_response_init(&drive.x.resp);
    return world_setup(state);
}

static void
reset(struct exchange *x)
{
    if (x->state != NULL)
        x->state_free(x->state);
    x->state = NULL;
    x->step = 0;
    x->fail_text[0] = '\0';
    memset(&x->note, 0, sizeof(x->note));
    store_write_clear(&x->write);
    http_response_clear(&x->resp);
}

int
drive_teardown(void **state)
{
    http_response_release(&drive.x.resp);
    buf_release(&drive.text);
    buf_release(&body_copy);
    return world_teardown(state);
}

/* Splits the query; nothing in these tests is percent-encoded but what stays so. */
static void
parse_target(struct http_request *r, const char *target)
{
    struct span rest;

    (void)snprintf(target_text, sizeof(target_text), "%s%s", target,
                   strstr(target, "api-version") != NULL ? ""
                   : strchr(target, '?') != NULL         ? "&api-version=7.6"
                                                         : "?api-version=7.6");
    r->target = rest = span_str(target_text);
    r->path = span_head(rest, span_find(rest, '?'));
    rest = span_tail(rest, r->path.len + 1);
    r->nparams = 0;
    while (rest.len > 0) {
        struct span pair = span_head(rest, span_find(rest, '&'));
        size_t eq = span_find(pair, '=');

        r->params[r->nparams++] =
            (struct http_param){ span_head(pair, eq), span_tail(pair, eq + 1) };
        rest = span_tail(rest, pair.len + 1);
    }
}

static void
begin(enum http_method method, const char *target, struct span body)
{
    struct http_request *r = &drive.req;
    struct exchange *x = &drive.x;

    buf_clear(&body_copy);
    buf_put(&body_copy, body);
    *r = (struct http_request){ .method = method,
                                .host = span_str("contoso.vault.keyhold.localhost"),
                                .port = r->port != 0 ? r->port : 8443,
                                .has_port = true,
                                .body = buf_span(&body_copy),
                                .is_tls = true,
                                .client = span_str("127.0.0.1") };
    parse_target(r, target);
    http_response_release(&x->resp);
    *x = (struct exchange){ .site = &drive_site,
                            .rows = world.rows,
                            .req = r,
                            .vault = world.vault,
                            .vault_label = span_str("contoso"),
                            .request_id = guid_new(),
                            .public_only = drive.public_only,
                            .access = { .allowed = true, .by_rbac = true } };
    secbuf_init(&x->ask, 1024 * 1024);
    secbuf_init(&x->answer, 1024 * 1024);
    store_write_init(&x->write);
    http_response_init(&x->resp);
    drive.asks = drive.attempts = 0;
}

static enum err
commit(struct exchange *x)
{
    struct store_item item = { .packed = buf_span(&x->write.bytes) };
    enum err e = store_write_err(&x->write);

    if (drive.before_commit != NULL) {
        void (*call)(void) = drive.before_commit;

        drive.before_commit = NULL;
        call();
    }
    store_end(world.view);
    world.view = NULL;
    if (e == ERR_OK)
        e = store_commit(world.store, &item, 1);
    return e == ERR_OK ? item.result : e;
}

static void
ask(struct exchange *x)
{
    assert_int_equal(x->ask.err, ERR_OK);
    secbuf_clear(&x->answer);
    x->answer_err = drive.keeper_fails;
    if (drive.keeper_fails == ERR_OK)
        x->answer_err = world_keeper(x->ask_op, secbuf_span(&x->ask), &x->answer);
    secbuf_clear(&x->ask);
    drive.home = x->ask_of;
    x->ask_of = 0;
    x->step++;
    drive.asks++;
}

/* ERR_OK: resp is the answer. */
static enum err
run(struct exchange *x)
{
    enum err e;

    for (;;) {
        drive.attempts += x->step == 0;
        x->view = world_at().view;
        switch (x->route->run(x)) {
        case NEXT_REPLY:
            return ERR_OK;
        case NEXT_FAIL:
            return x->fail;
        case NEXT_KEEPER:
            ask(x);
            break;
        case NEXT_COMMIT:
            e = commit(x);
            if (e != ERR_CONFLICT || drive.attempts == MOST_ATTEMPTS)
                return e == ERR_CONFLICT ? ERR_BUSY : e;
            reset(x);
            break;
        case NEXT_INNER:
            fail_msg("nobody here does requests for others");
            return ERR_ARG;
        }
    }
}

unsigned
drive_request_span(enum http_method method, const char *target, struct span body)
{
    struct exchange *x = &drive.x;
    struct buf message;
    enum err e;

    begin(method, target, body);
    e = routes_find(PLANE_VAULT, method, drive.req.path, &x->route, x->bind);
    (void)http_request_param(&drive.req, "api-version", &x->version_text);
    if (e == ERR_OK && x->route->wants_version)
        e = versions_check(x->site, x->version_text, x->route->since, &x->version);
    if (e == ERR_OK)
        e = run(x);
    buf_init(&message, sizeof(drive.message));
    if (e != ERR_OK)
        errmap_answer(x, e, &message);
    assert_true(span_copy_str(buf_span(&message), drive.message, sizeof(drive.message)));
    buf_release(&message);
    buf_clear(&drive.text);
    buf_put(&drive.text, secbuf_span(&x->resp.body));
    buf_put(&drive.text, buf_span(&x->resp.big_body));
    if (x->state != NULL)
        x->state_free(x->state);
    x->state = NULL;
    secbuf_release(&x->ask);
    secbuf_release(&x->answer);
    store_write_release(&x->write);
    secbuf_clear(&x->resp.body);
    return x->resp.status;
}

unsigned
drive_request(enum http_method method, const char *target, const char *body)
{
    return drive_request_span(method, target, span_str(body));
}

const char *
drive_body(void)
{
    return buf_str(&drive.text);
}

const char *
drive_member(const char *name)
{
    static char value[4096];
    char mark[64];
    const char *at;
    size_t n = 0;

    (void)snprintf(mark, sizeof(mark), "\"%s\":\"", name);
    at = strstr(drive_body(), mark);
    if (at != NULL)
        for (at += strlen(mark); *at != '"' && n < sizeof(value) - 1; at++)
            value[n++] = *at;
    value[n] = '\0';
    return value;
}

const char *
drive_header(const char *name)
{
    static char value[1024];
    char mark[64];
    const char *at;
    size_t n = 0;

    (void)snprintf(mark, sizeof(mark), "%s: ", name);
    at = strstr(buf_str(&drive.x.resp.headers), mark);
    if (at != NULL)
        for (at += strlen(mark); *at != '\r' && n < sizeof(value) - 1; at++)
            value[n++] = *at;
    value[n] = '\0';
    return value;
}
