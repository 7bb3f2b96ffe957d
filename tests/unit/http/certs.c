/* SPDX-License-Identifier: Apache-2.0 */
/* certs.c - self-signed certificates for tests, made on first use. */
#include "bed.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

struct pair {
    char cert[4096];
    char key[4096];
};

static void
take_text(BIO *bio, char *into, size_t cap)
{
    int n = BIO_read(bio, into, (int)cap - 1);

    assert_true(n > 0);
    into[n] = '\0';
    BIO_free(bio);
}

static void
make_pair(struct pair *p, EVP_PKEY *key)
{
    X509 *cert = X509_new();
    X509_NAME *name;
    BIO *bio = BIO_new(BIO_s_mem());

    assert_non_null(key);
    assert_non_null(cert);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), -60));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 3600));
    name = X509_get_subject_name(cert);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)"localhost", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(cert, name), 1);
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
    take_text(bio, p->cert, sizeof(p->cert));
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    take_text(bio, p->key, sizeof(p->key));
    X509_free(cert);
    EVP_PKEY_free(key);
}

static const struct pair *
ec_pair(void)
{
    static struct pair pair;

    if (pair.cert[0] == '\0')
        make_pair(&pair, EVP_EC_gen("P-256"));
    return &pair;
}

static const struct pair *
rsa_pair(void)
{
    static struct pair pair;

    if (pair.cert[0] == '\0')
        make_pair(&pair, EVP_RSA_gen(2048));
    return &pair;
}

const char *
ec_cert(void)
{
    return ec_pair()->cert;
}

const char *
ec_key(void)
{
    return ec_pair()->key;
}

const char *
rsa_cert(void)
{
    return rsa_pair()->cert;
}

const char *
rsa_key(void)
{
    return rsa_pair()->key;
}
