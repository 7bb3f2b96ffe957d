/* SPDX-License-Identifier: Apache-2.0 */
/* scrypt against RFC 7914 12; records written, read, and refused. */
#include "crypto/scrypt.h"
#include "vectors.h"

/* Made by Python: hashlib.scrypt(b"keyhold", salt=bytes(range(16)), n=16, r=8, p=1, dklen=32)
 */
#define PY_HASH "+txoz2tniVJRGqj4OGxQcYHHmce1LeiQ9KU2ZAkf8yc"

static const struct scrypt_cost cheap = { 4, 8, 1 };

static void
derivation_matches_rfc_7914(void **state)
{
    static const struct scrypt_cost second = { 10, 8, 16 }, third = { 14, 8, 1 };
    uint8_t out[64];

    (void)state;
    assert_int_equal(
        scrypt_derive(span_str("password"), span_str("NaCl"), &second, out, sizeof(out)),
        ERR_OK);
    assert_hex(out, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                    "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
    assert_int_equal(scrypt_derive(span_str("pleaseletmein"), span_str("SodiumChloride"),
                                   &third, out, sizeof(out)),
                     ERR_OK);
    assert_hex(out, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                    "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
}

static void
costs_out_of_bounds_are_refused(void **state)
{
    static const struct scrypt_cost bad[] = { { 0, 8, 1 },  { 19, 8, 1 }, { 15, 0, 1 },
                                              { 15, 9, 1 }, { 15, 8, 0 }, { 15, 8, 17 } };
    uint8_t out[32];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(scrypt_derive(span_str("p"), span_str("s"), &bad[i], out, 32),
                         ERR_ARG);
}

static void
record_opens_with_its_password_only(void **state)
{
    struct buf record;

    (void)state;
    buf_init(&record, SCRYPT_RECORD_MAX);
    assert_int_equal(scrypt_record_make(span_str("open sesame"), &cheap, sink_buf(&record)),
                     ERR_OK);
    assert_true(span_has_prefix(buf_span(&record), span_str("$scrypt$ln=4,r=8,p=1$")));
    assert_int_equal(span_find(buf_span(&record), '='), span_find(buf_span(&record), 'n') + 1);
    assert_int_equal(scrypt_record_check(buf_span(&record), span_str("open sesame")), ERR_OK);
    assert_int_equal(scrypt_record_check(buf_span(&record), span_str("open sesam")),
                     ERR_BAD_SECRET);
    assert_int_equal(scrypt_record_check(buf_span(&record), span_str("")), ERR_BAD_SECRET);
    buf_release(&record);
}

static void
same_password_gives_another_record(void **state)
{
    struct buf a, b;

    (void)state;
    buf_init(&a, SCRYPT_RECORD_MAX);
    buf_init(&b, SCRYPT_RECORD_MAX);
    assert_int_equal(scrypt_record_make(span_str("same"), &cheap, sink_buf(&a)), ERR_OK);
    assert_int_equal(scrypt_record_make(span_str("same"), &cheap, sink_buf(&b)), ERR_OK);
    assert_false(span_is_equal(buf_span(&a), buf_span(&b)));
    buf_release(&a);
    buf_release(&b);
}

static void
record_from_another_program_is_read(void **state)
{
    struct span record = span_str("$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" PY_HASH);

    (void)state;
    assert_int_equal(scrypt_record_check(record, span_str("keyhold")), ERR_OK);
    assert_int_equal(scrypt_record_check(record, span_str("Keyhold")), ERR_BAD_SECRET);
}

static void
damaged_records_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "$scrypt$",
        "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw",
        "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$",
        "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAAA",
        "$scrypt$ln=4,r=8,p=1$$" PY_HASH,
        "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" PY_HASH "$",
        "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0O!w$" PY_HASH,
        "$scrypt$ln=31,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" PY_HASH,
        "$scrypt$ln=4,r=1024,p=1$AAECAwQFBgcICQoLDA0ODw$" PY_HASH,
        "$scrypt$ln=4,r=8,p=99999$AAECAwQFBgcICQoLDA0ODw$" PY_HASH,
        "$scrypt$ln=,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" PY_HASH,
        "$scrypt$ln=-4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" PY_HASH,
        "$argon2id$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$" PY_HASH,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(scrypt_record_check(span_str(bad[i]), span_str("keyhold")),
                         ERR_FORMAT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivation_matches_rfc_7914),
        cmocka_unit_test(costs_out_of_bounds_are_refused),
        cmocka_unit_test(record_opens_with_its_password_only),
        cmocka_unit_test(same_password_gives_another_record),
        cmocka_unit_test(record_from_another_program_is_read),
        cmocka_unit_test(damaged_records_are_refused),
    };

    return cmocka_run_group_tests_name("crypto/scrypt", tests, secmem_setup, secmem_teardown);
}
