/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_permit.c - are the names within the constraints above?
 *
 * OpenSSL judges names of parsed certificates only, so what is to be signed is given a
 * signature of nothing and parsed. There is no second reading of RFC 5280 4.2.1.10 that could
 * disagree with the one that clients use.
 */
#include "crypto/cert_ext.h"

#include "base/log.h"
#include "crypto/cert_int.h"
#include "crypto/cert_read_int.h"
#include "crypto/der_int.h"

/* A certificate with an empty signature; NULL. */
static X509 *
unsigned_cert(struct span tbs)
{
    static const uint8_t no_signature[] = { 0 };
    const unsigned char *p;
    struct buf b;
    X509 *x = NULL;
    size_t at;

    buf_init(&b, CERT_TBS_MAX + 64);
    at = der_open(&b, DER_SEQUENCE);
    buf_put(&b, tbs);
    cert_put_alg(&b, ALG_ES256);
    der_put(&b, DER_BIT_STRING, span_of(no_signature, sizeof(no_signature)));
    der_close(&b, at);
    p = b.ptr;
    if (b.err == ERR_OK)
        x = d2i_X509(NULL, &p, (long)b.len);
    /* The purpose's check reads the extensions; without it no alternative name is judged. */
    if (x != NULL && (p != b.ptr + b.len || X509_check_purpose(x, -1, 0) != 1 ||
                      (X509_get_extension_flags(x) & EXFLAG_INVALID) != 0)) {
        X509_free(x);
        x = NULL;
    }
    buf_release(&b);
    return x;
}

static bool
has_host(const X509 *x)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(all) && !found; i++)
        found = sk_GENERAL_NAME_value(all, i)->type == GEN_DNS;
    GENERAL_NAMES_free(all);
    return found;
}

static enum err
check_under(X509 *x, bool has_dns, struct span above)
{
    X509 *issuer = x509_parse(above);
    NAME_CONSTRAINTS *nc = NULL;
    int critical = -1;
    enum err e = issuer == NULL ? ERR_FORMAT : ERR_OK;

    if (e == ERR_OK)
        nc = X509_get_ext_d2i(issuer, NID_name_constraints, &critical, NULL);
    if (e == ERR_OK && nc == NULL && critical != -1)
        e = ERR_DENIED; /* one that cannot be read */
    if (nc != NULL && NAME_CONSTRAINTS_check(x, nc) != X509_V_OK)
        e = ERR_DENIED;
    if (e == ERR_OK && nc != NULL && !has_dns && NAME_CONSTRAINTS_check_CN(x, nc) != X509_V_OK)
        e = ERR_DENIED;
    NAME_CONSTRAINTS_free(nc);
    X509_free(issuer);
    return e;
}

enum err
cert_tbs_is_permitted(struct span tbs, const struct span *above, size_t n)
{
    X509 *x = unsigned_cert(tbs);
    bool has_dns;
    enum err e = x == NULL ? ERR_FORMAT : ERR_OK;

    has_dns = e == ERR_OK && has_host(x);
    for (size_t i = 0; i < n && e == ERR_OK; i++)
        e = check_under(x, has_dns, above[i]);
    X509_free(x);
    crypto_hush();
    return e;
}

static bool
fill_stacks(const struct span *chain, size_t n, STACK_OF(X509) * between, X509_STORE *store)
{
    for (size_t i = 1; i < n; i++) {
        X509 *x = x509_parse(chain[i]);
        bool ok = x != NULL && (i + 1 < n ? sk_X509_push(between, x) > 0
                                          : X509_STORE_add_cert(store, x) == 1);

        if (!ok || i + 1 == n)
            X509_free(x); /* the store has its own reference */
        if (!ok)
            return false;
    }
    return true;
}

static enum err
verify(X509 *leaf, STACK_OF(X509) * between, X509_STORE *store, int64_t at)
{
    const unsigned long flags = X509_V_FLAG_X509_STRICT | X509_V_FLAG_PARTIAL_CHAIN;
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    enum err e = ERR_NOMEM;

    if (ctx != NULL && X509_STORE_CTX_init(ctx, store, leaf, between) == 1) {
        X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

        X509_VERIFY_PARAM_set_time(param, (time_t)at);
        (void)X509_VERIFY_PARAM_set_flags(param, flags);
        e = X509_verify_cert(ctx) == 1 ? ERR_OK : ERR_INTEGRITY;
        if (e != ERR_OK)
            log_debug("x509: the chain is refused: %s",
                      X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    }
    X509_STORE_CTX_free(ctx);
    return e;
}

enum err
cert_chain_verify(const struct span *chain, size_t n, int64_t at)
{
    STACK_OF(X509) *between = sk_X509_new_null();
    X509_STORE *store = X509_STORE_new();
    X509 *leaf = n > 0 ? x509_parse(chain[0]) : NULL;
    enum err e = leaf == NULL ? ERR_FORMAT : ERR_OK;

    if (between == NULL || store == NULL)
        e = ERR_NOMEM;
    if (e == ERR_OK && n == 1 && X509_STORE_add_cert(store, leaf) != 1)
        e = ERR_NOMEM;
    if (e == ERR_OK && !fill_stacks(chain, n, between, store))
        e = ERR_FORMAT;
    if (e == ERR_OK)
        e = verify(leaf, between, store, at);
    sk_X509_pop_free(between, X509_free);
    X509_STORE_free(store);
    X509_free(leaf);
    crypto_hush();
    return e;
}
