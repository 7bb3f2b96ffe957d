/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguished names: what is read, how it is printed, and what is refused. */
#include "crypto/dn.h"

#include "../shell.h"
#include "vectors.h"

/* want NULL: refused. */
static const struct vec {
    const char *name, *text, *want;
} vecs[] = {
    /* clang-format off */
    { "a plain name", "CN=contoso.com", "CN=contoso.com" },
    { "an empty name", "", "" },
    { "several parts keep their order", "CN=x, O=y, OU=z, L=l, S=s, C=DE", "CN=x, O=y, OU=z, L=l, S=s, C=DE" },
    { "separators without spaces", "CN=x,O=y;OU=z", "CN=x, O=y, OU=z" },
    { "keys in any case", "cn=x,Serialnumber=12", "CN=x, SERIALNUMBER=12" },
    { "other spellings of keys", "ST=s,emailAddress=a@b.c,GN=g,TITLE=t", "S=s, E=a@b.c, G=g, T=t" },
    { "spaces around keys and values do not count", "  CN =  x y  ,  O= z ", "CN=x y, O=z" },
    { "a quoted value", "CN=\"a, b\", O=c", "CN=\"a, b\", O=c" },
    { "quotes within quotes", "CN=\"say \"\"hi\"\"\"", "CN=\"say \"\"hi\"\"\"" },
    { "quotes that are not needed go", "CN=\"x\"", "CN=x" },
    { "an escaped comma", "CN=a\\, b", "CN=\"a, b\"" },
    { "an escaped space at the end stays", "CN=a\\ ", "CN=\"a \"" },
    { "a backslash before a letter is itself", "CN=DOMAIN\\adam", "CN=DOMAIN\\adam" },
    { "a backslash at the end", "CN=\"a\\\"", "CN=\"a\\\"" },
    { "two backslashes are one", "CN=a\\\\b", "CN=a\\b" },
    { "an equals sign in a value", "CN=a=b", "CN=\"a=b\"" },
    { "several values in one", "CN=x+OU=y, O=z", "CN=x + OU=y, O=z" },
    { "values in one are sorted", "OU=yy + CN=x", "CN=x + OU=yy" },
    { "an OID", "OID.1.2.3.4=v", "OID.1.2.3.4=v" },
    { "an OID without a word", "1.2.3.4=v", "OID.1.2.3.4=v" },
    { "an OID that has a name", "OID.2.5.4.3=v", "CN=v" },
    { "domain components", "DC=corp,DC=example", "DC=corp, DC=example" },
    { "UTF-8", "CN=\xc3\xa4\xe2\x82\xac", "CN=\xc3\xa4\xe2\x82\xac" },
    { "a wildcard", "CN=*.contoso.com", "CN=*.contoso.com" },
    { "no key", "contoso.com", NULL },
    { "no value", "CN=", NULL },
    { "an empty quoted value", "CN=\"\"", NULL },
    { "a key alone", "CN", NULL },
    { "an unknown key", "XX=y", NULL },
    { "a separator at the end", "CN=x,", NULL },
    { "two separators", "CN=x,,O=y", NULL },
    { "a plus at the end", "CN=x+", NULL },
    { "an open quote", "CN=\"x", NULL },
    { "text behind a quote", "CN=\"x\"y", NULL },
    { "a quote within", "CN=x\"y", NULL },
    { "a country of three letters", "C=DEU", NULL },
    { "a country of digits", "C=12", NULL },
    { "an address that is not ASCII", "E=\xc3\xa4@b.c", NULL },
    { "a serial number with other signs", "SERIALNUMBER=a_b", NULL },
    { "hexadecimal", "CN=#0401", NULL },
    { "a control character", "CN=a\nb", NULL },
    { "broken UTF-8", "CN=\xc3(", NULL },
    { "an overlong character", "CN=\xc0\xaf", NULL },
    { "a surrogate", "CN=\xed\xa0\x80", NULL },
    { "an OID with one arc", "OID.1=v", NULL },
    { "an OID with a leading zero", "OID.1.02=v", NULL },
    { "an OID with an arc that is too large", "OID.1.2.4294967296=v", NULL },
    { "an OID whose first arc is 3", "OID.3.1=v", NULL },
    { "an OID that ends with a dot", "OID.1.2.=v", NULL },
    /* clang-format on */
};
#define NVECS (sizeof(vecs) / sizeof(vecs[0]))

