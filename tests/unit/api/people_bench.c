/* SPDX-License-Identifier: Apache-2.0 */
/* people_bench.c - see people_bench.h. */
#include "people_bench.h"

#include "auth/jwt.h"
#include "auth/token.h"

int
people_set_up(void **state)
{
    struct login_bench *b = login_bench_open();

    people_add(b, ALICE, ALICE_OID, PASSWORD);
    *state = b;
    return 0;
}

int
people_tear_down(void **state)
{
    login_bench_close(*state);
    return 0;
}

void
people_add(struct login_bench *b, const char *upn, const char *oid, const char *password)
{
    people_add_to(b, &b->w->tid, upn, oid, password);
}

void
people_add_to(struct login_bench *b, const struct guid *tid, const char *upn, const char *oid,
              const char *password)
{
    struct principal p = { .kind = PRINCIPAL_USER, .enabled = true };
    struct credential c = { .revision = 0 };
    struct secbuf ask, record;
    struct store_write sw;

    p.tid = c.tid = *tid;
    p.oid = c.oid = world_guid(oid);
    (void)snprintf(p.upn, sizeof(p.upn), "%s", upn);
    (void)snprintf(p.name, sizeof(p.name), "Alice");
    secbuf_init(&ask, 8192);
    secbuf_init(&record, 1024);
    keeper_pack_password_hash(sink_sec(&ask), span_str(password));
    assert_int_equal(world_keeper(b->w, KEEPER_PASSWORD_HASH, secbuf_span(&ask), &record),
                     ERR_OK);
    store_write_init(&sw);
    principal_store(b->w->rows, &sw, &p, 0);
    assert_int_equal(credential_set(b->w->rows, &sw, &c, secbuf_span(&record), WORLD_NOW - 9),
                     ERR_OK);
    world_commit(b->w, &sw);
    secbuf_release(&record);
    secbuf_release(&ask);
}

void
people_enable(struct login_bench *b, const char *oid, bool enabled)
{
    struct guid id = world_guid(oid);
    struct store_write sw;
    struct principal p;

    world_look(b->w);
    assert_int_equal(principal_load(b->w->rows, b->w->view, &b->w->tid, &id, &p), ERR_OK);
    store_write_init(&sw);
    principal_enable(b->w->rows, &sw, &p, enabled);
    world_commit(b->w, &sw);
}

void
people_revoke(struct login_bench *b, const char *oid)
{
    struct guid id = world_guid(oid);
    struct store_write sw;
    struct credential c;

    world_look(b->w);
    assert_int_equal(credential_load(b->w->rows, b->w->view, &b->w->tid, &id, &c), ERR_OK);
    store_write_init(&sw);
    credential_revoke(b->w->rows, &sw, &c, clock_now());
    world_commit(b->w, &sw);
}

void
people_app(struct login_bench *b, bool public_client, enum redirect_kind kind, const char *uri)
{
    struct guid app = world_guid(BENCH_APP);
    struct application *a;
    struct store_write sw;

    world_look(b->w);
    assert_int_equal(application_load(b->w->rows, b->w->view, &app, &a), ERR_OK);
    a->public_client = public_client;
    if (uri != NULL)
        assert_int_equal(application_add_redirect(a, kind, span_str(uri)), ERR_OK);
    store_write_init(&sw);
    application_store(b->w->rows, &sw, a, a->revision);
    world_commit(b->w, &sw);
    application_free(a);
}

void
people_later(int64_t seconds)
{
    clock_set_offset(clock_offset() + seconds);
}

void
people_post(struct login_bench *b, const char *tenant, const char *body)
{
    bench_request(b, body);
    (void)bench_run(b, api_login_token_v2, tenant);
}

void
people_keep(struct login_bench *b, const char *name, char *out, size_t cap)
{
    (void)snprintf(out, cap, "%s", bench_text(b, name));
}

enum err
people_verify(struct login_bench *b, const char *token, const char *aud, struct caller *out)
{
    const char *audiences[] = { aud };
    struct token_expect expect = { audiences, 1, b->site.login_origin };

    world_look(b->w);
    return token_verify(NULL, b->w->rows, b->w->view, &expect, span_str(token), out, NULL);
}

void
people_sign_in(struct login_bench *b, char *refresh, size_t cap)
{
    people_post(b, "common",
                "client_id=" AZ "&grant_type=password&username=" ALICE "&password=" PASSWORD
                "&client_info=1" SCOPE);
    if (b->x.resp.status != 200)
        fail_msg("%s", bench_text(b, "error_description"));
    people_keep(b, "refresh_token", refresh, cap);
    assert_int_equal(strlen(refresh), TICKET_LEN);
}

void
people_claim(const char *token, const char *name, char *out, size_t cap)
{
    struct span s = { 0 };
    struct jwt j;

    assert_int_equal(jwt_parse(span_str(token), &j), ERR_OK);
    if (jsn_get_str(j.claims, name, &s) != JSN_OK || !span_copy_str(s, out, cap))
        out[0] = '\0';
    jwt_release(&j);
}
