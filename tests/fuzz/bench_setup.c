/* SPDX-License-Identifier: Apache-2.0 */
/* bench_setup.c - the installation, composed once as one write, and the callers' tokens. */
#include <stdlib.h>

#include "api/routes.h"
#include "auth/application.h"
#include "auth/assignment.h"
#include "auth/attester.h"
#include "auth/founding.h"
#include "auth/group.h"
#include "auth/mint.h"
#include "auth/principal.h"
#include "auth/role.h"
#include "auth/signing_key.h"
#include "auth/tenant.h"
#include "base/clock.h"
#include "base/log.h"
#include "bench_int.h"
#include "codec/jsn.h"
#include "codec/pack.h"
#include "crypto/setup.h"
#include "crypto/sign.h"
#include "crypto/x509.h"
#include "vault/place.h"

enum { SECMEM = 32 * 1024 * 1024, NOW = 1800000000, DAY = 86400, PLANES = 3, KEY_BYTES = 4096 };

struct bench bench;
static struct store_write founding; /* all rows */
static struct guid tid;

static void
must(enum err e)
{
    if (e == ERR_OK)
        return;
    fprintf(stderr, "bench: %s\n", err_name(e));
    abort();
}

static struct guid
guid_of(const char *text)
{
    struct guid g;

    if (!guid_parse(span_str(text), &g))
        abort();
    return g;
}

static void
add_places(void)
{
    struct tenant t = { .tid = tid, .created = NOW, .name = "Contoso", .domain = "contoso.x" };
    struct place p = { .subscription = guid_of(BENCH_SUB), .tenant = tid, .name = "bench" };

    tenant_store(bench.rows, &founding, &t, 0);
    founding_put(bench.rows, &founding, &tid, NOW);
    place_store(bench.rows, &founding, &p, false, 0);
    (void)snprintf(p.name, sizeof(p.name), "rg");
    (void)snprintf(p.location, sizeof(p.location), "local");
    place_store(bench.rows, &founding, &p, true, 0);
}

static void
add_vault(const char *name, const char *guid, bool rbac)
{
    static const uint8_t wrapped[60];
    struct access_policy all = { .tenant = tid,
                                 .object = guid_of(BENCH_ADMIN),
                                 .keys = UINT32_MAX,
                                 .secrets = UINT32_MAX,
                                 .certificates = UINT32_MAX };
    struct vault_settings s = { .name = span_str(name),
                                .resource_group = span_str("rg"),
                                .location = span_str("local"),
                                .tenant = tid,
                                .subscription = guid_of(BENCH_SUB),
                                .premium = true,
                                .rbac = rbac,
                                .allow_oct = true,
                                .allow_okp = true,
                                .retention_days = 90,
                                .policies = &all,
                                .npolicies = !rbac };
    struct guid id = guid_of(guid);
    struct buf answer;
    struct vault *v;

    buf_init(&answer, 256);
    pack_bytes(sink_buf(&answer), span_of(wrapped, sizeof(wrapped)));
    must(vault_new(&s, &id, buf_span(&answer), &v));
    vault_store(bench.rows, &founding, v, 0);
    vault_unref(v);
    buf_release(&answer);
}

static void
add_people(void)
{
    struct principal admin = { .tid = tid,
                               .oid = guid_of(BENCH_ADMIN),
                               .kind = PRINCIPAL_USER,
                               .enabled = true,
                               .created = NOW,
                               .name = "Admin",
                               .upn = "admin@contoso.x" };
    struct principal app = { .tid = tid,
                             .oid = guid_of(BENCH_OID),
                             .kind = PRINCIPAL_APPLICATION,
                             .enabled = true,
                             .appid = guid_of(BENCH_APP),
                             .created = NOW,
                             .name = "app" };
    struct group g = {
        .tid = tid, .id = guid_of(BENCH_GROUP), .created = NOW, .name = "group"
    };
    struct application *a = application_new();

    if (a == NULL)
        abort();
    a->appid = app.appid;
    a->tid = tid;
    a->enabled = true;
    (void)snprintf(a->name, sizeof(a->name), "app");
    application_store(bench.rows, &founding, a, 0);
    application_free(a);
    principal_store(bench.rows, &founding, &app, 0);
    principal_store(bench.rows, &founding, &admin, 0);
    group_store(bench.rows, &founding, &g, 0);
    group_add_member(bench.rows, &founding, &g, &app.oid);
}

static void
assign(const char *id, const char *oid, const char *role, const char *scope)
{
    const struct role *r = role_by_name(span_str(role));
    struct assignment a = { .id = guid_of(id),
                            .tid = tid,
                            .principal = guid_of(oid),
                            .kind = ASSIGNEE_USER,
                            .created = NOW };

    if (r == NULL || !assignment_scope_make(span_str(scope), a.scope))
        abort();
    a.role = guid_of(r->guid);
    assignment_store(bench.rows, &founding, &a);
}

static void
add_rights(void)
{
    assign("77777777-0000-4000-8000-000000000001", BENCH_ADMIN, "Owner", "/");
    assign("77777777-0000-4000-8000-000000000002", BENCH_ADMIN, "Global Administrator", "/");
    assign("77777777-0000-4000-8000-000000000003", BENCH_ADMIN, "Key Vault Administrator", "/");
    assign("77777777-0000-4000-8000-000000000004", BENCH_OID, "Reader",
           "/subscriptions/" BENCH_SUB);
    assign("77777777-0000-4000-8000-000000000005", BENCH_OID, "Key Vault Reader",
           "/subscriptions/" BENCH_SUB);
}

