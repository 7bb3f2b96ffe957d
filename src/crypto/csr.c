/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csr.c - reads a PKCS#10 request. Cheap judgements come first: size and shape
 * before OpenSSL's parser, kind and size of the key before anything is computed
 * with it, the signature before what was asked for.
 */
#include "crypto/csr.h"

#include <openssl/core_names.h>
#include <stdlib.h>

#include "crypto/cert_facts_int.h"
#include "crypto/cert_int.h"
#include "crypto/der_int.h"
#include "crypto/key_int.h"
#include "crypto/utf8_int.h"
#include "crypto/x509.h"

enum { ELEMENTS_MAX = 4096, DEPTH_MAX = 16, MORE_MAX = 4 * CSR_MAX };

struct csr {
    struct cert_facts facts;
    struct slice commons[CSR_COMMON_MAX];
    size_t common_count;
    struct key *key; /* its public half */
};

static X509_REQ *
parse(struct span der)
{
    const unsigned char *p = der.ptr;
    X509_REQ *x = d2i_X509_REQ(NULL, &p, (long)der.len);

    crypto_hush();
    if (x != NULL && (p != der.ptr + der.len || X509_REQ_get_version(x) != 0)) {
        X509_REQ_free(x);
        x = NULL;
    }
    return x;
}

/* RFC 5480 2.1.1 forbids it, and a curve that is only almost the named one is an attack. */
static bool
is_spelled_out(const EVP_PKEY *pkey)
{
    int explicit = 0;

    return EVP_PKEY_is_a(pkey, "EC") == 1 &&
           (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                                   &explicit) != 1 ||
            explicit != 0);
}

static enum err
read_key(struct csr *c, X509_REQ *x)
{
    EVP_PKEY *pkey = X509_REQ_get_pubkey(x);
    const struct key_public *p;
    enum err e;

    crypto_hush();
    if (pkey == NULL || is_spelled_out(pkey)) {
        EVP_PKEY_free(pkey);
        return ERR_KEY_TYPE;
    }
    e = key_adopt(pkey, &c->key);
    if (e != ERR_OK)
        return e == ERR_UNSUPPORTED ? ERR_KEY_TYPE : e;
    p = key_public(c->key);
    return cert_alg_of(p->type, p->curve) == ALG_NONE ? ERR_KEY_TYPE : ERR_OK;
}

/* Who can make a second request with the same SHA-1 can pass off one as the other. */
static bool
is_strong(const X509_REQ *x)
{
    static const int nids[] = { NID_sha256WithRSAEncryption, NID_sha384WithRSAEncryption,
                                NID_sha512WithRSAEncryption, NID_ecdsa_with_SHA256,
                                NID_ecdsa_with_SHA384,       NID_ecdsa_with_SHA512 };
    int nid = X509_REQ_get_signature_nid(x);

    for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++)
        if (nid == nids[i])
            return true;
    return false;
}

static enum err
check_signature(X509_REQ *x)
{
    EVP_PKEY *pkey = X509_REQ_get0_pubkey(x);
    bool ok;

    if (!is_strong(x))
        return ERR_UNSUPPORTED;
    ok = pkey != NULL && X509_REQ_verify(x, pkey) == 1;
    crypto_hush();
    return ok ? ERR_OK : ERR_INTEGRITY;
}

static bool
keep_common(struct csr *c, const ASN1_STRING *value)
{
    unsigned char *text = NULL;
    int len = ASN1_STRING_to_UTF8(&text, value);
    bool ok = len > 0 && c->common_count < CSR_COMMON_MAX &&
              utf8_is_plain(span_of(text, (size_t)len));

    if (ok)
        c->commons[c->common_count++] = facts_keep(&c->facts, span_of(text, (size_t)len));
    OPENSSL_free(text);
    crypto_hush();
    return ok;
}

static enum err
read_subject(struct csr *c, const X509_REQ *x)
{
    const X509_NAME *name = X509_REQ_get_subject_name(x);
    int at = -1;

    if (!facts_keep_name(&c->facts, name, &c->facts.subject_der))
        return ERR_FORMAT;
    if (!facts_keep_dn(&c->facts))
        return ERR_UNSUPPORTED;
    while ((at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0)
        if (!keep_common(c, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))))
            return ERR_UNSUPPORTED;
    return ERR_OK;
}

/* Is it there at most once, with one value? OpenSSL's reader takes the first of anything, and
 * another reader another one. */
static bool
requests_are_plain(const X509_REQ *x, size_t *count)
{
    static const int nids[] = { NID_ext_req, NID_ms_ext_req };

    *count = 0;
    for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++)
        for (int at = -1; (at = X509_REQ_get_attr_by_NID(x, nids[i], at)) >= 0; ++*count)
            if (X509_ATTRIBUTE_count(X509_REQ_get_attr(x, at)) != 1)
                return false;
    return *count <= 1;
}

