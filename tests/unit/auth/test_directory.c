/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants, principals, applications and managed identities as rows. */
#include "base/clock.h"
#include "crypto/sign.h"
#include "crypto/x509.h"
#include "world.h"

#define APP   "bbbbbbbb-0000-4000-8000-000000000001"
#define OID   "aaaaaaaa-0000-4000-8000-000000000001"
#define OTHER "aaaaaaaa-0000-4000-8000-000000000002"

static int
set_up(void **state)
{
    *state = world_open();
    return 0;
}

static int
tear_down(void **state)
{
    world_close(*state);
    return 0;
}

static void
tenant_is_found_by_guid_and_domain_in_any_case(void **state)
{
    struct world *w = *state;
    struct tenant t;

    assert_int_equal(tenant_find(w->rows, w->view, span_str(WORLD_TENANT), &t), ERR_OK);
    assert_string_equal(t.name, "Contoso");
    assert_int_equal(tenant_find(w->rows, w->view, span_str("CONTOSO.Example"), &t), ERR_OK);
    assert_string_equal(t.tid.text, WORLD_TENANT);
    assert_int_not_equal(t.revision, 0);
}

static void
unknown_tenant_is_not_found(void **state)
{
    static const char *const names[] = {
        "11111111-1111-4111-8111-111111111112",
        "fabrikam.example",
        "contoso",
        "",
        "a..b",
        ".example",
        "contoso.example.",
        "contoso_x.example",
        "contoso.example/..",
    };
    struct world *w = *state;
    struct tenant t;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(tenant_find(w->rows, w->view, span_str(names[i]), &t), ERR_NOT_FOUND);
}

static void
tenant_without_a_domain_has_no_name(void **state)
{
    struct world *w = *state;
    struct tenant t = { .tid = guid_new() }, got;
    struct store_write sw;

    store_write_init(&sw);
    tenant_store(w->rows, &sw, &t, 0);
    world_commit(w, &sw);
    assert_int_equal(tenant_find(w->rows, w->view, span_str(""), &got), ERR_NOT_FOUND);
    assert_int_equal(tenant_find(w->rows, w->view, span_str(t.tid.text), &got), ERR_OK);
}

static void
principal_is_found_by_its_application_in_its_tenant_only(void **state)
{
    struct world *w = *state;
    struct guid app = world_guid(APP),
                other = world_guid("33333333-3333-4333-8333-333333333333");
    struct principal p;

    world_add_app(w, APP, OID);
    assert_int_equal(principal_find(w->rows, w->view, &w->tid, &app, &p), ERR_OK);
    assert_string_equal(p.oid.text, OID);
    assert_int_equal(p.kind, PRINCIPAL_APPLICATION);
    assert_true(p.enabled);
    assert_int_equal(principal_find(w->rows, w->view, &other, &app, &p), ERR_NOT_FOUND);
    assert_int_equal(principal_load(w->rows, w->view, &other, &p.oid, &p), ERR_NOT_FOUND);
}

static void
disabling_writes_only_what_was_loaded(void **state)
{
    struct world *w = *state;
    struct guid oid = world_guid(OID);
    struct store_item item = { 0 };
    struct principal p, stale;
    struct store_write sw;

    world_add_app(w, APP, OID);
    assert_int_equal(principal_load(w->rows, w->view, &w->tid, &oid, &p), ERR_OK);
    stale = p;
    store_write_init(&sw);
    principal_enable(w->rows, &sw, &p, false);
    world_commit(w, &sw);
    assert_int_equal(principal_load(w->rows, w->view, &w->tid, &oid, &p), ERR_OK);
    assert_false(p.enabled);

    store_write_init(&sw);
    principal_enable(w->rows, &sw, &stale, true);
    item.packed = buf_span(&sw.bytes);
    assert_int_equal(store_commit(w->store, &item, 1), ERR_OK);
    assert_int_equal(item.result, ERR_CONFLICT);
    store_write_release(&sw);
}

static void
deleted_principal_is_gone_both_ways(void **state)
{
    struct world *w = *state;
    struct guid oid = world_guid(OID), app = world_guid(APP);
    struct principal p;
    struct store_write sw;

    world_add_app(w, APP, OID);
    assert_int_equal(principal_load(w->rows, w->view, &w->tid, &oid, &p), ERR_OK);
    store_write_init(&sw);
    principal_delete(&sw, &p);
    world_commit(w, &sw);
    assert_int_equal(principal_load(w->rows, w->view, &w->tid, &oid, &p), ERR_NOT_FOUND);
    assert_int_equal(principal_find(w->rows, w->view, &w->tid, &app, &p), ERR_NOT_FOUND);
}

