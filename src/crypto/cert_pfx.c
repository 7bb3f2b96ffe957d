/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_pfx.c - PKCS#12 (RFC 7292) of strangers. OpenSSL parses the pieces; how
 * they hang together is walked here, so that every derivation is paid for from
 * a purse before it is begun, and every piece is counted before it is parsed.
 */
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "base/log.h"
#include "crypto/cert_file_int.h"
#include "crypto/der_int.h"

enum { BAG_DEPTH_MAX = 4, CONTENTS_MAX = 64 };

struct pfx {
    struct cert_file *file;
    const char *password; /* NULL: none */
    int password_len;
    uint64_t *work;
    size_t keys;
    bool has_mac; /* so the password is known to be right */
};

/* RC2 is in OpenSSL's legacy provider: in a library context of its own, out of everybody else's
 * reach. */
static OSSL_LIB_CTX *legacy;
static pthread_once_t legacy_once = PTHREAD_ONCE_INIT;

static void
legacy_load(void)
{
    OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new();

    if (lib != NULL && OSSL_PROVIDER_load(lib, "default") != NULL &&
        OSSL_PROVIDER_load(lib, "legacy") != NULL) {
        legacy = lib;
    } else {
        log_info("crypto: OpenSSL's legacy provider is not there; PKCS#12 files with RC2 "
                 "cannot be read");
        OSSL_LIB_CTX_free(lib);
    }
    crypto_hush();
}

void
cert_file_setup(void)
{
    (void)pthread_once(&legacy_once, legacy_load);
}

static enum err
spend(struct pfx *r, const ASN1_INTEGER *iterations)
{
    uint64_t n = 0;

    if (iterations == NULL)
        n = 1; /* DEFAULT 1 */
    else if (ASN1_INTEGER_get_uint64(&n, iterations) != 1)
        return ERR_TOO_LARGE;
    if (n == 0)
        return ERR_SYNTAX;
    if (n > CERT_FILE_ITERATIONS_MAX || n > *r->work)
        return ERR_TOO_LARGE;
    *r->work -= n;
    return ERR_OK;
}

/* PBES1 with SHA-1, as PKCS#12 has it. */
static enum err
spend_pbe(struct pfx *r, const X509_ALGOR *a)
{
    PBEPARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), a->parameter);
    enum err e = p == NULL ? ERR_SYNTAX : spend(r, p->iter);

    PBEPARAM_free(p);
    return e;
}

static bool
is_prf(int nid)
{
    return nid == NID_hmacWithSHA1 || nid == NID_hmacWithSHA224 || nid == NID_hmacWithSHA256 ||
           nid == NID_hmacWithSHA384 || nid == NID_hmacWithSHA512;
}

static enum err
spend_pbkdf2(struct pfx *r, const X509_ALGOR *a)
{
    PBKDF2PARAM *p;
    enum err e;

    if (OBJ_obj2nid(a->algorithm) != NID_id_pbkdf2)
        return ERR_CERT_ENCRYPTED;
    p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), a->parameter);
    if (p == NULL)
        return ERR_SYNTAX;
    if (p->prf != NULL && !is_prf(OBJ_obj2nid(p->prf->algorithm)))
        e = ERR_CERT_ENCRYPTED;
    else
        e = p->iter == NULL ? ERR_SYNTAX : spend(r, p->iter);
    PBKDF2PARAM_free(p);
    return e;
}

static bool
is_cipher(int nid)
{
    return nid == NID_aes_128_cbc || nid == NID_aes_192_cbc || nid == NID_aes_256_cbc ||
           nid == NID_des_ede3_cbc;
}

/* PBES2, and PBMAC1, which has the same shape with a MAC in the cipher's place. */
static enum err
spend_pbes2(struct pfx *r, const X509_ALGOR *a, bool is_mac)
{
    PBE2PARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), a->parameter);
    enum err e = ERR_SYNTAX;

    if (p != NULL) {
        int nid = OBJ_obj2nid(p->encryption->algorithm);

        e = (is_mac ? is_prf(nid) : is_cipher(nid)) ? spend_pbkdf2(r, p->keyfunc)
                                                    : ERR_CERT_ENCRYPTED;
    }
    PBE2PARAM_free(p);
    return e;
}

/* Is it an encryption that we read, and can its cost be borne? */
static enum err
spend_encryption(struct pfx *r, const X509_ALGOR *a)
{
    if (a->parameter == NULL || a->parameter->type != V_ASN1_SEQUENCE)
        return ERR_CERT_ENCRYPTED;
    switch (OBJ_obj2nid(a->algorithm)) {
    case NID_pbes2:
        return spend_pbes2(r, a, false);
    case NID_pbe_WithSHA1And3_Key_TripleDES_CBC:
    case NID_pbe_WithSHA1And2_Key_TripleDES_CBC:
        return spend_pbe(r, a);
    case NID_pbe_WithSHA1And128BitRC2_CBC:
    case NID_pbe_WithSHA1And40BitRC2_CBC:
        return legacy == NULL ? ERR_CERT_ENCRYPTED : spend_pbe(r, a);
    default:
        return ERR_CERT_ENCRYPTED;
    }
}

