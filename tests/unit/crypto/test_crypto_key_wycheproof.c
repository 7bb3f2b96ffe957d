/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vault keys against Wycheproof: every row of every file that fits, with a
 * count of what ran and what does not apply here, by reason.
 */
#include "crypto/digest.h"
#include "key_samples.h"

enum reason { RAN, SHA_1_OR_224, IV_LENGTH, LABEL, KEY_SIZE, TAG_LENGTH, REASONS };
static const char *const reason_names[REASONS] = {
    "ran",          "digest not offered", "iv not of 96 bits, refused", "OAEP label, refused",
    "no such size", "MAC truncated",
};
static size_t counts[REASONS];

static const json_t *group_now; /* whose key it is */
static struct key *key_now;
static enum key_alg alg_now;

static const char *
text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void
key_drop(void)
{
    key_free(key_now);
    key_now = NULL;
    group_now = NULL;
}

static struct buf
digest_of(const json_t *test)
{
    struct buf msg = hex_member(test, "msg"), out;
    enum digest_alg d = key_alg_info(alg_now)->digest;
    uint8_t *at;

    buf_init(&out, DIGEST_MAX_LEN);
    at = buf_grow(&out, digest_len(d));
    assert_non_null(at);
    assert_int_equal(digest_make(d, buf_span(&msg), at), ERR_OK);
    buf_release(&msg);
    return out;
}

static void
verify_row(const json_t *test, bool valid)
{
    struct buf digest = digest_of(test), sig = hex_member(test, "sig");
    struct key_use u = { .op = KEY_VERIFY,
                         .alg = alg_now,
                         .bytes = buf_span(&digest),
                         .signature = buf_span(&sig) };

    assert_int_equal(use(key_now, &u).err, valid ? ERR_OK : ERR_DENIED);
    counts[RAN]++;
    buf_release(&digest);
    buf_release(&sig);
}

static struct span
stripped(const struct buf *b)
{
    struct span s = buf_span(b);

    while (s.len > 0 && s.ptr[0] == 0)
        s = span_tail(s, 1);
    return s;
}

static void
rsa_verify_row(const json_t *group, const json_t *test, bool valid)
{
    const json_t *pub = json_object_get(group, "publicKey");

    if (group != group_now) {
        struct buf n = hex_member(pub, "modulus"), e = hex_member(pub, "publicExponent");
        struct key_public p = { .type = KEY_RSA, .n = stripped(&n), .e = stripped(&e) };

        key_drop();
        p.bits = (unsigned)p.n.len * 8;
        assert_int_equal(key_from_public(&p, &key_now), ERR_OK);
        group_now = group;
        buf_release(&n);
        buf_release(&e);
    }
    verify_row(test, valid);
}

static void
ec_verify_row(const json_t *group, const json_t *test, bool valid)
{
    const json_t *pub = json_object_get(group, "publicKey");

    if (group != group_now) {
        struct buf point = hex_member(pub, "uncompressed");
        enum key_curve c = key_alg_info(alg_now)->curve;
        size_t len = key_curve_bytes(c);
        struct key_public p = { .type = KEY_EC,
                                .curve = c,
                                .bits = c == CURVE_P521 ? 521 : (unsigned)len * 8,
                                .x = span_of(point.ptr + 1, len),
                                .y = span_of(point.ptr + 1 + len, len) };

        key_drop();
        assert_int_equal(point.len, 1 + 2 * len);
        assert_int_equal(key_from_public(&p, &key_now), ERR_OK);
        group_now = group;
        buf_release(&point);
    }
    verify_row(test, valid);
}

static void
rsa_private(const json_t *group)
{
    struct buf der;

    if (group == group_now)
        return;
    key_drop();
    der = hex_member(group, "privateKeyPkcs8");
    key_now = key_of_pkcs8(KEY_RSA, CURVE_NONE, buf_span(&der));
    group_now = group;
    buf_release(&der);
}

