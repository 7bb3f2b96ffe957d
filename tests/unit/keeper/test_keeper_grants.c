/* SPDX-License-Identifier: Apache-2.0 */
/* The whole table, said a second time: who may name which purpose in which question. */
#include "keeper/grants.h"
#include "keeper_fixture.h"

/* V vault, B backup, I integrity, T token, A audit, C CA, S TLS, R release, - nothing named. */
static const struct row {
    enum keeper_op op;
    const char *front, *scribe, *clerk;
} rows[] = {
    { KEEPER_HELLO, "I", "", "I" },
    { KEEPER_KEY_NEW, "VB", "", "VBI" },
    { KEEPER_KEY_REWRAP, "", "", "VBITACSR" },
    { KEEPER_SEAL, "V", "", "V" },
    { KEEPER_OPEN, "V", "", "V" }, /* the clerk: only passwords of issuers, see below */
    { KEEPER_SIGNKEY_NEW, "", "", "TASR" },
    { KEEPER_SIGN, "TSR", "A", "TAS" },
    { KEEPER_PASSWORD_HASH, "-", "", "-" },
    { KEEPER_PASSWORD_CHECK, "-", "", "-" },
    { KEEPER_CA_NEW, "", "", "C" },
    { KEEPER_LEAF_NEW, "", "", "C" },
    { KEEPER_TLS_IMPORT, "", "", "S" },
    { KEEPER_ROOT_STATE, "-", "", "-" },
    { KEEPER_STATS, "-", "", "" },
};
/* Of users' keys. */
static const struct row key_rows[] = {
    { KEEPER_KEYPAIR_NEW, "V", "", "V" },  { KEEPER_KEYPAIR_IMPORT, "V", "", "" },
    { KEEPER_KEYPAIR_BYOK, "V", "", "" },  { KEEPER_KEY_USE, "V", "", "V" },
    { KEEPER_KEY_RELEASE, "V", "", "" },   { KEEPER_KEY_DESTROY, "", "", "V" },
    { KEEPER_KEYPAIR_COPY, "V", "", "V" }, { KEEPER_CERT_IMPORT, "V", "", "" },
    { KEEPER_CERT_SECRET, "V", "", "V" },
};
enum { KEY_ROWS = sizeof(key_rows) / sizeof(key_rows[0]) };
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const char letters[] = "-VBITACSR"; /* by purpose */

static bool
purpose_is_fixed(enum keeper_op op)
{
    return op == KEEPER_CA_NEW || op == KEEPER_TLS_IMPORT || op == KEEPER_PASSWORD_HASH ||
           op == KEEPER_PASSWORD_CHECK || op == KEEPER_ROOT_STATE || op == KEEPER_STATS;
}

