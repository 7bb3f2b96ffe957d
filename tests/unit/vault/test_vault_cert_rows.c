/* SPDX-License-Identifier: Apache-2.0 */
/* Rows about certificates that are no versions: policies, operations, contacts, issuers. */
#include "vault/cert.h"
#include "vault/cert_contacts.h"
#include "vault/cert_mail.h"
#include "vault/cert_operation.h"
#include "vault/issuer.h"
#include "world.h"

static struct cert_policy one, other; /* too much for a stack */

static void
a_policy_comes_back_as_it_was_put(void **state)
{
    struct vault_at at;
    struct store_write w;

    (void)state;
    world.kind = KIND_CERTIFICATE;
    at = world_at();
    cert_policy_defaults(&one);
    one.subject = span_str("CN=a");
    one.sans[ALT_DNS].n = 2;
    one.sans[ALT_DNS].name[0] = span_str("a.test");
    one.sans[ALT_DNS].name[1] = span_str("b.test");
    one.sans[ALT_IP].n = 1;
    one.sans[ALT_IP].name[0] = span_str("192.0.2.1");
    one.type = KEY_EC;
    one.curve = CURVE_P384;
    one.bits = 384;
    one.hsm = one.reuse_key = one.ca = one.has_transparency = true;
    one.nactions = 2;
    one.action[0] = (struct policy_action){ DEED_RENEW, true, 30 };
    one.action[1] = (struct policy_action){ DEED_EMAIL, false, 80 };
    one.created = 5;
    store_write_init(&w);
    cert_policy_put(&at, &w, "WEB", &one);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(cert_policy_get(&at, "WEB", &other), ERR_OK);
    assert_int_not_equal(other.revision, 0);
    assert_int_equal(other.curve, CURVE_P384);
    assert_true(other.hsm && other.reuse_key && other.ca && other.has_transparency);
    assert_false(other.transparency);
    assert_int_equal(other.sans[ALT_DNS].n, 2);
    assert_true(span_is_str(other.sans[ALT_DNS].name[1], "b.test"));
    assert_true(span_is_str(other.sans[ALT_IP].name[0], "192.0.2.1"));
    assert_int_equal(other.nusage, 2);
    assert_int_equal(cert_policy_usage(&other),
                     USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT);
    assert_int_equal(other.nactions, 2);
    assert_true(other.action[0].by_days && other.action[0].value == 30);
    assert_int_equal(other.action[1].deed, DEED_EMAIL);
    assert_int_equal(other.created, 5);
    assert_int_equal(cert_policy_get(&at, "OTHER", &other), ERR_NOT_FOUND);
}

static void
a_policy_cut_short_anywhere_is_refused(void **state)
{
    struct buf b;

    (void)state;
    cert_policy_defaults(&one);
    one.subject = span_str("CN=a");
    buf_init(&b, CERT_POLICY_ROW_MAX);
    cert_policy_pack(sink_buf(&b), &one);
    assert_int_equal(cert_policy_read(buf_span(&b), &other), ERR_OK);
    for (size_t len = 0; len < b.len; len++)
        assert_int_equal(cert_policy_read(span_head(buf_span(&b), len), &other), ERR_FORMAT);
    buf_put_byte(&b, 0);
    assert_int_equal(cert_policy_read(buf_span(&b), &other), ERR_FORMAT);
    buf_release(&b);
}

