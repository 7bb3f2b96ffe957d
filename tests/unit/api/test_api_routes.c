/* SPDX-License-Identifier: Apache-2.0 */
/* test_api_routes.c - the tables are sound, and rows are found as the wire spells them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/routes.h"

static const struct vec {
    const char *name;
    enum plane plane;
    enum http_method method;
    const char *path;
    enum err err;
    const char *operation;
    const char *bind0, *bind1;
} vecs[] = {
    /* clang-format off */
    { "a secret is found by name", PLANE_VAULT, HTTP_GET, "/secrets/db", ERR_OK, "SecretGet", "db", "" },
    { "a trailing slash is an empty version", PLANE_VAULT, HTTP_GET, "/secrets/db/", ERR_OK, "SecretGet", "db", "" },
    { "runs of slashes count as one", PLANE_VAULT, HTTP_GET, "//secrets///db", ERR_OK, "SecretGet", "db", "" },
    { "a version binds second", PLANE_VAULT, HTTP_GET, "/secrets/db/0a", ERR_OK, "SecretGet", "db", "0a" },
    { "the word versions is not a version", PLANE_VAULT, HTTP_GET, "/secrets/db/versions", ERR_OK, "SecretListVersions", "db", "" },
    { "literals match without case", PLANE_VAULT, HTTP_GET, "/SECRETS/db/Versions", ERR_OK, "SecretListVersions", "db", "" },
    { "restore wins over a name", PLANE_VAULT, HTTP_POST, "/secrets/restore", ERR_OK, "SecretRestore", "", "" },
    { "a key operation without a version", PLANE_VAULT, HTTP_POST, "/keys/k/sign", ERR_OK, "KeySign", "k", "" },
    { "a key operation with an empty version", PLANE_VAULT, HTTP_POST, "/keys/k//sign", ERR_OK, "KeySign", "k", "" },
    { "a key operation with a version", PLANE_VAULT, HTTP_POST, "/keys/k/0a/sign", ERR_OK, "KeySign", "k", "0a" },
    { "wrapKey is spelled in any case", PLANE_VAULT, HTTP_POST, "/keys/k/0a/unwrapKey", ERR_OK, "KeyUnwrap", "k", "0a" },
    { "a key may be called as an operation", PLANE_VAULT, HTTP_POST, "/keys/sign/sign", ERR_OK, "KeySign", "sign", "" },
    { "the word rotationpolicy is not a version", PLANE_VAULT, HTTP_GET, "/keys/k/rotationpolicy", ERR_OK, "KeyRotationPolicyGet", "k", "" },
    { "attestation of the current version", PLANE_VAULT, HTTP_GET, "/keys/k//attestation", ERR_OK, "KeyGetAttestation", "k", "" },
    { "keys are restored", PLANE_VAULT, HTTP_POST, "/keys//restore", ERR_OK, "KeyRestore", "", "" },
    { "an operation is no GET", PLANE_VAULT, HTTP_GET, "/keys/k/0a/sign", ERR_UNSUPPORTED, NULL, "", "" },
    { "a version is no operation", PLANE_VAULT, HTTP_POST, "/keys/k/0a", ERR_UNSUPPORTED, NULL, "", "" },
    { "HEAD finds what GET finds", PLANE_VAULT, HTTP_HEAD, "/secrets", ERR_OK, "SecretList", "", "" },
    { "purge is a DELETE on deletedsecrets", PLANE_VAULT, HTTP_DELETE, "/deletedsecrets/db", ERR_OK, "SecretPurge", "db", "" },
    { "a known path with another method", PLANE_VAULT, HTTP_DELETE, "/secrets", ERR_UNSUPPORTED, NULL, "", "" },
    { "an unknown path", PLANE_VAULT, HTTP_GET, "/nothing", ERR_NOT_FOUND, NULL, "", "" },
    { "too many segments", PLANE_VAULT, HTTP_GET, "/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7/8/9/0/1/2/3", ERR_NOT_FOUND, NULL, "", "" },
    { "a vault's path is nothing on the login host", PLANE_LOGIN, HTTP_GET, "/secrets/db", ERR_NOT_FOUND, NULL, "", "" },
    { "figures are nothing on a vault host", PLANE_VAULT, HTTP_GET, "/metrics", ERR_NOT_FOUND, NULL, "", "" },
    { "figures are on the loopback listener", PLANE_LOCAL, HTTP_GET, "/metrics", ERR_OK, "HealthMetrics", "", "" },
    { "any tenant has a token endpoint", PLANE_LOGIN, HTTP_POST, "/x/oauth2/v2.0/token", ERR_OK, "TokenIssue", "x", "" },
    { "a group of a subscription", PLANE_MANAGEMENT, HTTP_GET, "/subscriptions/s/resourcegroups/g", ERR_OK, "ResourceGroupGet", "s", "g" },
    { "no host, no row", PLANE__MAX, HTTP_GET, "/secrets/db", ERR_NOT_FOUND, NULL, "", "" },
    /* clang-format on */
};
enum { NVECS = sizeof(vecs) / sizeof(vecs[0]) };

static void
run_vec(void **state)
{
    const struct vec *v = *state;
    struct span bind[BINDS_MAX];
    const struct route *r;

    assert_int_equal(routes_find(v->plane, v->method, span_str(v->path), &r, bind), v->err);
    if (v->err != ERR_OK) {
        assert_null(r);
        return;
    }
    assert_string_equal(r->operation, v->operation);
    assert_true(span_is_str(bind[0], v->bind0));
    assert_true(span_is_str(bind[1], v->bind1));
}

static void
every_row_has_a_permission_or_says_that_it_is_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count(); i++)
        assert_int_equal(routes_at(i)->open + (routes_at(i)->need != PERM_NONE) +
                             (routes_at(i)->action != NULL),
                         1);
}

static void
no_row_of_a_vault_host_is_open_but_the_health_probe(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count(); i++)
        if (routes_at(i)->plane == PLANE_VAULT && routes_at(i)->open)
            assert_string_equal(routes_at(i)->path, "/healthstatus");
}

/* A handler that is let in for less than its permission must know what to look at. */
static void
only_operations_of_a_public_half_may_be_granted_by_reading(void **state)
{
    unsigned n = 0;

    (void)state;
    for (size_t i = 0; i < routes_count(); i++) {
        const struct route *r = routes_at(i);

        if (r->need == PERM_NONE || perm_info(r->need)->public_action == NULL)
            continue;
        n++;
        assert_true(r->need == PERM_KEY_ENCRYPT || r->need == PERM_KEY_WRAP ||
                    r->need == PERM_KEY_VERIFY);
        assert_true(r->kind == KIND_KEY && r->on_object);
    }
    assert_int_equal(n, 6);
}

static int
setup(void **state)
{
    (void)state;
    return routes_setup() == ERR_OK ? 0 : -1;
}

int
main(void)
{
    struct CMUnitTest tests[NVECS + 3] = {
        cmocka_unit_test(every_row_has_a_permission_or_says_that_it_is_open),
        cmocka_unit_test(no_row_of_a_vault_host_is_open_but_the_health_probe),
        cmocka_unit_test(only_operations_of_a_public_half_may_be_granted_by_reading),
    };

    for (size_t i = 0; i < NVECS; i++)
        tests[i + 3] = (struct CMUnitTest){ .name = vecs[i].name,
                                            .test_func = run_vec,
                                            .initial_state = (void *)(uintptr_t)&vecs[i] };
    return cmocka_run_group_tests_name("api/routes", tests, setup, NULL);
}