/* Key identifiers are ours to make; the others are read. */
static bool
is_known(int nid)
{
    return nid == NID_subject_alt_name || nid == NID_ext_key_usage || nid == NID_key_usage ||
           nid == NID_basic_constraints || nid == NID_subject_key_identifier ||
           nid == NID_authority_key_identifier;
}

static enum err
check_unknown(const STACK_OF(X509_EXTENSION) * all)
{
    for (int i = 0; i < sk_X509_EXTENSION_num(all); i++) {
        X509_EXTENSION *ext = sk_X509_EXTENSION_value(all, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));

        if (nid == NID_tlsfeature || (!is_known(nid) && X509_EXTENSION_get_critical(ext) != 0))
            return ERR_UNSUPPORTED;
    }
    return ERR_OK;
}

static enum err
check_alts(const struct csr *c)
{
    for (size_t i = 0; i < c->facts.alt_count; i++) {
        struct alt_name a = facts_alt(&c->facts, i);

        if (!alt_name_is_ok(&a))
            return ERR_UNSUPPORTED;
    }
    return c->facts.partial ? ERR_UNSUPPORTED : ERR_OK;
}

static enum err
read_extensions(struct csr *c, X509_REQ *x)
{
    STACK_OF(X509_EXTENSION) *all = NULL;
    size_t count;
    enum err e;

    if (!requests_are_plain(x, &count))
        return ERR_FORMAT;
    c->facts.path_length = -1;
    if (count == 0)
        return ERR_OK;
    all = X509_REQ_get_extensions(x);
    e = all != NULL && facts_read(&c->facts, all) ? ERR_OK : ERR_FORMAT;
    if (e == ERR_OK)
        e = check_unknown(all);
    if (e == ERR_OK)
        e = check_alts(c);
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    crypto_hush();
    return e;
}

static enum err
fill(struct csr *c, X509_REQ *x)
{
    enum err e = read_key(c, x);

    if (e == ERR_OK)
        e = check_signature(x);
    if (e == ERR_OK)
        e = read_subject(c, x);
    if (e == ERR_OK)
        e = read_extensions(c, x);
    return e == ERR_OK ? c->facts.more.err : e;
}

enum err
csr_new(struct span der, struct csr **out)
{
    struct csr *c = NULL;
    X509_REQ *x = NULL;
    enum err e = ERR_NOMEM;

    *out = NULL;
    if (der.len > CSR_MAX)
        return ERR_TOO_LARGE;
    if (der.len == 0 || !ber_is_bounded(der, ELEMENTS_MAX, DEPTH_MAX))
        return ERR_FORMAT;
    x = parse(der);
    if (x == NULL)
        return ERR_FORMAT;
    c = calloc(1, sizeof(*c));
    if (c == NULL)
        goto out;
    buf_init(&c->facts.more, MORE_MAX);
    e = fill(c, x);
    if (e != ERR_OK)
        goto out;
    *out = c;
    c = NULL;
out:
    csr_free(c);
    X509_REQ_free(x);
    return e;
}

enum err
csr_new_pem(struct span text, struct csr **out)
{
    struct buf der;
    enum err e;

    *out = NULL;
    buf_init(&der, CSR_MAX);
    e = pem_get(text, "CERTIFICATE REQUEST", &der, NULL);
    if (e == ERR_NOT_FOUND)
        e = pem_get(text, "NEW CERTIFICATE REQUEST", &der, NULL);
    if (e == ERR_OK)
        e = csr_new(buf_span(&der), out);
    buf_release(&der);
    return e;
}

void
csr_free(struct csr *c)
{
    if (c == NULL)
        return;
    buf_release(&c->facts.more);
    key_free(c->key);
    free(c);
}

const struct key_public *
csr_key(const struct csr *c)
{
    return key_public(c->key);
}

struct span
csr_subject_der(const struct csr *c)
{
    return facts_span(&c->facts, c->facts.subject_der);
}

const char *
csr_subject_dn(const struct csr *c)
{
    return (const char *)facts_span(&c->facts, c->facts.subject_dn).ptr;
}

size_t
csr_common_count(const struct csr *c)
{
    return c->common_count;
}

struct span
csr_common(const struct csr *c, size_t i)
{
    bug_on(i >= c->common_count);
    return facts_span(&c->facts, c->commons[i]);
}

size_t
csr_alt_count(const struct csr *c)
{
    return c->facts.alt_count;
}

struct alt_name
csr_alt(const struct csr *c, size_t i)
{
    bug_on(i >= c->facts.alt_count);
    return facts_alt(&c->facts, i);
}

size_t
csr_eku_count(const struct csr *c)
{
    return c->facts.eku_count;
}

struct span
csr_eku(const struct csr *c, size_t i)
{
    bug_on(i >= c->facts.eku_count);
    return facts_span(&c->facts, c->facts.ekus[i]);
}

unsigned
csr_key_usage(const struct csr *c)
{
    return c->facts.key_usage;
}

bool
csr_is_ca(const struct csr *c)
{
    return c->facts.ca;
}

int
csr_path_length(const struct csr *c)
{
    return c->facts.path_length;
}