static void
run_vec(void **state)
{
    const struct vec *v = *state;
    struct buf der, text, again;

    buf_init(&der, DN_DER_MAX);
    buf_init(&text, DN_TEXT_MAX);
    buf_init(&again, DN_DER_MAX);
    assert_int_equal(dn_from_text(span_str(v->text), &der),
                     v->want == NULL ? ERR_SYNTAX : ERR_OK);
    assert_int_equal(dn_check(span_str(v->text)), v->want == NULL ? ERR_SYNTAX : ERR_OK);
    if (v->want != NULL) {
        assert_int_equal(dn_to_text(buf_span(&der), &text), ERR_OK);
        assert_string_equal(buf_str(&text), v->want);
        assert_int_equal(dn_from_text(buf_span(&text), &again), ERR_OK);
        assert_true(span_is_equal(buf_span(&der), buf_span(&again)));
    } else {
        assert_int_equal(der.len, 0);
    }
    buf_release(&der);
    buf_release(&text);
    buf_release(&again);
}

static void
names_have_at_most_200_characters(void **state)
{
    char text[512] = "CN=";

    (void)state;
    for (size_t i = 3; i < 200; i++)
        text[i] = 'a';
    assert_int_equal(dn_check(span_str(text)), ERR_OK);
    text[200] = 'a';
    assert_int_equal(dn_check(span_str(text)), ERR_TOO_LARGE);
    for (size_t i = 3; i < 397; i += 2)
        memcpy(text + i, "\xc3\xa4", 3);
    assert_int_equal(dn_check(span_str(text)), ERR_OK); /* characters, not bytes */
}

static void
names_have_at_most_32_parts(void **state)
{
    char text[256];
    size_t len = 0;

    (void)state;
    for (size_t i = 0; i < 33; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%sO=a", i == 0 ? "" : ",");
    assert_int_equal(dn_check(span_str(text)), ERR_TOO_LARGE);
    assert_int_equal(dn_check(span_head(span_str(text), len - 4)), ERR_OK);
}

static void
expect_text(const char *der, size_t len, const char *want)
{
    struct buf text;

    buf_init(&text, DN_TEXT_MAX);
    assert_int_equal(dn_to_text(span_of(der, len), &text), want == NULL ? ERR_FORMAT : ERR_OK);
    if (want != NULL)
        assert_string_equal(buf_str(&text), want);
    buf_release(&text);
}

static void
foreign_strings_are_shown_as_utf8(void **state)
{
    (void)state;
    /* BMPString "a", U+20AC; T61String in Latin-1; UniversalString; a number as hex */
    expect_text("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x1e\x04\x00\x61\x20\xac", 17,
                "CN=a\xe2\x82\xac");
    expect_text("\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x14\x01\xe4", 14, "CN=\xc3\xa4");
    expect_text("\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x1c\x04\x00\x01\xf6\x00", 17,
                "CN=\xf0\x9f\x98\x80");
    expect_text("\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x02\x01\x05", 14, "CN=#020105");
    expect_text("\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\x0a", 14, "CN=#0c010a");
}

static void
what_is_no_name_is_refused(void **state)
{
    (void)state;
    expect_text("", 0, NULL);
    expect_text("\x31\x00", 2, NULL);
    expect_text("\x30\x01\x31", 3, NULL);
    expect_text("\x30\x02\x31\x00", 4, NULL);
    expect_text("\x30\x00\x00", 3, NULL);
    expect_text("\x30\x80\x00\x00", 4, NULL);
    expect_text("\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x83\x0c\x01\x61", 14, NULL);
}

static void
openssl_prints_the_same_name(void **state)
{
    struct buf der;

    (void)state;
    if (!shell_has("openssl"))
        skip();
    buf_init(&der, DN_DER_MAX);
    assert_int_equal(
        dn_from_text(span_str("CN=a\\, b, O=\xc3\xa4 + OU=u, C=de, E=a@b.c"), &der), ERR_OK);
    assert_true(shell_write("dn", buf_span(&der)));
    assert_int_equal(shell("openssl asn1parse -inform DER -in dn"), 0);
    assert_true(shell_said("PRINTABLESTRING   :a, b"));
    assert_true(shell_said("PRINTABLESTRING   :de"));
    assert_true(shell_said("IA5STRING         :a@b.c"));
    assert_true(shell_said("UTF8STRING"));
    buf_release(&der);
}

static int
begin(void **state)
{
    (void)state;
    return shell_begin() ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    shell_end();
    return 0;
}

int
main(void)
{
    struct CMUnitTest tests[NVECS + 5] = {
        [NVECS] = cmocka_unit_test(names_have_at_most_200_characters),
        cmocka_unit_test(names_have_at_most_32_parts),
        cmocka_unit_test(foreign_strings_are_shown_as_utf8),
        cmocka_unit_test(what_is_no_name_is_refused),
        cmocka_unit_test(openssl_prints_the_same_name),
    };

    for (size_t i = 0; i < NVECS; i++)
        tests[i] = (struct CMUnitTest){ .name = vecs[i].name,
                                        .test_func = run_vec,
                                        .initial_state = (void *)(uintptr_t)&vecs[i] };
    return cmocka_run_group_tests_name("crypto/dn", tests, begin, end);
}