static void
rsa_sign_row(const json_t *group, const json_t *test, bool valid)
{
    static const struct {
        const char *sha;
        enum key_alg alg;
    } shas[] = { { "SHA-256", ALG_RS256 }, { "SHA-384", ALG_RS384 }, { "SHA-512", ALG_RS512 } };
    struct buf digest, sig;
    struct key_use u = { .op = KEY_SIGN };
    struct used got;

    alg_now = ALG_NONE;
    for (size_t i = 0; i < 3; i++)
        if (span_is_str(span_str(text_of(group, "sha")), shas[i].sha))
            alg_now = shas[i].alg;
    if (alg_now == ALG_NONE) {
        counts[SHA_1_OR_224]++;
        return;
    }
    assert_true(valid);
    rsa_private(group);
    digest = digest_of(test);
    sig = hex_member(test, "sig");
    u.alg = alg_now;
    u.bytes = buf_span(&digest);
    got = use(key_now, &u);
    assert_int_equal(got.err, ERR_OK);
    assert_true(span_is_equal(got.value, buf_span(&sig)));
    counts[RAN]++;
    buf_release(&digest);
    buf_release(&sig);
}

static void
rsa_decrypt_row(const json_t *group, const json_t *test, bool valid)
{
    struct buf msg = hex_member(test, "msg"), ct = hex_member(test, "ct");
    const char *label = text_of(test, "label");
    struct key_use u = { .op = KEY_DECRYPT, .alg = alg_now, .bytes = buf_span(&ct) };
    struct used got;

    rsa_private(group);
    got = use(key_now, &u);
    if (label != NULL && label[0] != '\0') { /* ours is the empty one: it must not open */
        assert_int_equal(got.err, ERR_SYNTAX);
        counts[LABEL]++;
    } else {
        assert_int_equal(got.err, valid ? ERR_OK : ERR_SYNTAX);
        if (valid)
            assert_true(span_is_equal(got.value, buf_span(&msg)));
        counts[RAN]++;
    }
    buf_release(&msg);
    buf_release(&ct);
}

static void
gcm_row(const json_t *group, const json_t *test, bool valid)
{
    static const enum key_alg algs[] = { ALG_A128GCM, ALG_A192GCM, ALG_A256GCM };
    struct buf key = hex_member(test, "key"), iv = hex_member(test, "iv"),
               aad = hex_member(test, "aad"), msg = hex_member(test, "msg"),
               ct = hex_member(test, "ct"), tag = hex_member(test, "tag");
    struct key *k = oct_of(buf_span(&key));
    struct key_use u = { .op = KEY_DECRYPT,
                         .alg = algs[key.len / 8 - 2],
                         .bytes = buf_span(&ct),
                         .iv = buf_span(&iv),
                         .aad = buf_span(&aad),
                         .tag = buf_span(&tag) };
    struct used got = use(k, &u);

    (void)group;
    if (iv.len != GCM_IV_BYTES) {
        assert_int_equal(got.err, ERR_ARG);
        counts[IV_LENGTH]++;
    } else {
        assert_int_equal(got.err, valid ? ERR_OK : ERR_SYNTAX);
        if (valid)
            assert_true(span_is_equal(got.value, buf_span(&msg)));
        counts[RAN]++;
    }
    key_free(k);
    buf_release(&key);
    buf_release(&iv);
    buf_release(&aad);
    buf_release(&msg);
    buf_release(&ct);
    buf_release(&tag);
}

