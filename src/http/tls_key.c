/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_key.c - a minimal OpenSSL provider: keys that sign by asking somebody.
 *
 * libssl finds the right implementation by itself: EVP_DigestSignInit first
 * tries to carry the key over to the default provider (our export refuses, as
 * there is no private half to carry) and then takes the signature algorithm of
 * the provider that the key belongs to. Everything public (sizes, group, the
 * comparison with the certificate) is answered by the certificate's own key.
 *
 * The name sorts behind "default", and the library context prefers the default
 * provider, so no other operation ever comes here.
 */
#include "http/tls_key_int.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define PROVIDER_NAME "keyhold-tls"
#define PARAM_REMOTE  "keyhold-remote"

enum { MAX_SIGNATURE = 1024 };

struct remote {
    EVP_PKEY *public;
    tls_sign_fn sign;
    void *arg;
};

struct key {
    OSSL_LIB_CTX *lib;
    bool is_rsa;
    int refs;
    struct remote remote;
};

/* --- keymgmt ------------------------------------------------------------------------- */

static struct key *
key_new(OSSL_LIB_CTX *lib, bool is_rsa)
{
    struct key *k = calloc(1, sizeof(*k));

    if (k == NULL)
        return NULL;
    k->lib = lib;
    k->is_rsa = is_rsa;
    k->refs = 1;
    return k;
}

static void *
key_new_ec(void *lib)
{
    return key_new(lib, false);
}

static void *
key_new_rsa(void *lib)
{
    return key_new(lib, true);
}

static void
key_free(void *keydata)
{
    struct key *k = keydata;

    if (k == NULL || __atomic_sub_fetch(&k->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    EVP_PKEY_free(k->remote.public);
    free(k);
}

static int
key_has(const void *keydata, int selection)
{
    const struct key *k = keydata;

    if (k->remote.public == NULL)
        return 0;
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || k->remote.sign != NULL;
}

static int
key_match(const void *a, const void *b, int selection)
{
    const struct key *x = a, *y = b;

    (void)selection; /* there is nothing private to compare */
    if (x->remote.public == NULL || y->remote.public == NULL)
        return 0;
    return EVP_PKEY_eq(x->remote.public, y->remote.public) == 1;
}

/* A public key that libssl carries over here to compare it with ours. */
static int
import_public(struct key *k, const OSSL_PARAM params[])
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(k->lib, k->is_rsa ? "RSA" : "EC", "provider=default");
    int ok = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
             EVP_PKEY_fromdata(ctx, &k->remote.public, EVP_PKEY_PUBLIC_KEY,
                               (OSSL_PARAM *)(uintptr_t)params) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static int
key_import(void *keydata, int selection, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, PARAM_REMOTE);
    struct key *k = keydata;

    (void)selection;
    if (k->remote.public != NULL)
        return 0;
    if (p == NULL)
        return import_public(k, params);
    if (p->data_type != OSSL_PARAM_OCTET_STRING || p->data_size != sizeof(k->remote))
        return 0;
    memcpy(&k->remote, p->data, sizeof(k->remote));
    return EVP_PKEY_up_ref(k->remote.public);
}

static const OSSL_PARAM *
key_import_types(int selection)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_octet_string(PARAM_REMOTE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)selection;
    return types;
}

static int
key_export(void *keydata, int selection, OSSL_CALLBACK *callback, void *arg)
{
    struct key *k = keydata;
    OSSL_PARAM *params = NULL;
    int ok;

    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 || k->remote.public == NULL)
        return 0;
    if (EVP_PKEY_todata(k->remote.public, EVP_PKEY_PUBLIC_KEY, &params) != 1)
        return 0;
    ok = callback(params, arg);
    OSSL_PARAM_free(params);
    return ok;
}

static const OSSL_PARAM *
key_export_types(int selection)
{
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ? NULL
                                                              : key_import_types(selection);
}

static int
key_get_params(void *keydata, OSSL_PARAM params[])
{
    struct key *k = keydata;

    return k->remote.public != NULL && EVP_PKEY_get_params(k->remote.public, params) == 1;
}

static const OSSL_PARAM *
key_gettable_params(void *lib)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)lib;
    return types;
}

static const char *
ec_operation_name(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "ECDSA" : "EC";
}