/* Appends the plaintext. */
static enum err
decrypt(struct pfx *r, const X509_ALGOR *a, const ASN1_OCTET_STRING *bytes, struct secbuf *out)
{
    unsigned char *plain = NULL;
    int len = 0;
    enum err e;

    cert_file_setup();
    if (bytes == NULL)
        return ERR_SYNTAX;
    e = spend_encryption(r, a);
    if (e != ERR_OK)
        return e;
    if (PKCS12_pbe_crypt_ex(a, r->password, r->password_len, ASN1_STRING_get0_data(bytes),
                            ASN1_STRING_length(bytes), &plain, &len, 0, legacy, NULL) == NULL)
        return r->has_mac ? ERR_SYNTAX : ERR_CERT_PASSWORD;
    secbuf_put(out, span_of(plain, (size_t)len));
    OPENSSL_clear_free(plain, (size_t)len);
    return out->err;
}

static enum err
take_key(struct pfx *r, struct span pkcs8)
{
    enum err e;

    if (++r->keys > CERT_FILE_KEYS_MAX)
        return ERR_TOO_LARGE;
    e = found_key(r->file, WRAP_PKCS8, pkcs8);
    /* Decrypted with a wrong password, and by chance well padded: no key. */
    return e == ERR_SYNTAX && !r->has_mac ? ERR_CERT_PASSWORD : e;
}

static enum err
take_plain_key(struct pfx *r, const PKCS8_PRIV_KEY_INFO *info)
{
    struct secbuf der;
    uint8_t *at = NULL;
    int len = info == NULL ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    enum err e = ERR_SYNTAX;

    secbuf_init(&der, CERT_FILE_MAX);
    if (len > 0) {
        at = secbuf_grow(&der, (size_t)len);
        e = at == NULL ? der.err : ERR_OK;
    }
    if (e == ERR_OK && i2d_PKCS8_PRIV_KEY_INFO(info, &at) != len)
        e = ERR_SYNTAX;
    if (e == ERR_OK)
        e = take_key(r, secbuf_span(&der));
    secbuf_release(&der);
    return e;
}

static enum err
take_shrouded_key(struct pfx *r, const X509_SIG *sig)
{
    const ASN1_OCTET_STRING *bytes = NULL;
    const X509_ALGOR *a = NULL;
    struct secbuf der;
    enum err e;

    if (sig == NULL)
        return ERR_SYNTAX;
    X509_SIG_get0(sig, &a, &bytes);
    secbuf_init(&der, CERT_FILE_MAX);
    e = decrypt(r, a, bytes, &der);
    if (e == ERR_OK)
        e = take_key(r, secbuf_span(&der));
    secbuf_release(&der);
    return e;
}

static enum err
take_cert(struct pfx *r, const PKCS12_SAFEBAG *bag)
{
    unsigned char *der = NULL;
    enum err e = ERR_SYNTAX;
    X509 *x;
    int len;

    if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
        return ERR_OK; /* an SDSI certificate: nobody has ever seen one */
    x = PKCS12_SAFEBAG_get1_cert(bag);
    len = x == NULL ? -1 : i2d_X509(x, &der);
    if (len > 0)
        e = found_cert(r->file, span_of(der, (size_t)len));
    OPENSSL_free(der);
    X509_free(x);
    return e;
}

static enum err take_bags(struct pfx *r, const STACK_OF(PKCS12_SAFEBAG) * bags, unsigned depth);

static enum err
take_bag(struct pfx *r, const PKCS12_SAFEBAG *bag, unsigned depth)
{
    switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag:
        return take_plain_key(r, PKCS12_SAFEBAG_get0_p8inf(bag));
    case NID_pkcs8ShroudedKeyBag:
        return take_shrouded_key(r, PKCS12_SAFEBAG_get0_pkcs8(bag));
    case NID_certBag:
        return take_cert(r, bag);
    case NID_safeContentsBag:
        return depth == 0 ? ERR_TOO_LARGE
                          : take_bags(r, PKCS12_SAFEBAG_get0_safes(bag), depth - 1);
    default:
        return ERR_OK; /* CRLs and secrets do not concern us */
    }
}

static enum err
take_bags(struct pfx *r, const STACK_OF(PKCS12_SAFEBAG) * bags, unsigned depth)
{
    enum err e = bags == NULL ? ERR_SYNTAX : ERR_OK;

    for (int i = 0; e == ERR_OK && i < sk_PKCS12_SAFEBAG_num(bags); i++)
        e = take_bag(r, sk_PKCS12_SAFEBAG_value(bags, i), depth);
    return e;
}

