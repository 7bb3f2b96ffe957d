/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_oct.c - AES and HMAC with a key of bytes.
 *
 * A cipher's context is keyed once and lives with the key; each use sets the
 * initialisation vector alone. CBC runs without OpenSSL's padding: ours is put
 * on and taken off here, so that taking it off can be CT.
 */
#include "base/rand.h"
#include "base/wipe.h"
#include "crypto/key_int.h"
#include "crypto/mac.h"
#include "crypto/unpad.h"

enum { BLOCK = 16, HALF = 8, KW_MIN = 16, KW_MAC = 8 };

static enum aes_mode
mode_of(enum key_scheme s)
{
    switch (s) {
    case SCHEME_GCM:
        return AES_GCM;
    case SCHEME_CBC:
    case SCHEME_CBC_PAD:
        return AES_CBC;
    case SCHEME_KW:
        return AES_KW;
    case SCHEME_KWP:
        return AES_KWP;
    case SCHEME_RSAES_PKCS1:
    case SCHEME_RSAES_OAEP:
    case SCHEME_RSASSA_PKCS1:
    case SCHEME_RSASSA_PKCS1_NULL:
    case SCHEME_RSASSA_PSS:
    case SCHEME_ECDSA:
    case SCHEME_EDDSA:
    case SCHEME_HMAC:
        break;
    }
    bug_on(true);
    return AES_MODE__MAX;
}

/* A context with the key in it. NULL (logged). */
static EVP_CIPHER_CTX *
cipher_new(enum aes_mode mode, struct span key, bool encrypt)
{
    const struct crypto_algs *algs = crypto_algs();
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (ctx != NULL && algs != NULL) {
        EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
        if (EVP_CipherInit_ex2(ctx, algs->aes[mode][key.len / 8 - 2], key.ptr, NULL, encrypt,
                               NULL) == 1 &&
            EVP_CIPHER_CTX_set_padding(ctx, 0) == 1)
            return ctx;
    }
    EVP_CIPHER_CTX_free(ctx);
    (void)crypto_fail("preparing AES");
    return NULL;
}

/* Ready for one message under iv (NULL for key wrap). NULL (logged). */
static EVP_CIPHER_CTX *
ctx_ready(struct key *k, enum key_alg alg, bool encrypt, const uint8_t *iv)
{
    union key_ready *r = &k->ready[alg][encrypt ? WAY_PUBLIC : WAY_PRIVATE];

    if (r->cipher == NULL)
        r->cipher =
            cipher_new(mode_of(key_alg_info(alg)->scheme), secbuf_span(&k->secret), encrypt);
    if (r->cipher == NULL)
        return NULL;
    if (EVP_CipherInit_ex2(r->cipher, NULL, NULL, iv, encrypt, NULL) != 1) {
        (void)crypto_fail("preparing AES");
        return NULL;
    }
    return r->cipher;
}

/* in -> out of the same length; the caller made room. */
static bool
run(EVP_CIPHER_CTX *ctx, struct span in, uint8_t *out)
{
    int n = 0;

    return in.len == 0 ||
           (EVP_CipherUpdate(ctx, out, &n, in.ptr, (int)in.len) == 1 && (size_t)n == in.len);
}

/* Room that may be of no bytes, for which secbuf_grow() has no answer. */
static uint8_t *
room(struct secbuf *value, size_t len, uint8_t *none)
{
    return len == 0 ? none : secbuf_grow(value, len);
}

static bool
gcm_begin(EVP_CIPHER_CTX *ctx, struct span aad)
{
    int n = 0;

    return ctx != NULL &&
           (aad.len == 0 || EVP_CipherUpdate(ctx, NULL, &n, aad.ptr, (int)aad.len) == 1);
}

static enum err
gcm_encrypt(struct key *k, const struct key_use *u, struct secbuf *value,
            struct key_result *out)
{
    uint8_t none[1], *text;
    EVP_CIPHER_CTX *ctx;
    int n = 0;

    text = room(value, u->bytes.len, none);
    if (text == NULL)
        return value->err;
    rand_fill(out->iv, sizeof(out->iv));
    ctx = ctx_ready(k, u->alg, true, out->iv);
    if (!gcm_begin(ctx, u->aad) || !run(ctx, u->bytes, text) ||
        EVP_CipherFinal_ex(ctx, none, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_BYTES, out->tag) != 1)
        return crypto_fail("AES-GCM");
    out->has_iv_tag = true;
    return ERR_OK;
}

static enum err
gcm_decrypt(struct key *k, const struct key_use *u, struct secbuf *value)
{
    uint8_t tag[GCM_TAG_BYTES], none[1], *text;
    EVP_CIPHER_CTX *ctx;
    int n = 0;

    if (u->iv.len != GCM_IV_BYTES || u->tag.len != sizeof(tag))
        return ERR_ARG;
    text = room(value, u->bytes.len, none);
    if (text == NULL)
        return value->err;
    memcpy(tag, u->tag.ptr, sizeof(tag));
    ctx = ctx_ready(k, u->alg, false, u->iv.ptr);
    if (!gcm_begin(ctx, u->aad) || !run(ctx, u->bytes, text) ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) != 1)
        return crypto_fail("AES-GCM");
    if (EVP_CipherFinal_ex(ctx, none, &n) == 1)
        return ERR_OK;
    crypto_hush();
    return ERR_SYNTAX;
}