/* CBC and the key wraps: encrypted to what the file says, and opened. */
static void
oct_row(const json_t *test, bool valid, enum key_op closes, enum key_op opens,
        const enum key_alg algs[static 3])
{
    struct buf key = hex_member(test, "key"), msg = hex_member(test, "msg"),
               ct = hex_member(test, "ct"), iv;
    struct key_use u = { .op = opens, .alg = algs[key.len / 8 - 2], .bytes = buf_span(&ct) };
    struct key *k = oct_of(buf_span(&key));
    struct used got;

    buf_init(&iv, CBC_IV_BYTES);
    if (text_of(test, "iv") != NULL)
        iv = hex_member(test, "iv");
    u.iv = buf_span(&iv);
    got = use(k, &u);
    if (valid) {
        assert_int_equal(got.err, ERR_OK);
        assert_true(span_is_equal(got.value, buf_span(&msg)));
        u.op = closes;
        u.bytes = buf_span(&msg);
        got = use(k, &u);
        assert_int_equal(got.err, ERR_OK);
        assert_true(span_is_equal(got.value, buf_span(&ct)));
    } else {
        assert_true(got.err == ERR_SYNTAX || got.err == ERR_ARG);
    }
    counts[RAN]++;
    key_free(k);
    buf_release(&key);
    buf_release(&msg);
    buf_release(&ct);
    buf_release(&iv);
}

static void
cbc_row(const json_t *group, const json_t *test, bool valid)
{
    static const enum key_alg algs[] = { ALG_A128CBCPAD, ALG_A192CBCPAD, ALG_A256CBCPAD };

    (void)group;
    oct_row(test, valid, KEY_ENCRYPT, KEY_DECRYPT, algs);
}

static void
kw_row(const json_t *group, const json_t *test, bool valid)
{
    static const enum key_alg algs[] = { ALG_A128KW, ALG_A192KW, ALG_A256KW };
    static const enum key_alg ckm[] = { ALG_CKM_AES_KW, ALG_CKM_AES_KW, ALG_CKM_AES_KW };

    (void)group;
    oct_row(test, valid, KEY_WRAP, KEY_UNWRAP, algs);
    oct_row(test, valid, KEY_WRAP, KEY_UNWRAP, ckm);
}

static void
kwp_row(const json_t *group, const json_t *test, bool valid)
{
    static const enum key_alg algs[] = { ALG_CKM_AES_KWP, ALG_CKM_AES_KWP, ALG_CKM_AES_KWP };

    (void)group;
    oct_row(test, valid, KEY_WRAP, KEY_UNWRAP, algs);
}

static void
hmac_row(const json_t *group, const json_t *test, bool valid)
{
    struct buf key = hex_member(test, "key"), msg = hex_member(test, "msg"),
               tag = hex_member(test, "tag");
    struct key_use u = {
        .op = KEY_VERIFY, .alg = alg_now, .bytes = buf_span(&msg), .signature = buf_span(&tag)
    };

    (void)group;
    if (tag.len != digest_len(key_alg_info(alg_now)->digest)) {
        counts[TAG_LENGTH]++;
    } else if (key.len < 8 || key.len > KEY_OCT_MAX) {
        counts[KEY_SIZE]++;
    } else {
        struct key *k = oct_of(buf_span(&key));

        assert_int_equal(use(k, &u).err, valid ? ERR_OK : ERR_DENIED);
        counts[RAN]++;
        key_free(k);
    }
    buf_release(&key);
    buf_release(&msg);
    buf_release(&tag);
}