static void
check_role(const struct row *r, enum ipc_role role, const char *allowed)
{
    const struct grant *g = grant_of((uint16_t)r->op);

    assert_non_null(g);
    assert_int_equal(grant_has_role(g, role), allowed[0] != '\0');
    for (enum key_purpose p = PURPOSE_VAULT; p < PURPOSE__MAX; p++) {
        struct keeper_question q = { .key.purpose = p,
                                     .purpose = p,
                                     .id = { .kind = KIND_SECRET,
                                             .version = span_str(ISSUER_PASSWORD) } };
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
    assert_int_equal(ROWS + KEY_ROWS + 1, KEEPER_OP__MAX - 1); /* and TRANSFER, below */
}

static void
the_clerk_opens_the_passwords_of_issuers_and_nothing_else(void **state)
{
    const struct grant *g = grant_of(KEEPER_OPEN);
    struct keeper_question q = { .key.purpose = PURPOSE_VAULT,
                                 .id = { .kind = KIND_SECRET,
                                         .version = span_str(ISSUER_PASSWORD) } };

    (void)state;
    assert_true(grant_allows(g, ROLE_CLERK, KEEPER_OPEN, &q));
    q.id.version = span_str("0123456789abcdef0123456789abcdef");
    assert_false(grant_allows(g, ROLE_CLERK, KEEPER_OPEN, &q));
    assert_true(grant_allows(g, ROLE_FRONT, KEEPER_OPEN, &q));
    q.id.version = span_str("");
    assert_false(grant_allows(g, ROLE_CLERK, KEEPER_OPEN, &q));
}

static struct key_place
place_in(const char *key_id, const char *vault, enum key_purpose purpose, enum object_kind kind)
{
    struct key_place p = { .vault = wrapped_of(purpose, key_id, span_str("w")),
                           .id = object_of(vault, "NAME", VERSION_1) };

    p.id.kind = kind;
    return p;
}

static void
check_key_role(const struct row *r, enum ipc_role role, const char *allowed)
{
    const struct grant *g = grant_of((uint16_t)r->op);

    assert_int_equal(grant_has_role(g, role), allowed[0] != '\0');
    for (enum key_purpose p = PURPOSE_VAULT; p < PURPOSE__MAX; p++)
        for (enum object_kind kind = KIND_SECRET; kind <= KIND_CERTIFICATE; kind++) {
            struct key_question q = { .place = place_in(GUID_A, GUID_A, p, kind),
                                      .kek = place_in(GUID_A, GUID_A, p, kind),
                                      .secret = object_of(GUID_A, "NAME", VERSION_1),
                                      .use = { .op = KEY_SIGN, .alg = ALG_ES256 } };
            bool want = strchr(allowed, letters[p]) != NULL && kind == KIND_KEY;

            assert_int_equal(grant_allows_key(g, role, r->op, &q), want);
            q.place = place_in(GUID_A, GUID_B, p, kind); /* another vault's object */
            assert_false(grant_allows_key(g, role, r->op, &q));
        }
}

static void
users_keys_are_for_fronts_and_the_next_version_for_the_clerk(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEY_ROWS; i++) {
        check_key_role(&key_rows[i], ROLE_FRONT, key_rows[i].front);
        check_key_role(&key_rows[i], ROLE_SCRIBE, key_rows[i].scribe);
        check_key_role(&key_rows[i], ROLE_CLERK, key_rows[i].clerk);
        check_key_role(&key_rows[i], ROLE_KEEPER, "");
        check_key_role(&key_rows[i], ROLE__MAX, "");
    }
}

static void
clerk_has_certificates_signed_and_nothing_else(void **state)
{
    static const struct {
        enum key_op op;
        enum key_alg alg;
        bool want;
    } uses[] = {
        { KEY_SIGN, ALG_RS256, true },
        { KEY_SIGN, ALG_ES256K, true },
        { KEY_SIGN, ALG_ES512, true },
        { KEY_SIGN, ALG_HS256, false },
        { KEY_SIGN, ALG_PS256, false },
        { KEY_SIGN, ALG_NONE, false },
        { KEY_DECRYPT, ALG_RSA_OAEP_256, false },
        { KEY_UNWRAP, ALG_RSA_OAEP_256, false },
        { KEY_VERIFY, ALG_ES256, false },
    };
    const struct grant *g = grant_of(KEEPER_KEY_USE);

    (void)state;
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        struct key_question q = { .place = place_in(GUID_A, GUID_A, PURPOSE_VAULT, KIND_KEY),
                                  .use = { .op = uses[i].op, .alg = uses[i].alg } };

        assert_int_equal(grant_allows_key(g, ROLE_CLERK, KEEPER_KEY_USE, &q), uses[i].want);
        assert_true(grant_allows_key(g, ROLE_FRONT, KEEPER_KEY_USE, &q));
    }
}