/* Counted before it is parsed: a parser makes hundreds of bytes of two. */
static enum err
judge(struct span ber)
{
    if (ber_is_bounded(ber, CERT_FILE_ELEMENTS_MAX, CERT_FILE_DEPTH_MAX))
        return ERR_OK;
    return ber_is_bounded(ber, SIZE_MAX, CERT_FILE_DEPTH_MAX) ? ERR_TOO_LARGE : ERR_SYNTAX;
}

static enum err
take_contents(struct pfx *r, struct span ber)
{
    const unsigned char *p = ber.ptr;
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    enum err e = judge(ber);

    if (e != ERR_OK)
        return e == ERR_SYNTAX && !r->has_mac ? ERR_CERT_PASSWORD : e;
    bags = (STACK_OF(PKCS12_SAFEBAG) *)ASN1_item_d2i(NULL, &p, (long)ber.len,
                                                     ASN1_ITEM_rptr(PKCS12_SAFEBAGS));
    e = take_bags(r, bags, BAG_DEPTH_MAX);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return e;
}

static enum err
take_encrypted(struct pfx *r, const PKCS7_ENCRYPT *enc)
{
    struct secbuf plain;
    enum err e;

    if (enc == NULL || enc->enc_data == NULL)
        return ERR_SYNTAX;
    secbuf_init(&plain, CERT_FILE_MAX);
    e = decrypt(r, enc->enc_data->algorithm, enc->enc_data->enc_data, &plain);
    if (e == ERR_OK)
        e = take_contents(r, secbuf_span(&plain));
    secbuf_release(&plain);
    return e;
}

static enum err
take_safe(struct pfx *r, const PKCS7 *p7)
{
    if (PKCS7_type_is_data(p7)) {
        const ASN1_OCTET_STRING *data = p7->d.data;

        return data == NULL ? ERR_SYNTAX
                            : take_contents(r, span_of(ASN1_STRING_get0_data(data),
                                                       (size_t)ASN1_STRING_length(data)));
    }
    /* Enveloped for a recipient's key: there is none here. */
    return PKCS7_type_is_encrypted(p7) ? take_encrypted(r, p7->d.encrypted)
                                       : ERR_CERT_ENCRYPTED;
}

/* Is it a MAC that we know, what does it cost, and is it right? */
static enum err
check_mac(struct pfx *r, PKCS12 *p12)
{
    const ASN1_INTEGER *iterations = NULL;
    const X509_ALGOR *a = NULL;
    enum err e;
    bool known;

    if (PKCS12_mac_present(p12) != 1)
        return ERR_OK;
    PKCS12_get0_mac(NULL, &a, NULL, &iterations, p12);
    if (OBJ_obj2nid(a->algorithm) == NID_pbmac1)
        e = spend_pbes2(r, a, true);
    else
        e = spend(r, iterations);
    if (e != ERR_OK)
        return e;
    crypto_hush();
    r->has_mac = PKCS12_verify_mac(p12, r->password, r->password_len) == 1;
    if (r->has_mac)
        return ERR_OK;
    /* A MAC that could not be computed is no wrong password. */
    known = ERR_GET_REASON(ERR_peek_last_error()) != PKCS12_R_MAC_GENERATION_ERROR;
    return known ? ERR_CERT_PASSWORD : ERR_CERT_ENCRYPTED;
}

static enum err
take_safes(struct pfx *r, const PKCS12 *p12)
{
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
    enum err e = safes == NULL ? ERR_SYNTAX : ERR_OK;

    if (e == ERR_OK && sk_PKCS7_num(safes) > CONTENTS_MAX)
        e = ERR_TOO_LARGE;
    for (int i = 0; e == ERR_OK && i < sk_PKCS7_num(safes); i++)
        e = take_safe(r, sk_PKCS7_value(safes, i));
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return e;
}

enum err
pfx_read(struct span der, const struct secbuf *password, uint64_t *work, struct cert_file *f)
{
    struct pfx r = { .file = f, .work = work };
    const unsigned char *p = der.ptr;
    PKCS12 *p12;
    enum err e = judge(der);

    if (e != ERR_OK)
        return e;
    if (password != NULL) {
        r.password = (const char *)password->ptr;
        r.password_len = (int)password->len - 1; /* without the NUL */
    }
    p12 = d2i_PKCS12(NULL, &p, (long)der.len);
    if (p12 == NULL)
        return ERR_SYNTAX;
    e = check_mac(&r, p12);
    if (e == ERR_OK)
        e = take_safes(&r, p12);
    PKCS12_free(p12);
    crypto_hush();
    return e;
}
