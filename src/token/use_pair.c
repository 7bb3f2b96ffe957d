/* SPDX-License-Identifier: Apache-2.0 */
/* use_pair.c - RSA and EC: what takes the private half. */
#include "base/wipe.h"
#include "crypto/unpad.h"
#include "token/template.h"
#include "token/use_int.h"

enum { RSA_MIN_PAD = 11, INFO_MAX = 19 };

/* DigestInfo up to the digest itself (RFC 8017 9.2 note 1). */
static const struct {
    uint8_t der[INFO_MAX];
} infos[DIGEST__MAX] = {
    [DIGEST_SHA256] = { { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                          0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 } },
    [DIGEST_SHA384] = { { 0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                          0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30 } },
    [DIGEST_SHA512] = { { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                          0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40 } },
};

static const struct {
    CK_MECHANISM_TYPE hash;
    CK_RSA_PKCS_MGF_TYPE mgf;
} hashes[DIGEST__MAX] = {
    [DIGEST_SHA1] = { CKM_SHA_1, CKG_MGF1_SHA1 },
    [DIGEST_SHA256] = { CKM_SHA256, CKG_MGF1_SHA256 },
    [DIGEST_SHA384] = { CKM_SHA384, CKG_MGF1_SHA384 },
    [DIGEST_SHA512] = { CKM_SHA512, CKG_MGF1_SHA512 },
};

static enum err
rsa_sign(struct session *s, struct use_run *r, CK_OBJECT_HANDLE key)
{
    const struct key_alg_info *a = key_alg_info(r->u->alg);
    size_t n = r->where->public.n.len, len;
    CK_RSA_PKCS_PSS_PARAMS pss = { hashes[a->digest].hash, hashes[a->digest].mgf,
                                   digest_len(a->digest) };
    CK_MECHANISM m = { CKM_RSA_PKCS, NULL, 0 };
    uint8_t info[INFO_MAX + DIGEST_MAX_LEN];
    struct span in = r->u->bytes;
    enum err e;

    if (a->digest_len != 0 ? in.len != a->digest_len : in.len < 1 || in.len > n - RSA_MIN_PAD)
        return ERR_ARG;
    if (a->scheme == SCHEME_RSASSA_PSS) {
        m = (CK_MECHANISM){ CKM_RSA_PKCS_PSS, &pss, sizeof(pss) };
    } else if (a->scheme == SCHEME_RSASSA_PKCS1) {
        memcpy(info, infos[a->digest].der, INFO_MAX);
        memcpy(info + INFO_MAX, in.ptr, in.len);
        in = span_of(info, INFO_MAX + in.len);
    }
    e = use_once_put(s, CALL_SIGN, &m, key, in, n, r->value);
    len = r->value->len;
    return e == ERR_OK && len != n ? ERR_CRYPTO : e;
}

/* Without raw RSA: the token's own unpadding, whose every refusal is one error. */
static enum err
rsa_decrypt_padded(struct session *s, struct use_run *r, CK_OBJECT_HANDLE key)
{
    const struct key_alg_info *a = key_alg_info(r->u->alg);
    CK_RSA_PKCS_OAEP_PARAMS oaep = { hashes[a->digest].hash, hashes[a->digest].mgf,
                                     CKZ_DATA_SPECIFIED, NULL, 0 };
    CK_MECHANISM m = { CKM_RSA_PKCS, NULL, 0 };

    if (a->scheme == SCHEME_RSAES_OAEP)
        m = (CK_MECHANISM){ CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) };
    return use_once_put(s, CALL_DECRYPT, &m, key, r->u->bytes, r->where->public.n.len,
                        r->value);
}

/* CT but for the length of a message that opened. */
static enum err
rsa_decrypt(struct session *s, struct use_run *r, CK_OBJECT_HANDLE key)
{
    const struct key_alg_info *a = key_alg_info(r->u->alg);
    size_t k = r->where->public.n.len, len, message;
    CK_MECHANISM m = { CKM_RSA_X_509, NULL, 0 };
    enum err e = ERR_OK;
    uint8_t *em;

    /* A number that is not below n: everybody can see that. */
    if (r->u->bytes.len != k || span_compare(r->u->bytes, r->where->public.n) >= 0)
        return ERR_SYNTAX;
    if (!module_can(session_module(s), CKM_RSA_X_509, CKF_DECRYPT))
        return rsa_decrypt_padded(s, r, key);
    em = secbuf_grow(r->value, k);
    if (em == NULL)
        return r->value->err;
    e = use_once(s, CALL_DECRYPT, &m, key, r->u->bytes, em, k, &len);
    if (e != ERR_OK)
        return e;
    memmove(em + k - len, em, len); /* some tokens drop zeros in front */
    memset(em, 0, k - len);
    if (a->scheme == SCHEME_RSAES_PKCS1)
        message = unpad_pkcs1(em, k);
    else
        e = unpad_oaep(a->digest, em, k, &message);
    if (e == ERR_OK && message > k)
        e = ERR_SYNTAX;
    if (e == ERR_OK)
        secbuf_truncate(r->value, message);
    return e;
}

enum err
use_rsa(struct session *s, void *arg)
{
    struct use_run *r = arg;
    CK_OBJECT_HANDLE key;
    enum err e = session_find(s, r->where->id, CKO_PRIVATE_KEY, CKK_RSA, &key);

    if (e != ERR_OK)
        return e;
    return r->u->op == KEY_SIGN ? rsa_sign(s, r, key) : rsa_decrypt(s, r, key);
}

enum err
use_ec(struct session *s, void *arg)
{
    struct use_run *r = arg;
    size_t len = 2 * key_curve_bytes(r->where->public.curve);
    CK_MECHANISM m = { CKM_ECDSA, NULL, 0 };
    CK_OBJECT_HANDLE key;
    enum err e;

    if (r->u->bytes.len != key_alg_info(r->u->alg)->digest_len)
        return ERR_ARG;
    e = session_find(s, r->where->id, CKO_PRIVATE_KEY, CKK_EC, &key);
    if (e == ERR_OK) /* r || s, as JWS wants it */
        e = use_once_put(s, CALL_SIGN, &m, key, r->u->bytes, len, r->value);
    return e == ERR_OK && r->value->len != len ? ERR_CRYPTO : e;
}