static void
transport_stays_in_its_vault(void **state)
{
    const struct grant *g = grant_of(KEEPER_KEYPAIR_BYOK);
    struct key_question q = {
        .place = place_in(GUID_A, GUID_A, PURPOSE_VAULT, KIND_KEY),
        .kek = place_in(GUID_A, GUID_A, PURPOSE_VAULT, KIND_KEY),
    };

    (void)state;
    assert_true(grant_allows_key(g, ROLE_FRONT, KEEPER_KEYPAIR_BYOK, &q));
    q.kek = place_in(GUID_B, GUID_B, PURPOSE_VAULT, KIND_KEY);
    assert_false(grant_allows_key(g, ROLE_FRONT, KEEPER_KEYPAIR_BYOK, &q));
    q.kek = place_in(GUID_A, GUID_B, PURPOSE_VAULT, KIND_KEY);
    assert_false(grant_allows_key(g, ROLE_FRONT, KEEPER_KEYPAIR_BYOK, &q));
    q.kek = place_in(GUID_A, GUID_A, PURPOSE_VAULT, KIND_SECRET);
    assert_false(grant_allows_key(g, ROLE_FRONT, KEEPER_KEYPAIR_BYOK, &q));
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
keys_are_never_opened_nor_turned_into_secrets(void **state)
{
    struct keeper_question q = { .key.purpose = PURPOSE_VAULT, .to.purpose = PURPOSE_BACKUP };

    (void)state;
    for (enum object_kind from = KIND_SECRET; from <= KIND_CERTIFICATE; from++) {
        bool want = from == KIND_SECRET;

        q.id.kind = from;
        assert_int_equal(grant_allows(grant_of(KEEPER_OPEN), ROLE_FRONT, KEEPER_OPEN, &q),
                         want);
        assert_int_equal(grant_allows(grant_of(KEEPER_SEAL), ROLE_FRONT, KEEPER_SEAL, &q),
                         want);
        assert_int_equal(grant_allows(grant_of(KEEPER_SEAL), ROLE_CLERK, KEEPER_SEAL, &q),
                         want);
        for (enum object_kind to = KIND_SECRET; to <= KIND_CERTIFICATE; to++) {
            q.to_id.kind = to;
            assert_int_equal(
                grant_allows(grant_of(KEEPER_TRANSFER), ROLE_FRONT, KEEPER_TRANSFER, &q),
                from == to);
        }
    }
}

static void
roles_and_questions_out_of_range_are_denied(void **state)
{
    struct keeper_question q = { .key.purpose = PURPOSE_VAULT, .id.kind = KIND_SECRET };
    const struct grant *g = grant_of(KEEPER_SEAL);

    (void)state;
    assert_null(grant_of(0));
    assert_null(grant_of(KEEPER_OP__MAX));
    assert_null(grant_of(UINT16_MAX));
    assert_false(grant_has_role(g, ROLE__MAX));
    assert_false(grant_has_role(g, (enum ipc_role) - 1));
    assert_false(grant_allows(g, ROLE__MAX, KEEPER_SEAL, &q));
}

static enum key_pace
pace_wanted(enum keeper_op op, enum key_purpose p, enum sign_alg alg)
{
    if (op == KEEPER_PASSWORD_HASH || op == KEEPER_PASSWORD_CHECK)
        return PACE_PASSWORD;
    if (op == KEEPER_SIGNKEY_NEW && (p == PURPOSE_TOKEN || p == PURPOSE_RELEASE))
        return PACE_MAKING;
    return op == KEEPER_SIGN && alg == SIGN_RS256 ? PACE_LONG : PACE_SHORT;
}

static void
only_scrypt_and_rsa_leave_the_lane(void **state)
{
    (void)state;
    for (enum keeper_op op = KEEPER_HELLO; op < KEEPER_KEYPAIR_NEW; op++)
        for (enum key_purpose p = PURPOSE_VAULT; p < PURPOSE__MAX; p++)
            for (enum sign_alg alg = SIGN_RS256; alg < SIGN_ALG__MAX; alg++) {
                struct keeper_question q = { .key.purpose = p, .purpose = p, .alg = alg };

                assert_int_equal(grant_pace(grant_of((uint16_t)op), op, &q),
                                 pace_wanted(op, p, alg));
            }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_as_designed),
        cmocka_unit_test(the_clerk_opens_the_passwords_of_issuers_and_nothing_else),
        cmocka_unit_test(transfer_goes_between_vault_and_backup_only),
        cmocka_unit_test(keys_are_never_opened_nor_turned_into_secrets),
        cmocka_unit_test(roles_and_questions_out_of_range_are_denied),
        cmocka_unit_test(only_scrypt_and_rsa_leave_the_lane),
        cmocka_unit_test(users_keys_are_for_fronts_and_the_next_version_for_the_clerk),
        cmocka_unit_test(clerk_has_certificates_signed_and_nothing_else),
        cmocka_unit_test(transport_stays_in_its_vault),
    };

    return cmocka_run_group_tests_name("keeper/grants", tests, NULL, NULL);
}