/* ------------------------------------------------------------------------ tokens */

static struct {
    const char *host; /* begins so, or anything behind a vault's name */
    struct span bearer[2];
    struct secbuf text[2];
} tokens[PLANES];

static struct signkey *
add_signing_key(void)
{
    static const uint8_t wrapped[60];
    struct signkey *key;
    struct buf answer, spki, der;

    must(signkey_new(SIGNKEY_RSA, &key));
    buf_init(&answer, 4 * KEY_BYTES);
    buf_init(&spki, KEY_BYTES);
    buf_init(&der, KEY_BYTES);
    must(signkey_put_spki(key, &spki));
    must(x509_make_self(key, "token", NOW - DAY, NOW + DAY, &der));
    pack_bytes(sink_buf(&answer), span_of(wrapped, sizeof(wrapped)));
    pack_bytes(sink_buf(&answer), buf_span(&spki));
    pack_bytes(sink_buf(&answer), buf_span(&der));
    must(signing_key_add(bench.rows, &founding, "bench", buf_span(&answer), NOW - DAY));
    buf_release(&answer);
    buf_release(&spki);
    buf_release(&der);
    return key;
}

static void
mint(struct signkey *key, const char *aud, bool weak, struct secbuf *token)
{
    struct claims c = { .kind = weak ? CLAIMS_APP : CLAIMS_USER,
                        .origin = bench.site.login_origin,
                        .version = 1,
                        .tid = tid,
                        .oid = guid_of(weak ? BENCH_OID : BENCH_ADMIN),
                        .appid = guid_of(BENCH_APP),
                        .aud = span_str(aud),
                        .appidacr = weak ? "1" : "0",
                        .upn = weak ? NULL : "admin@contoso.x",
                        .name = weak ? NULL : "Admin",
                        .scp = weak ? NULL : "user_impersonation",
                        .now = NOW,
                        .not_before = NOW,
                        .auth_time = NOW,
                        .expires = NOW + DAY };
    struct keeper_question q;
    struct store_view *view;
    uint8_t sig[SIG_MAX];
    struct secbuf ask;
    struct buf text;
    size_t len;

    secbuf_init(&ask, 64 * 1024);
    buf_init(&text, MAX_TOKEN);
    must(store_begin(bench.store, &view));
    must(mint_begin(bench.rows, view, &c, &text, &ask));
    store_end(view);
    must(keeper_unpack(KEEPER_SIGN, secbuf_span(&ask), &q));
    must(signkey_sign(key, SIG_RS256, DIGEST_SHA256, q.bytes, sig, sizeof(sig), &len));
    secbuf_put(token, span_str("Bearer "));
    must(mint_end(buf_span(&text), span_of(sig, len), token));
    secbuf_release(&ask);
    buf_release(&text);
}

static void
make_tokens(struct signkey *key)
{
    const enum plane planes[PLANES] = { PLANE_MANAGEMENT, PLANE_GRAPH, PLANE_VAULT };
    const char *const hosts[PLANES] = { "management.", "graph.", "" };

    for (int i = 0; i < PLANES; i++) {
        tokens[i].host = hosts[i];
        for (int weak = 0; weak < 2; weak++) {
            secbuf_init(&tokens[i].text[weak], MAX_TOKEN + 16);
            mint(key, site_audiences(&bench.site, planes[i])[0], weak == 1,
                 &tokens[i].text[weak]);
            tokens[i].bearer[weak] = secbuf_span(&tokens[i].text[weak]);
        }
    }
}

struct span
bench_token(struct span host, bool weak)
{
    int i = 0;

    while (i < PLANES - 1 && !span_has_prefix(host, span_str(tokens[i].host)))
        i++;
    return tokens[i].bearer[weak];
}

/* ------------------------------------------------------------------------- all of it */

void
bench_store_renew(void)
{
    struct store_config cfg = { .engine = "mem" };
    struct store_item item = { .packed = buf_span(&founding.bytes) };

    store_close(bench.store);
    must(store_open(&cfg, &bench.store));
    must(store_commit(bench.store, &item, 1));
    must(item.result);
}

void
bench_setup(void)
{
    static const uint8_t row_key[ROW_KEY_LEN] = { 1 };
    struct site_options o = { .domain = BENCH_DOMAIN, .port = 8443, .location = "local" };
    struct signkey *key;

    if (bench.rows != NULL)
        return;
    log_set_level(LOG_ERROR);
    must(secmem_init(SECMEM));
    must(crypto_setup());
    jsn_setup();
    clock_set_offset(NOW - clock_now());
    must(routes_setup());
    must(rows_new(span_of(row_key, sizeof(row_key)), &bench.rows));
    must(site_init(&bench.site, &o));
    tid = guid_of(BENCH_TENANT);
    site_know_tenant(&bench.site, &tid);
    store_write_init(&founding);
    add_places();
    add_vault("kv1", "99999999-0000-4000-8000-000000000001", true);
    add_vault("kv2", "99999999-0000-4000-8000-000000000002", false);
    add_people();
    add_rights();
    key = add_signing_key();
    must(store_write_err(&founding));
    bench_store_renew();
    make_tokens(key);
    signkey_free(key);
}

void
bench_found(void (*fill)(const struct rows *rows, struct store_write *w))
{
    bench_setup();
    fill(bench.rows, &founding);
    must(store_write_err(&founding));
    bench_store_renew();
}

void
bench_trust(struct span issuers)
{
    bench_setup();
    attesters_free(bench.site.attesters);
    must(attesters_read(issuers, &bench.site.attesters));
}