static void
principal_copied_to_another_oid_is_refused(void **state)
{
    struct world *w = *state;
    struct guid other = world_guid(OTHER);
    struct store_row row;
    struct principal p;
    struct store_write sw;

    world_add_app(w, APP, OID);
    assert_int_equal(store_get(w->view, span_str("sp/" WORLD_TENANT "/" OID), &row), ERR_OK);
    store_write_init(&sw);
    store_write_put(&sw, span_str("sp/" WORLD_TENANT "/" OTHER), row.value);
    world_commit(w, &sw);
    assert_int_equal(principal_load(w->rows, w->view, &w->tid, &other, &p), ERR_INTEGRITY);
}

/* spa/ tells an oid whose principal is of another application: neither is believed. */
static void
disagreeing_rows_are_refused(void **state)
{
    struct world *w = *state;
    struct guid app = world_guid("bbbbbbbb-0000-4000-8000-000000000009");
    struct row_key k;
    struct principal p;
    struct store_write sw;

    world_add_app(w, APP, OID);
    store_write_init(&sw);
    row_put(w->rows, &sw, row_key_make(&k, "spa", WORLD_TENANT, app.text, NULL), span_str(OID));
    world_commit(w, &sw);
    assert_int_equal(principal_find(w->rows, w->view, &w->tid, &app, &p), ERR_FORMAT);
}

static struct application *
load_app(struct world *w)
{
    struct guid app = world_guid(APP);
    struct application *a;

    assert_int_equal(application_load(w->rows, w->view, &app, &a), ERR_OK);
    return a;
}

static void
store_app(struct world *w, struct application *a)
{
    struct store_write sw;

    store_write_init(&sw);
    application_store(w->rows, &sw, a, a->revision);
    world_commit(w, &sw);
    application_free(a);
}

static void
make_certificate(struct buf *der, enum signkey_kind kind)
{
    struct signkey *key;

    buf_init(der, CERT_MAX);
    assert_int_equal(signkey_new(kind, &key), ERR_OK);
    assert_int_equal(x509_make_self(key, "app", WORLD_NOW, WORLD_NOW + 1000, der), ERR_OK);
    signkey_free(key);
}

static void
application_keeps_secrets_and_certificates(void **state)
{
    struct world *w = *state;
    struct application *a;
    struct guid id1, id2;
    struct cert *cert;
    struct buf der;

    world_add_app(w, APP, OID);
    make_certificate(&der, SIGNKEY_EC);
    a = load_app(w);
    assert_int_equal(application_add_secret(a, span_str("$scrypt$x"),
                                            span_str("abcdefghijklmnopqrstuvwxyz"), 77, &id1),
                     ERR_OK);
    assert_int_equal(application_add_certificate(a, buf_span(&der), &id2), ERR_OK);
    store_app(w, a);

    a = load_app(w);
    assert_int_equal(a->nsecrets, 1);
    assert_string_equal(a->secrets[0].record, "$scrypt$x");
    assert_string_equal(a->secrets[0].hint, "abc");
    assert_int_equal(a->secrets[0].expires, 77);
    assert_string_equal(a->secrets[0].id.text, id1.text);
    assert_int_equal(a->ncertificates, 1);
    assert_int_equal(cert_new(buf_span(&der), &cert), ERR_OK);
    assert_memory_equal(a->certificates[0].x5t, cert_sha1(cert), SHA1_LEN);
    assert_memory_equal(a->certificates[0].x5t256, cert_sha256(cert), SHA256_LEN);
    assert_true(span_is_equal(span_of(a->certificates[0].spki, a->certificates[0].spki_len),
                              cert_spki(cert)));
    assert_int_equal(a->certificates[0].not_after, WORLD_NOW + 1000);
    cert_free(cert);
    application_free(a);
    buf_release(&der);
}

static void
credentials_are_bounded_and_not_doubled(void **state)
{
    struct world *w = *state;
    struct application *a;
    struct buf der;
    struct guid id;

    world_add_app(w, APP, OID);
    make_certificate(&der, SIGNKEY_EC);
    a = load_app(w);
    for (int i = 0; i < MAX_APP_SECRETS; i++)
        assert_int_equal(application_add_secret(a, span_str("$r"), span_str("s"), 0, &id),
                         ERR_OK);
    assert_int_equal(application_add_secret(a, span_str("$r"), span_str("s"), 0, &id),
                     ERR_TOO_LARGE);
    assert_int_equal(application_add_certificate(a, buf_span(&der), &id), ERR_OK);
    assert_int_equal(application_add_certificate(a, buf_span(&der), &id), ERR_EXISTS);
    assert_int_equal(application_add_certificate(a, span_str("no certificate"), &id),
                     ERR_FORMAT);
    assert_string_equal(id.text, "");
    application_free(a);
    buf_release(&der);
}