/* clang-format off */
#define FN(id, f) { (id), (void (*)(void))(f) }
#define KEYMGMT_COMMON                                              \
    FN(OSSL_FUNC_KEYMGMT_FREE, key_free),                           \
    FN(OSSL_FUNC_KEYMGMT_HAS, key_has),                             \
    FN(OSSL_FUNC_KEYMGMT_MATCH, key_match),                         \
    FN(OSSL_FUNC_KEYMGMT_IMPORT, key_import),                       \
    FN(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_import_types),           \
    FN(OSSL_FUNC_KEYMGMT_EXPORT, key_export),                       \
    FN(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, key_export_types),           \
    FN(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get_params),               \
    FN(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable_params),     \
    { 0, NULL }

static const OSSL_DISPATCH ec_keymgmt[] = {
    FN(OSSL_FUNC_KEYMGMT_NEW, key_new_ec),
    FN(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, ec_operation_name),
    KEYMGMT_COMMON,
};
static const OSSL_DISPATCH rsa_keymgmt[] = {
    FN(OSSL_FUNC_KEYMGMT_NEW, key_new_rsa),
    KEYMGMT_COMMON,
};
/* clang-format on */

/* --- signature ----------------------------------------------------------------------- */

struct signing {
    OSSL_LIB_CTX *lib;
    struct key *key;
    EVP_MD_CTX *md;
    enum tls_digest digest;
    bool pss;
};

static void *
sig_new(void *lib, const char *propq)
{
    struct signing *s = calloc(1, sizeof(*s));

    (void)propq;
    if (s != NULL)
        s->lib = lib;
    return s;
}

static void
sig_free(void *ctx)
{
    struct signing *s = ctx;

    if (s == NULL)
        return;
    key_free(s->key);
    EVP_MD_CTX_free(s->md);
    free(s);
}

static int
sig_set_params(void *ctx, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p =
        params == NULL ? NULL : OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    struct signing *s = ctx;
    int mode = 0;

    if (p == NULL)
        return 1; /* the salt is always as long as the digest: RFC 8446 4.2.3 */
    if (p->data_type == OSSL_PARAM_UTF8_STRING) {
        s->pss = span_is_str(span_str(p->data), OSSL_PKEY_RSA_PAD_MODE_PSS);
        return s->pss || span_is_str(span_str(p->data), OSSL_PKEY_RSA_PAD_MODE_PKCSV15);
    }
    if (OSSL_PARAM_get_int(p, &mode) != 1)
        return 0;
    s->pss = mode == RSA_PKCS1_PSS_PADDING;
    return s->pss || mode == RSA_PKCS1_PADDING;
}

static const OSSL_PARAM *
sig_settable_params(void *ctx, void *lib)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)ctx;
    (void)lib;
    return types;
}

static bool
digest_of(const EVP_MD *md, enum tls_digest *out)
{
    if (EVP_MD_is_a(md, "SHA2-256"))
        *out = TLS_SHA256;
    else if (EVP_MD_is_a(md, "SHA2-384"))
        *out = TLS_SHA384;
    else if (EVP_MD_is_a(md, "SHA2-512"))
        *out = TLS_SHA512;
    else
        return false;
    return true;
}

static int
sig_init(void *ctx, const char *digest, void *keydata, const OSSL_PARAM params[])
{
    struct signing *s = ctx;
    EVP_MD *md = NULL;
    int ok = 0;

    if (keydata != NULL) {
        struct key *k = keydata;

        (void)__atomic_add_fetch(&k->refs, 1, __ATOMIC_ACQ_REL);
        key_free(s->key);
        s->key = k;
    }
    if (s->key == NULL || s->key->remote.sign == NULL || digest == NULL)
        return 0;
    md = EVP_MD_fetch(s->lib, digest, NULL);
    if (s->md == NULL)
        s->md = EVP_MD_CTX_new();
    if (md != NULL && s->md != NULL && digest_of(md, &s->digest))
        ok = EVP_DigestInit_ex2(s->md, md, NULL) == 1 && sig_set_params(s, params);
    EVP_MD_free(md);
    return ok;
}

static int
sig_update(void *ctx, const unsigned char *p, size_t len)
{
    struct signing *s = ctx;

    return s->md != NULL && EVP_DigestUpdate(s->md, p, len) == 1;
}

