/* SPDX-License-Identifier: Apache-2.0 */
/* test_api_site.c - URLs, the challenge and which host is which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/site.h"

static struct site
site_with(uint16_t port, const char *tenant)
{
    struct site_options o = { .domain = "KeyHold.Localhost",
                              .port = port,
                              .challenge_tenant = tenant,
                              .location = "local" };
    struct site s;

    assert_int_equal(site_init(&s, &o), ERR_OK);
    return s;
}

static void
the_challenge_has_exactly_comma_and_space_and_a_lower_case_resource(void **state)
{
    struct site s = site_with(8443, NULL);

    (void)state;
    assert_string_equal(s.challenge,
                        "Bearer authorization=\"https://login.keyhold.localhost:8443/\", "
                        "resource=\"https://vault.keyhold.localhost:8443\"");
}

static void
port_443_is_written_without_a_port(void **state)
{
    struct site s = site_with(443, "11111111-1111-4111-8111-111111111111");

    (void)state;
    assert_string_equal(
        s.challenge,
        "Bearer authorization=\"https://login.keyhold.localhost/"
        "11111111-1111-4111-8111-111111111111\", resource=\"https://vault.keyhold.localhost\"");
}

static const struct vec {
    const char *name, *host;
    enum plane plane;
    const char *vault;
} vecs[] = {
    /* clang-format off */
    { "a vault", "dev.vault.keyhold.localhost", PLANE_VAULT, "dev" },
    { "a vault in capitals", "DEV.VAULT.KEYHOLD.LOCALHOST", PLANE_VAULT, "DEV" },
    { "the token service", "login.keyhold.localhost", PLANE_LOGIN, "" },
    { "the resource manager", "management.keyhold.localhost", PLANE_MANAGEMENT, "" },
    { "the parent of the vaults is no vault", "vault.keyhold.localhost", PLANE__MAX, "" },
    { "two labels are no vault", "a.b.vault.keyhold.localhost", PLANE__MAX, "" },
    { "an empty label is no vault", ".vault.keyhold.localhost", PLANE__MAX, "" },
    { "the second label must be vault", "dev.keys.keyhold.localhost", PLANE__MAX, "" },
    { "the domain itself", "keyhold.localhost", PLANE__MAX, "" },
    { "another domain", "dev.vault.example.org", PLANE__MAX, "" },
    { "a domain that only ends like ours", "dev.vault.xkeyhold.localhost", PLANE__MAX, "" },
    { "an address", "127.0.0.1", PLANE__MAX, "" },
    /* clang-format on */
};
enum { NVECS = sizeof(vecs) / sizeof(vecs[0]) };

static void
run_vec(void **state)
{
    const struct vec *v = *state;
    struct site s = site_with(8443, NULL);
    struct span vault;

    assert_int_equal(site_plane(&s, span_str(v->host), &vault), v->plane);
    assert_true(span_is_str(vault, v->vault));
}

static void
a_domain_that_is_missing_or_too_long_is_refused(void **state)
{
    char longer[300];
    struct site_options o = { .domain = "", .port = 1, .location = "local" };
    struct site s;

    (void)state;
    assert_int_equal(site_init(&s, &o), ERR_ARG);
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    o.domain = longer;
    assert_int_equal(site_init(&s, &o), ERR_ARG);
}

int
main(void)
{
    struct CMUnitTest tests[NVECS + 3] = {
        cmocka_unit_test(the_challenge_has_exactly_comma_and_space_and_a_lower_case_resource),
        cmocka_unit_test(port_443_is_written_without_a_port),
        cmocka_unit_test(a_domain_that_is_missing_or_too_long_is_refused),
    };

    for (size_t i = 0; i < NVECS; i++)
        tests[i + 3] = (struct CMUnitTest){ .name = vecs[i].name,
                                            .test_func = run_vec,
                                            .initial_state = (void *)(uintptr_t)&vecs[i] };
    return cmocka_run_group_tests_name("api/site", tests, NULL, NULL);
}