static enum err
cbc_encrypt(struct key *k, const struct key_use *u, struct secbuf *value)
{
    bool pads = key_alg_info(u->alg)->scheme == SCHEME_CBC_PAD;
    size_t whole = u->bytes.len / BLOCK * BLOCK, rest = u->bytes.len - whole;
    uint8_t last[BLOCK], *text;
    EVP_CIPHER_CTX *ctx;
    bool ok;

    if (u->iv.len != CBC_IV_BYTES || (!pads && (rest != 0 || whole == 0)))
        return ERR_ARG;
    text = secbuf_grow(value, whole + (pads ? BLOCK : 0));
    if (text == NULL)
        return value->err;
    ctx = ctx_ready(k, u->alg, true, u->iv.ptr);
    ok = ctx != NULL && run(ctx, span_head(u->bytes, whole), text);
    if (ok && pads) { /* PKCS#7: as many bytes as are missing, each saying how many */
        memset(last, (int)(BLOCK - rest), sizeof(last));
        if (rest > 0)
            memcpy(last, u->bytes.ptr + whole, rest);
        ok = run(ctx, span_of(last, sizeof(last)), text + whole);
        wipe(last, sizeof(last));
    }
    return ok ? ERR_OK : crypto_fail("AES-CBC");
}

static enum err
cbc_decrypt(struct key *k, const struct key_use *u, struct secbuf *value)
{
    size_t had = value->len, len = u->bytes.len, message;
    EVP_CIPHER_CTX *ctx;
    uint8_t *text;

    if (u->iv.len != CBC_IV_BYTES || len == 0 || len % BLOCK != 0)
        return ERR_ARG;
    text = secbuf_grow(value, len);
    if (text == NULL)
        return value->err;
    ctx = ctx_ready(k, u->alg, false, u->iv.ptr);
    if (ctx == NULL || !run(ctx, u->bytes, text))
        return crypto_fail("AES-CBC");
    if (key_alg_info(u->alg)->scheme == SCHEME_CBC)
        return ERR_OK;
    message = unpad_cbc(text, len);
    if (message > len)
        return ERR_SYNTAX;
    secbuf_truncate(value, had + message);
    return ERR_OK;
}

/* The key wraps of OpenSSL take their input in one call. In: whole halves when it unwraps. */
static enum err
kw_run(EVP_CIPHER_CTX *ctx, struct span in, bool encrypt, struct secbuf *value)
{
    size_t had = value->len;
    uint8_t *out =
        secbuf_grow(value, encrypt ? (in.len + HALF - 1) / HALF * HALF + HALF : in.len - HALF);
    int n = 0;

    if (out == NULL)
        return value->err;
    if (EVP_CipherUpdate(ctx, out, &n, in.ptr, (int)in.len) != 1 || n <= 0) {
        if (encrypt)
            return crypto_fail("AES key wrap");
        crypto_hush();
        return ERR_SYNTAX;
    }
    secbuf_truncate(value, had + (size_t)n);
    return ERR_OK;
}

static enum err
kw_use(struct key *k, const struct key_use *u, struct secbuf *value)
{
    bool encrypt = u->op == KEY_WRAP, pads = key_alg_info(u->alg)->scheme == SCHEME_KWP;
    size_t len = u->bytes.len;
    EVP_CIPHER_CTX *ctx;

    /* KW: whole halves, two at least, and the check in front when wrapped. KWP: any but none;
     * wrapped two halves at least. */
    if (!(pads && encrypt
              ? len > 0
              : len % HALF == 0 && len >= (size_t)KW_MIN + (encrypt || pads ? 0 : KW_MAC)))
        return ERR_ARG;
    ctx = ctx_ready(k, u->alg, encrypt, NULL);
    if (ctx == NULL)
        return ERR_CRYPTO;
    return kw_run(ctx, u->bytes, encrypt, value);
}

static enum err
hmac_use(struct key *k, const struct key_use *u, struct secbuf *value)
{
    enum digest_alg digest = key_alg_info(u->alg)->digest;
    uint8_t mac[DIGEST_MAX_LEN];
    struct span made = { mac, digest_len(digest) };
    enum err e = hmac_make(digest, secbuf_span(&k->secret), u->bytes, mac);

    if (e == ERR_OK && u->op == KEY_SIGN) {
        secbuf_put(value, made);
        e = value->err;
    } else if (e == ERR_OK && !ct_equal(made, u->signature)) {
        e = ERR_DENIED;
    }
    wipe(mac, sizeof(mac)); /* whoever verifies may not be allowed to sign */
    return e;
}

enum err
key_oct_use(struct key *k, const struct key_use *u, struct secbuf *value,
            struct key_result *out)
{
    bool encrypt = u->op == KEY_ENCRYPT;

    switch (key_alg_info(u->alg)->scheme) {
    case SCHEME_GCM:
        return encrypt ? gcm_encrypt(k, u, value, out) : gcm_decrypt(k, u, value);
    case SCHEME_CBC:
    case SCHEME_CBC_PAD:
        return encrypt ? cbc_encrypt(k, u, value) : cbc_decrypt(k, u, value);
    case SCHEME_KW:
    case SCHEME_KWP:
        return kw_use(k, u, value);
    case SCHEME_HMAC:
        return hmac_use(k, u, value);
    case SCHEME_RSAES_PKCS1:
    case SCHEME_RSAES_OAEP:
    case SCHEME_RSASSA_PKCS1:
    case SCHEME_RSASSA_PKCS1_NULL:
    case SCHEME_RSASSA_PSS:
    case SCHEME_ECDSA:
    case SCHEME_EDDSA:
        break;
    }
    return ERR_ARG;
}

enum err
key_kwp(const uint8_t kek[static 32], bool wrap, struct span in, struct secbuf *out)
{
    EVP_CIPHER_CTX *ctx = cipher_new(AES_KWP, span_of(kek, 32), wrap);
    enum err e = ctx == NULL ? ERR_CRYPTO : kw_run(ctx, in, wrap, out);

    EVP_CIPHER_CTX_free(ctx);
    return e;
}