static const struct file {
    const char *name;
    enum key_alg alg;
    wycheproof_fn row;
} files[] = {
    /* clang-format off */
    { "rsa_signature_2048_sha256_test.json", ALG_RS256, rsa_verify_row },
    { "rsa_signature_2048_sha384_test.json", ALG_RS384, rsa_verify_row },
    { "rsa_signature_2048_sha512_test.json", ALG_RS512, rsa_verify_row },
    { "rsa_signature_3072_sha256_test.json", ALG_RS256, rsa_verify_row },
    { "rsa_signature_3072_sha384_test.json", ALG_RS384, rsa_verify_row },
    { "rsa_signature_3072_sha512_test.json", ALG_RS512, rsa_verify_row },
    { "rsa_signature_4096_sha256_test.json", ALG_RS256, rsa_verify_row },
    { "rsa_signature_4096_sha384_test.json", ALG_RS384, rsa_verify_row },
    { "rsa_signature_4096_sha512_test.json", ALG_RS512, rsa_verify_row },
    { "rsa_pss_2048_sha256_mgf1_32_test.json", ALG_PS256, rsa_verify_row },
    { "rsa_pss_2048_sha384_mgf1_48_test.json", ALG_PS384, rsa_verify_row },
    { "rsa_pss_3072_sha256_mgf1_32_test.json", ALG_PS256, rsa_verify_row },
    { "rsa_pss_4096_sha256_mgf1_32_test.json", ALG_PS256, rsa_verify_row },
    { "rsa_pss_4096_sha384_mgf1_48_test.json", ALG_PS384, rsa_verify_row },
    { "rsa_pss_4096_sha512_mgf1_64_test.json", ALG_PS512, rsa_verify_row },
    { "rsa_pkcs1_2048_sig_gen_test.json", ALG_NONE, rsa_sign_row },
    { "rsa_pkcs1_3072_sig_gen_test.json", ALG_NONE, rsa_sign_row },
    { "rsa_pkcs1_4096_sig_gen_test.json", ALG_NONE, rsa_sign_row },
    { "rsa_pkcs1_2048_test.json", ALG_RSA1_5, rsa_decrypt_row },
    { "rsa_pkcs1_3072_test.json", ALG_RSA1_5, rsa_decrypt_row },
    { "rsa_pkcs1_4096_test.json", ALG_RSA1_5, rsa_decrypt_row },
    { "rsa_oaep_2048_sha1_mgf1sha1_test.json", ALG_RSA_OAEP, rsa_decrypt_row },
    { "rsa_oaep_2048_sha256_mgf1sha256_test.json", ALG_RSA_OAEP_256, rsa_decrypt_row },
    { "rsa_oaep_3072_sha256_mgf1sha256_test.json", ALG_RSA_OAEP_256, rsa_decrypt_row },
    { "rsa_oaep_4096_sha256_mgf1sha256_test.json", ALG_RSA_OAEP_256, rsa_decrypt_row },
    { "ecdsa_secp256r1_sha256_p1363_test.json", ALG_ES256, ec_verify_row },
    { "ecdsa_secp384r1_sha384_p1363_test.json", ALG_ES384, ec_verify_row },
    { "ecdsa_secp521r1_sha512_p1363_test.json", ALG_ES512, ec_verify_row },
    { "ecdsa_secp256k1_sha256_p1363_test.json", ALG_ES256K, ec_verify_row },
    { "aes_gcm_test.json", ALG_NONE, gcm_row },
    { "aes_cbc_pkcs5_test.json", ALG_NONE, cbc_row },
    { "aes_wrap_test.json", ALG_NONE, kw_row },
    { "aes_kwp_test.json", ALG_NONE, kwp_row },
    { "hmac_sha256_test.json", ALG_HS256, hmac_row },
    { "hmac_sha384_test.json", ALG_HS384, hmac_row },
    { "hmac_sha512_test.json", ALG_HS512, hmac_row },
    /* clang-format on */
};
enum { FILES = sizeof(files) / sizeof(files[0]) };

static void
run_file(void **state)
{
    const struct file *f = *state;

    memset(counts, 0, sizeof(counts));
    alg_now = f->alg;
    assert_true(wycheproof_walk(f->name, f->row) > 0);
    key_drop();
    used_release();
    for (size_t i = 0; i < REASONS; i++)
        if (counts[i] > 0)
            print_message("%s: %zu %s\n", f->name, counts[i], reason_names[i]);
    assert_true(counts[RAN] > 0);
}

int
main(void)
{
    struct CMUnitTest tests[FILES];

    for (size_t i = 0; i < FILES; i++)
        tests[i] = (struct CMUnitTest){ .name = files[i].name,
                                        .test_func = run_file,
                                        .initial_state = (void *)(uintptr_t)&files[i] };
    return cmocka_run_group_tests_name("crypto/key_wycheproof", tests, secmem_setup,
                                       secmem_teardown);
}
