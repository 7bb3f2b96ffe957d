/* SPDX-License-Identifier: Apache-2.0 */
/* scrypt.c - RFC 7914 and the PHC record of a password. */
#include "crypto/scrypt.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <stdio.h>

#include "base/rand.h"
#include "base/wipe.h"
#include "codec/b64.h"
#include "crypto/crypto_int.h"

enum { SALT_LEN = 16, HASH_LEN = 32, SALT_MAX = 64, FIELD_MAX = 96 };

static bool
cost_is_ok(const struct scrypt_cost *c)
{
    return c->log_n >= 1 && c->log_n <= SCRYPT_LOG_N_MAX && c->r >= 1 && c->r <= SCRYPT_R &&
           c->p >= 1 && c->p <= SCRYPT_P_MAX;
}

enum err
scrypt_derive(struct span password, struct span salt, const struct scrypt_cost *cost,
              uint8_t *out, size_t len)
{
    static uint8_t none;
    const struct crypto_algs *algs = crypto_algs();
    uint64_t n, r = cost->r, p = cost->p, most = 512ull * 1024 * 1024;
    void *pass = password.len > 0 ? (void *)(uintptr_t)password.ptr : &none;
    void *salt_ptr = salt.len > 0 ? (void *)(uintptr_t)salt.ptr : &none;
    EVP_KDF_CTX *ctx;
    int ok;

    if (!cost_is_ok(cost))
        return ERR_ARG;
    if (algs == NULL)
        return ERR_CRYPTO;
    n = 1ull << cost->log_n;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, pass, password.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt_ptr, salt.len),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &most),
        OSSL_PARAM_construct_end(),
    };
    ctx = EVP_KDF_CTX_new(algs->scrypt);
    if (ctx == NULL)
        return ERR_NOMEM;
    ok = EVP_KDF_derive(ctx, out, len, params);
    EVP_KDF_CTX_free(ctx);
    return ok == 1 ? ERR_OK : crypto_fail("scrypt");
}

/* base64 as PHC strings have it: without the padding. */
static void
put_b64_bare(struct sink out, struct span bytes)
{
    struct buf text;

    buf_init(&text, 256);
    b64_put(sink_buf(&text), bytes);
    while (text.len > 0 && text.ptr[text.len - 1] == '=')
        text.len--;
    sink_put(out, buf_span(&text));
    buf_release(&text);
}

static bool
get_b64_bare(struct span text, uint8_t *out, size_t cap, size_t *len)
{
    uint8_t padded[FIELD_MAX + 4];
    struct span s = { padded, text.len };
    struct buf b;
    bool ok;

    if (text.len == 0 || text.len > FIELD_MAX)
        return false;
    memcpy(padded, text.ptr, text.len);
    while (s.len % 4 != 0)
        padded[s.len++] = '=';
    buf_init(&b, cap);
    ok = b64_get(s, sink_buf(&b)) == ERR_OK && b.err == ERR_OK;
    *len = ok ? b.len : 0;
    if (ok && b.len > 0)
        memcpy(out, b.ptr, b.len);
    buf_release(&b);
    return ok;
}

enum err
scrypt_record_make(struct span password, const struct scrypt_cost *cost, struct sink out)
{
    WIPED32 uint8_t hash[HASH_LEN];
    uint8_t salt[SALT_LEN];
    char head[64];
    enum err e;

    if (password.len > PASSWORD_MAX)
        return ERR_TOO_LARGE;
    rand_fill(salt, sizeof(salt));
    e = scrypt_derive(password, span_of(salt, sizeof(salt)), cost, hash, sizeof(hash));
    if (e != ERR_OK)
        return e;
    (void)snprintf(head, sizeof(head), "$scrypt$ln=%u,r=%u,p=%u$", cost->log_n, cost->r,
                   cost->p);
    sink_put_str(out, head);
    put_b64_bare(out, span_of(salt, sizeof(salt)));
    sink_put_byte(out, '$');
    put_b64_bare(out, span_of(hash, sizeof(hash)));
    return sink_err(out);
}

/* Takes `literal` and then a number off the front. */
static bool
take_number(struct span *rest, const char *literal, unsigned *out)
{
    struct span want = span_str(literal);
    uint64_t v;
    size_t n;

    if (!span_has_prefix(*rest, want))
        return false;
    *rest = span_tail(*rest, want.len);
    for (n = 0; n < rest->len && rest->ptr[n] >= '0' && rest->ptr[n] <= '9';)
        n++;
    if (n > 4 || !span_get_u64(span_head(*rest, n), &v))
        return false;
    *out = (unsigned)v;
    *rest = span_tail(*rest, n);
    return true;
}

static bool
take_dollar(struct span *rest)
{
    if (rest->len == 0 || rest->ptr[0] != '$')
        return false;
    *rest = span_tail(*rest, 1);
    return true;
}

struct record {
    struct scrypt_cost cost;
    uint8_t salt[SALT_MAX];
    uint8_t hash[HASH_LEN];
    size_t salt_len;
};

static bool
record_parse(struct span s, struct record *r)
{
    size_t at, hash_len = 0;

    if (s.len > SCRYPT_RECORD_MAX || !take_number(&s, "$scrypt$ln=", &r->cost.log_n) ||
        !take_number(&s, ",r=", &r->cost.r) || !take_number(&s, ",p=", &r->cost.p) ||
        !cost_is_ok(&r->cost) || !take_dollar(&s))
        return false;
    at = span_find(s, '$');
    if (!get_b64_bare(span_head(s, at), r->salt, sizeof(r->salt), &r->salt_len))
        return false;
    s = span_tail(s, at);
    return take_dollar(&s) && get_b64_bare(s, r->hash, sizeof(r->hash), &hash_len) &&
           hash_len == HASH_LEN;
}

enum err
scrypt_record_check(struct span record, struct span password)
{
    WIPED32 uint8_t hash[HASH_LEN];
    struct record r;
    enum err e;

    if (!record_parse(record, &r))
        return ERR_FORMAT;
    if (password.len > PASSWORD_MAX)
        return ERR_BAD_SECRET;
    e = scrypt_derive(password, span_of(r.salt, r.salt_len), &r.cost, hash, sizeof(hash));
    if (e == ERR_OK && !ct_equal(span_of(hash, sizeof(hash)), span_of(r.hash, sizeof(r.hash))))
        e = ERR_BAD_SECRET;
    wipe(&r, sizeof(r));
    return e;
}