static void
usage_becomes_operations_of_the_key(void **state)
{
    static const struct {
        unsigned usage;
        enum key_type type;
        const char *ops;
    } rows[] = {
        { 0, KEY_RSA, "sign verify wrapKey unwrapKey " },
        { 0, KEY_EC, "sign verify " },
        { USAGE_DIGITAL_SIGNATURE, KEY_RSA, "sign verify " },
        { USAGE_KEY_CERT_SIGN, KEY_EC, "sign verify " },
        { USAGE_KEY_ENCIPHERMENT, KEY_RSA, "wrapKey unwrapKey " },
        { USAGE_DATA_ENCIPHERMENT, KEY_RSA, "encrypt decrypt " },
        { USAGE_ENCIPHER_ONLY, KEY_RSA, "encrypt " },
        { USAGE_DECIPHER_ONLY, KEY_RSA, "decrypt " },
        { USAGE_KEY_AGREEMENT, KEY_EC, "" },
        { USAGE_ALL, KEY_RSA, "sign verify wrapKey unwrapKey encrypt decrypt " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct key_detail d;
        struct buf b;

        cert_policy_defaults(&one);
        one.type = rows[i].type;
        one.nusage = 0;
        for (unsigned u = 0; u < CERT_USAGES; u++)
            if ((rows[i].usage & 1u << u) != 0)
                one.usage[one.nusage++] = (uint8_t)u;
        cert_policy_key_ops(&one, &d);
        buf_init(&b, 256);
        for (unsigned n = 0; n < d.nops; n++)
            buf_put_fmt(&b, "%s ", key_op_name((enum key_op)d.ops[n]));
        assert_string_equal(buf_str(&b), rows[i].ops);
        buf_release(&b);
    }
}

static void
issuers_of_policies_are_told_apart_without_case(void **state)
{
    (void)state;
    cert_policy_defaults(&one);
    assert_true(cert_policy_is_unknown(&one) && !cert_policy_is_self(&one));
    one.issuer = span_str("SELF");
    assert_true(cert_policy_is_self(&one) && !cert_policy_is_unknown(&one));
    one.issuer = span_str("Selfish");
    assert_false(cert_policy_is_self(&one) || cert_policy_is_unknown(&one));
}

static void
an_operation_comes_back_until_it_is_dropped(void **state)
{
    struct cert_operation op = { .state = OPERATION_FAILED,
                                 .request = hex32_new(),
                                 .version = hex32_new(),
                                 .cancel_wanted = true,
                                 .keeps_order = true,
                                 .issuer = span_str("ca"),
                                 .issuer_type = span_str("OV-SSL"),
                                 .csr = span_str("request"),
                                 .error_code = span_str("Request rejected"),
                                 .error_message = span_str("no") },
                          got;
    struct vault_at at = world_at();
    struct store_write w;

    (void)state;
    assert_int_equal(cert_operation_get(&at, "WEB", &got), ERR_NOT_FOUND);
    store_write_init(&w);
    cert_operation_put(&at, &w, "WEB", &op);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(cert_operation_get(&at, "WEB", &got), ERR_OK);
    assert_int_equal(got.state, OPERATION_FAILED);
    assert_string_equal(got.request.text, op.request.text);
    assert_true(got.cancel_wanted && got.keeps_order && !got.has_transparency);
    assert_true(span_is_str(got.issuer_type, "OV-SSL"));
    assert_true(span_is_str(got.error_message, "no"));
    store_write_init(&w);
    cert_operation_drop(&at, &w, "WEB", &got);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(world_rows("co/"), 0);
}

static void
operations_of_no_known_state_are_refused(void **state)
{
    struct cert_operation got;

    (void)state;
    assert_int_equal(cert_operation_read((struct span){ 0 }, &got), ERR_FORMAT);
    assert_int_equal(cert_operation_read(span_of("\1\0\0", 3), &got), ERR_FORMAT);
    assert_int_equal(cert_operation_read(span_of("\1\11\0", 3), &got), ERR_FORMAT);
    assert_int_equal(cert_operation_read(span_of("\2\1\0", 3), &got), ERR_FORMAT);
}

static void
contacts_are_of_a_vault_and_one_row(void **state)
{
    static struct cert_contacts c, got;
    struct vault_at at = world_at();
    struct store_write w;

    (void)state;
    assert_int_equal(cert_contacts_get(&at, &got), ERR_NOT_FOUND);
    c.n = 1;
    c.contact[0].email = span_str("a@b.test");
    store_write_init(&w);
    cert_contacts_put(&at, &w, &c);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(cert_contacts_get(&at, &got), ERR_OK);
    assert_int_equal(got.n, 1);
    assert_true(span_is_str(got.contact[0].email, "a@b.test"));
    assert_int_equal(got.contact[0].name.len, 0);
    store_write_init(&w);
    cert_contacts_put(&at, &w, &c); /* as if there were none */
    assert_int_equal(world_commit(&w), ERR_CONFLICT);
    at = world_at();
    assert_int_equal(cert_contacts_get(&at, &got), ERR_OK);
    store_write_init(&w);
    cert_contacts_drop(&at, &w, &got);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(world_rows("ct/"), 0);
    assert_int_equal(cert_contacts_read(span_of("\1\377", 2), &got), ERR_FORMAT);
}

static struct cert_mail
some_mail(void)
{
    struct cert_mail m = { .tries = 3, .next = 77 };

    (void)span_copy_str(span_str("alpha"), m.vault, sizeof(m.vault));
    m.vault_id = world_at().vault->id;
    assert_true(object_name_parse(span_str("Web"), &m.name));
    m.version = hex32_new();
    return m;
}

static void
mail_that_waits_knows_whom_it_reached(void **state)
{
    static const uint8_t tags[2][CERT_MAIL_TAG] = { "tagged1", "tagged2" };
    struct cert_mail m = some_mail(), got;
    struct vault_at at = world_at();
    struct store_write w;

    (void)state;
    assert_int_equal(cert_mail_get(at.rows, at.view, &m.vault_id, "WEB", &got), ERR_NOT_FOUND);
    cert_mail_set_done(&m, tags[0]);
    cert_mail_set_done(&m, tags[0]);
    store_write_init(&w);
    cert_mail_put(at.rows, &w, &m);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(cert_mail_get(at.rows, at.view, &m.vault_id, "WEB", &got), ERR_OK);
    assert_string_equal(got.name.spelled, "Web");
    assert_string_equal(got.version.text, m.version.text);
    assert_int_equal(got.tries, 3);
    assert_int_equal(got.next, 77);
    assert_int_equal(got.n, 1);
    assert_true(cert_mail_is_done(&got, tags[0]));
    assert_false(cert_mail_is_done(&got, tags[1]));
    store_write_init(&w);
    cert_mail_drop(&w, &got);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(world_rows("cm/"), 0);
}

static void
more_contacts_than_there_may_be_push_out_the_oldest(void **state)
{
    struct cert_mail m = some_mail();
    uint8_t tag[CERT_MAIL_TAG] = { 0 };

    (void)state;
    for (uint8_t i = 0; i <= CONTACTS_MAX; i++) {
        tag[0] = i;
        cert_mail_set_done(&m, tag);
    }
    assert_int_equal(m.n, CONTACTS_MAX);
    assert_true(cert_mail_is_done(&m, tag));
    tag[0] = 0;
    assert_false(cert_mail_is_done(&m, tag));
    tag[0] = 1;
    assert_true(cert_mail_is_done(&m, tag));
}

static void
mails_are_counted(void **state)
{
    struct vault_at at = world_at();
    struct mail_figures f;
    struct store_write w;

    (void)state;
    assert_int_equal(mail_figures_get(at.rows, at.view, &f), ERR_OK);
    assert_int_equal(f.sent + f.failed, 0);
    f = (struct mail_figures){ .sent = 5, .failed = 1ull << 40 };
    store_write_init(&w);
    mail_figures_put(at.rows, &w, &f);
    assert_int_equal(world_commit(&w), ERR_OK);
    at = world_at();
    assert_int_equal(mail_figures_get(at.rows, at.view, &f), ERR_OK);
    assert_int_equal(f.sent, 5);
    assert_true(f.failed == 1ull << 40);
}

static bool
count_key(void *arg, struct span key)
{
    assert_true(span_is_str(key, "CA-1") || span_is_str(key, "CA-2"));
    ++*(unsigned *)arg;
    return true;
}

static void
put_issuer(const char *name)
{
    static struct issuer i;
    struct vault_at at = world_at();
    struct store_write w;

    i = (struct issuer){ .name = world_name(name),
                         .provider = span_str("DigiCert"),
                         .has_account = true,
                         .account = span_str("acct"),
                         .sealed = span_str("sealed"),
                         .has_organisation = true,
                         .nadmins = 1,
                         .enabled = true,
                         .created = 3 };
    i.admin[0].email = span_str("x@y.test");
    store_write_init(&w);
    issuer_put(&at, &w, &i);
    assert_int_equal(world_commit(&w), ERR_OK);
}

static void
issuers_are_found_by_name_and_listed(void **state)
{
    static struct issuer got;
    struct store_write w;
    struct vault_at at;
    unsigned n = 0;

    (void)state;
    put_issuer("ca-1");
    put_issuer("ca-2");
    at = world_at();
    assert_int_equal(issuer_get(&at, "CA-1", &got), ERR_OK);
    assert_string_equal(got.name.spelled, "ca-1");
    assert_true(span_is_str(got.sealed, "sealed"));
    assert_true(got.has_account && got.has_organisation && got.enabled);
    assert_true(span_is_str(got.admin[0].email, "x@y.test"));
    assert_int_equal(issuer_get(&at, "CA-3", &got), ERR_ISSUER_NOT_FOUND);
    assert_int_equal(issuer_each(&at, (struct span){ 0 }, 10, count_key, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_int_equal(issuer_each(&at, span_str("CA-1"), 10, count_key, &n), ERR_OK);
    assert_int_equal(n, 3);
    assert_int_equal(issuer_get(&at, "CA-1", &got), ERR_OK);
    store_write_init(&w);
    issuer_drop(&at, &w, &got);
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(world_rows("ci/"), 1);
    assert_int_equal(issuer_read(span_of("\1\10", 2), &got), ERR_FORMAT);
}

static void
a_password_is_sealed_as_no_secret_is(void **state)
{
    struct object_name n = world_name("ca");
    struct vault_at at = world_at();
    struct secbuf ask, answer;

    (void)state;
    secbuf_init(&ask, 4096);
    secbuf_init(&answer, 4096);
    issuer_ask_seal(&at, &n, span_str("pw"), sink_sec(&ask));
    assert_int_equal(world_keeper(KEEPER_SEAL, secbuf_span(&ask), &answer), ERR_OK);
    assert_true(answer.len > 2 && answer.len <= ISSUER_SEALED_MAX);
    secbuf_release(&ask);
    secbuf_release(&answer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_policy_comes_back_as_it_was_put),
        T(a_policy_cut_short_anywhere_is_refused),
        T(usage_becomes_operations_of_the_key),
        T(issuers_of_policies_are_told_apart_without_case),
        T(an_operation_comes_back_until_it_is_dropped),
        T(operations_of_no_known_state_are_refused),
        T(contacts_are_of_a_vault_and_one_row),
        T(mail_that_waits_knows_whom_it_reached),
        T(more_contacts_than_there_may_be_push_out_the_oldest),
        T(mails_are_counted),
        T(issuers_are_found_by_name_and_listed),
        T(a_password_is_sealed_as_no_secret_is),
    };

    return cmocka_run_group_tests(tests, world_open, world_close);
}