static int
sig_final(void *ctx, unsigned char *sig, size_t *len, size_t cap)
{
    struct signing *s = ctx;
    const struct remote *r;
    uint8_t hash[EVP_MAX_MD_SIZE];
    enum tls_sig kind = TLS_SIG_ECDSA;
    unsigned hash_len = 0;

    if (s->key == NULL)
        return 0;
    r = &s->key->remote;
    if (sig == NULL) {
        *len = (size_t)EVP_PKEY_get_size(r->public);
        return 1;
    }
    if (EVP_DigestFinal_ex(s->md, hash, &hash_len) != 1)
        return 0;
    if (s->key->is_rsa)
        kind = s->pss ? TLS_SIG_RSA_PSS : TLS_SIG_RSA_PKCS1;
    if (cap > MAX_SIGNATURE)
        cap = MAX_SIGNATURE;
    *len = 0;
    return r->sign(r->arg, kind, s->digest, span_of(hash, hash_len), sig, cap, len) == ERR_OK &&
           *len > 0 && *len <= cap;
}

static int
sig_digest_sign(void *ctx, unsigned char *sig, size_t *len, size_t cap,
                const unsigned char *tbs, size_t tbs_len)
{
    if (sig != NULL && !sig_update(ctx, tbs, tbs_len))
        return 0;
    return sig_final(ctx, sig, len, cap);
}

/* clang-format off */
static const OSSL_DISPATCH signature[] = {
    FN(OSSL_FUNC_SIGNATURE_NEWCTX, sig_new),
    FN(OSSL_FUNC_SIGNATURE_FREECTX, sig_free),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, sig_init),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, sig_update),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, sig_final),
    FN(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, sig_digest_sign),
    FN(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, sig_set_params),
    FN(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, sig_settable_params),
    { 0, NULL },
};

/* --- the provider -------------------------------------------------------------------- */

static const OSSL_ALGORITHM keymgmts[] = {
    { "EC:id-ecPublicKey:1.2.840.10045.2.1", "provider=" PROVIDER_NAME, ec_keymgmt, NULL },
    { "RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=" PROVIDER_NAME, rsa_keymgmt, NULL },
    { NULL, NULL, NULL, NULL },
};
static const OSSL_ALGORITHM signatures[] = {
    { "ECDSA", "provider=" PROVIDER_NAME, signature, NULL },
    { "RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=" PROVIDER_NAME, signature, NULL },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *
provider_query(void *lib, int operation, int *no_cache)
{
    (void)lib;
    *no_cache = 0;
    if (operation == OSSL_OP_KEYMGMT)
        return keymgmts;
    return operation == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static const OSSL_DISPATCH provider[] = {
    FN(OSSL_FUNC_PROVIDER_QUERY_OPERATION, provider_query),
    { 0, NULL },
};
/* clang-format on */

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
              const OSSL_DISPATCH **out, void **lib)
{
    for (; in->function_id != 0; in++) {
        if (in->function_id == OSSL_FUNC_CORE_GET_LIBCTX) {
            /* Within one libcrypto the core's context is the library context. */
            *lib = (OSSL_LIB_CTX *)OSSL_FUNC_core_get_libctx(in)(handle);
            *out = provider;
            return 1;
        }
    }
    return 0;
}

OSSL_PROVIDER *
tls_key_provider(OSSL_LIB_CTX *lib)
{
    if (OSSL_PROVIDER_add_builtin(lib, PROVIDER_NAME, provider_init) != 1 ||
        EVP_set_default_properties(lib, "?provider=default") != 1)
        return NULL;
    return OSSL_PROVIDER_load(lib, PROVIDER_NAME);
}

enum err
tls_key_new(OSSL_LIB_CTX *lib, EVP_PKEY *public, tls_sign_fn sign, void *arg, EVP_PKEY **out)
{
    struct remote remote = { public, sign, arg };
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(PARAM_REMOTE, &remote, sizeof(remote)),
        OSSL_PARAM_construct_end(),
    };
    const char *name = EVP_PKEY_is_a(public, "EC")    ? "EC"
                       : EVP_PKEY_is_a(public, "RSA") ? "RSA"
                                                      : NULL;
    EVP_PKEY_CTX *ctx;
    enum err e = ERR_CRYPTO;

    *out = NULL;
    if (name == NULL)
        return ERR_UNSUPPORTED;
    ctx = EVP_PKEY_CTX_new_from_name(lib, name, "provider=" PROVIDER_NAME);
    if (ctx == NULL)
        return ERR_CRYPTO;
    if (EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, out, EVP_PKEY_KEYPAIR, params) == 1)
        e = ERR_OK;
    EVP_PKEY_CTX_free(ctx);
    return e;
}