static void
short_secrets_leave_no_hint(void **state)
{
    struct application *a = application_new();
    struct guid id;

    (void)state;
    assert_int_equal(application_add_secret(a, span_str("$r"), span_str("hunter2"), 0, &id),
                     ERR_OK);
    assert_string_equal(a->secrets[0].hint, "");
    assert_true(application_secret_fits(&a->secrets[0], span_str("anything")));
    assert_int_equal(application_add_secret(a, span_str("$r"),
                                            span_str("correct horse battery staple"), 0, &id),
                     ERR_OK);
    assert_true(application_secret_fits(&a->secrets[1], span_str("correct")));
    assert_false(application_secret_fits(&a->secrets[1], span_str("wrong")));
    assert_false(application_secret_fits(&a->secrets[1], span_str("co")));
    application_free(a);
}

static void
add_identity(struct world *w, const char *name, const char *oid, const char *appid)
{
    struct identity i = { .tid = w->tid, .oid = world_guid(oid), .appid = world_guid(appid) };
    struct store_write sw;

    (void)snprintf(i.name, sizeof(i.name), "%s", name);
    (void)snprintf(i.resource_id, sizeof(i.resource_id), "/subscriptions/s/mi/%s", name);
    store_write_init(&sw);
    identity_store(w->rows, &sw, &i);
    world_commit(w, &sw);
}

static void
identity_is_found_by_each_of_its_names(void **state)
{
    struct world *w = *state;
    struct identity i;
    struct identity_ask ask[] = {
        { .client_id = span_str("BBBBBBBB-0000-4000-8000-000000000001") },
        { .object_id = span_str(OID) },
        { .resource_id = span_str("/Subscriptions/S/mi/Web") },
    };

    add_identity(w, "Web", OID, APP);
    add_identity(w, "job", OTHER, "bbbbbbbb-0000-4000-8000-000000000002");
    for (size_t k = 0; k < sizeof(ask) / sizeof(ask[0]); k++) {
        assert_int_equal(identity_find(w->rows, w->view, &ask[k], &i), ERR_OK);
        assert_string_equal(i.name, "web");
        assert_string_equal(i.oid.text, OID);
    }
    assert_int_equal(identity_load(w->rows, w->view, span_str("JOB"), &i), ERR_OK);
    assert_string_equal(i.oid.text, OTHER);
}

static void
default_identity_needs_to_be_the_only_one(void **state)
{
    struct world *w = *state;
    struct identity_ask ask = { 0 }, wrong = { .client_id = span_str(OID) };
    struct store_write sw;
    struct identity i;

    assert_int_equal(identity_find(w->rows, w->view, &ask, &i), ERR_NOT_FOUND);
    add_identity(w, "web", OID, APP);
    assert_int_equal(identity_find(w->rows, w->view, &ask, &i), ERR_OK);
    assert_int_equal(identity_find(w->rows, w->view, &wrong, &i), ERR_NOT_FOUND);
    add_identity(w, "job", OTHER, "bbbbbbbb-0000-4000-8000-000000000002");
    assert_int_equal(identity_find(w->rows, w->view, &ask, &i), ERR_NOT_FOUND);
    store_write_init(&sw);
    identity_delete(&sw, span_str("Job"));
    world_commit(w, &sw);
    assert_int_equal(identity_find(w->rows, w->view, &ask, &i), ERR_OK);
}

static void
identity_names_are_plain(void **state)
{
    (void)state;
    assert_true(identity_name_is_ok(span_str("web-1_x")));
    assert_false(identity_name_is_ok(span_str("")));
    assert_false(identity_name_is_ok(span_str("a/b")));
    assert_false(identity_name_is_ok(span_str("a b")));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(tenant_is_found_by_guid_and_domain_in_any_case),
        TEST(unknown_tenant_is_not_found),
        TEST(tenant_without_a_domain_has_no_name),
        TEST(principal_is_found_by_its_application_in_its_tenant_only),
        TEST(disabling_writes_only_what_was_loaded),
        TEST(deleted_principal_is_gone_both_ways),
        TEST(principal_copied_to_another_oid_is_refused),
        TEST(disagreeing_rows_are_refused),
        TEST(application_keeps_secrets_and_certificates),
        TEST(credentials_are_bounded_and_not_doubled),
        TEST(short_secrets_leave_no_hint),
        TEST(identity_is_found_by_each_of_its_names),
        TEST(default_identity_needs_to_be_the_only_one),
        TEST(identity_names_are_plain),
    };

    return cmocka_run_group_tests_name("auth/directory", tests, NULL, NULL);
}
