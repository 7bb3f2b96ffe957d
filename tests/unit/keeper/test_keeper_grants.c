/* SPDX-License-Identifier: Apache-2.0 */
/* The whole table, said a second time: who may name which purpose in which question. */
#include "keeper/grants.h"
#include "keeper_fixture.h"

/* V vault, B backup, I integrity, T token, A audit, C CA, S TLS, - nothing named. */
static const struct row {
    enum keeper_op op;
    const char *front, *scribe, *clerk;
} rows[] = {
    { KEEPER_HELLO, "I", "", "I" },
    { KEEPER_KEY_NEW, "VB", "", "VBI" },
    { KEEPER_KEY_REWRAP, "", "", "VBITACS" },
    { KEEPER_SEAL, "V", "", "V" },
    { KEEPER_OPEN, "V", "", "" },
    { KEEPER_SIGNKEY_NEW, "", "", "TAS" },
    { KEEPER_SIGN, "TS", "A", "TAS" },
    { KEEPER_PASSWORD_HASH, "-", "", "-" },
    { KEEPER_PASSWORD_CHECK, "-", "", "-" },
    { KEEPER_CA_NEW, "", "", "C" },
    { KEEPER_LEAF_NEW, "", "", "C" },
    { KEEPER_TLS_IMPORT, "", "", "S" },
    { KEEPER_ROOT_STATE, "-", "", "-" },
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const char letters[] = "-VBITACS"; /* by purpose */

static bool
purpose_is_fixed(enum keeper_op op)
{
    return op == KEEPER_CA_NEW || op == KEEPER_TLS_IMPORT || op == KEEPER_PASSWORD_HASH ||
           op == KEEPER_PASSWORD_CHECK || op == KEEPER_ROOT_STATE;
}

static void
check_role(const struct row *r, enum ipc_role role, const char *allowed)
{
    const struct grant *g = grant_of((uint16_t)r->op);

    assert_non_null(g);
    assert_int_equal(grant_has_role(g, role), allowed[0] != '\0');
    for (enum key_purpose p = PURPOSE_VAULT; p < PURPOSE__MAX; p++) {
        struct keeper_question q = { .key.purpose = p, .purpose = p };
        bool want =
            purpose_is_fixed(r->op) ? allowed[0] != '\0' : strchr(allowed, letters[p]) != NULL;

        assert_int_equal(grant_allows(g, role, r->op, &q), want);
    }
}

static void
table_is_as_designed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        check_role(&rows[i], ROLE_FRONT, rows[i].front);
        check_role(&rows[i], ROLE_SCRIBE, rows[i].scribe);
        check_role(&rows[i], ROLE_CLERK, rows[i].clerk);
        check_role(&rows[i], ROLE_SUPERVISOR, "");
        check_role(&rows[i], ROLE_KEEPER, "");
    }
    assert_int_equal(ROWS + 1, KEEPER_OP__MAX - 1); /* all but TRANSFER, which is below */
}

static void
transfer_goes_between_vault_and_backup_only(void **state)
{
    const struct grant *g = grant_of(KEEPER_TRANSFER);

    (void)state;
    for (enum key_purpose from = PURPOSE_VAULT; from < PURPOSE__MAX; from++)
        for (enum key_purpose to = PURPOSE_VAULT; to < PURPOSE__MAX; to++) {
            struct keeper_question q = { .key.purpose = from, .to.purpose = to };
            bool want = (from == PURPOSE_VAULT && to == PURPOSE_BACKUP) ||
                        (from == PURPOSE_BACKUP && to == PURPOSE_VAULT);

            assert_int_equal(grant_allows(g, ROLE_FRONT, KEEPER_TRANSFER, &q), want);
            assert_int_equal(grant_allows(g, ROLE_CLERK, KEEPER_TRANSFER, &q), want);
            assert_false(grant_allows(g, ROLE_SCRIBE, KEEPER_TRANSFER, &q));
        }
}

static void
roles_and_questions_out_of_range_are_denied(void **state)
{
    struct keeper_question q = { .key.purpose = PURPOSE_VAULT };
    const struct grant *g = grant_of(KEEPER_SEAL);

    (void)state;
    assert_null(grant_of(0));
    assert_null(grant_of(KEEPER_OP__MAX));
    assert_null(grant_of(UINT16_MAX));
    assert_false(grant_has_role(g, ROLE__MAX));
    assert_false(grant_has_role(g, (enum ipc_role) - 1));
    assert_false(grant_allows(g, ROLE__MAX, KEEPER_SEAL, &q));
}

static void
only_scrypt_and_rsa_generation_are_slow(void **state)
{
    (void)state;
    for (enum keeper_op op = KEEPER_HELLO; op < KEEPER_OP__MAX; op++)
        for (enum key_purpose p = PURPOSE_VAULT; p < PURPOSE__MAX; p++) {
            struct keeper_question q = { .key.purpose = p, .purpose = p };
            bool want = op == KEEPER_PASSWORD_HASH || op == KEEPER_PASSWORD_CHECK ||
                        (op == KEEPER_SIGNKEY_NEW && p == PURPOSE_TOKEN);

            assert_int_equal(grant_is_slow(grant_of((uint16_t)op), op, &q), want);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_as_designed),
        cmocka_unit_test(transfer_goes_between_vault_and_backup_only),
        cmocka_unit_test(roles_and_questions_out_of_range_are_denied),
        cmocka_unit_test(only_scrypt_and_rsa_generation_are_slow),
    };

    return cmocka_run_group_tests_name("keeper/grants", tests, NULL, NULL);
}
