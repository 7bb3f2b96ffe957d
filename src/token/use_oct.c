/* SPDX-License-Identifier: Apache-2.0 */
/* use_oct.c - AES and HMAC with the two objects of an oct key. */
#include "base/rand.h"
#include "base/wipe.h"
#include "crypto/unpad.h"
#include "token/keywrap.h"
#include "token/template.h"
#include "token/use_int.h"

enum { BLOCK = 16, TAG_BITS = 128 };

static CK_GCM_PARAMS
gcm_params(struct span iv, struct span aad)
{
    return (CK_GCM_PARAMS){ .iv_ptr = token_bytes(iv),
                            .iv_len = iv.len,
                            .iv_bits = iv.len * 8,
                            .aad_ptr = aad.len == 0 ? NULL : token_bytes(aad),
                            .aad_len = aad.len,
                            .tag_bits = TAG_BITS };
}

static enum err
gcm_encrypt(struct session *s, struct use_run *r, CK_OBJECT_HANDLE key)
{
    struct span iv = span_of(r->result.iv, sizeof(r->result.iv));
    CK_GCM_PARAMS params = gcm_params(iv, r->u->aad);
    CK_MECHANISM m = { CKM_AES_GCM, &params, sizeof(params) };
    size_t len = r->u->bytes.len;
    enum err e;

    rand_fill(r->result.iv, sizeof(r->result.iv));
    e = use_once_put(s, CALL_ENCRYPT, &m, key, r->u->bytes, len + GCM_TAG_BYTES, r->value);
    if (e != ERR_OK)
        return e;
    if (r->value->len != len + GCM_TAG_BYTES)
        return ERR_CRYPTO;
    memcpy(r->result.tag, r->value->ptr + len, GCM_TAG_BYTES);
    secbuf_truncate(r->value, len);
    r->result.has_iv_tag = true;
    return ERR_OK;
}

static enum err
gcm_decrypt(struct session *s, struct use_run *r, CK_OBJECT_HANDLE key)
{
    const struct key_use *u = r->u;
    CK_GCM_PARAMS params = gcm_params(u->iv, u->aad);
    CK_MECHANISM m = { CKM_AES_GCM, &params, sizeof(params) };
    struct secbuf in;
    enum err e;

    if (u->iv.len != GCM_IV_BYTES || u->tag.len != GCM_TAG_BYTES)
        return ERR_ARG;
    secbuf_init(&in, KEY_INPUT_MAX + GCM_TAG_BYTES);
    secbuf_put(&in, u->bytes);
    secbuf_put(&in, u->tag);
    e = in.err;
    if (e == ERR_OK)
        e = use_once_put(s, CALL_DECRYPT, &m, key, secbuf_span(&in), in.len, r->value);
    secbuf_release(&in);
    return e == ERR_OK && r->value->len != u->bytes.len ? ERR_CRYPTO : e;
}

static CK_MECHANISM
cbc(struct span iv)
{
    return (CK_MECHANISM){ CKM_AES_CBC, token_bytes(iv), iv.len };
}

static enum err
cbc_encrypt(struct session *s, struct use_run *r, CK_OBJECT_HANDLE key, bool pads)
{
    size_t len = r->u->bytes.len, pad = pads ? BLOCK - len % BLOCK : 0;
    CK_MECHANISM m = cbc(r->u->iv);
    struct secbuf in;
    enum err e;

    if (r->u->iv.len != CBC_IV_BYTES || (!pads && (len == 0 || len % BLOCK != 0)))
        return ERR_ARG;
    secbuf_init(&in, KEY_INPUT_MAX + BLOCK);
    secbuf_put(&in, r->u->bytes);
    for (size_t i = 0; i < pad; i++)
        secbuf_put_byte(&in, (uint8_t)pad);
    e = in.err;
    if (e == ERR_OK)
        e = use_once_put(s, CALL_ENCRYPT, &m, key, secbuf_span(&in), in.len, r->value);
    secbuf_release(&in);
    return e == ERR_OK && r->value->len != len + pad ? ERR_CRYPTO : e;
}

static enum err
cbc_decrypt(struct session *s, struct use_run *r, CK_OBJECT_HANDLE key, bool pads)
{
    size_t len = r->u->bytes.len, message = len;
    CK_MECHANISM m = cbc(r->u->iv);
    enum err e;

    if (r->u->iv.len != CBC_IV_BYTES || len == 0 || len % BLOCK != 0)
        return ERR_ARG;
    e = use_once_put(s, CALL_DECRYPT, &m, key, r->u->bytes, len, r->value);
    if (e != ERR_OK)
        return e;
    if (r->value->len != len)
        return ERR_CRYPTO;
    if (pads)
        message = unpad_cbc(r->value->ptr, len);
    if (message > len)
        return ERR_SYNTAX;
    secbuf_truncate(r->value, message);
    return ERR_OK;
}

/* ------------------------------------------------------------------ key wrap */

struct ecb {
    struct session *s;
    bool encrypt;
};

static enum err
ecb_block(void *arg, const uint8_t in[static KEYWRAP_BLOCK], uint8_t out[static KEYWRAP_BLOCK])
{
    struct ecb *b = arg;
    CK_FUNCTION_LIST *f = session_calls(b->s);
    CK_SESSION_HANDLE h = session_handle(b->s);
    uint8_t copy[KEYWRAP_BLOCK], got[KEYWRAP_BLOCK];
    CK_ULONG n = sizeof(got);
    CK_RV rv;

    memcpy(copy, in, sizeof(copy));
    rv = b->encrypt ? f->C_EncryptUpdate(h, copy, sizeof(copy), got, &n)
                    : f->C_DecryptUpdate(h, copy, sizeof(copy), got, &n);
    if (rv == CKR_OK && n != sizeof(got))
        rv = CKR_GENERAL_ERROR;
    if (rv == CKR_OK)
        memcpy(out, got, sizeof(got));
    wipe(copy, sizeof(copy));
    wipe(got, sizeof(got));
    return session_said(b->s, b->encrypt ? "C_EncryptUpdate" : "C_DecryptUpdate", rv);
}

/* One operation of many blocks: ECB of the token, which each block comes back from at once. */
static enum err
key_wrap(struct session *s, struct use_run *r, CK_OBJECT_HANDLE key, bool pads)
{
    CK_MECHANISM m = { CKM_AES_ECB, NULL, 0 };
    CK_FUNCTION_LIST *f = session_calls(s);
    CK_SESSION_HANDLE h = session_handle(s);
    struct ecb b = { s, r->u->op == KEY_WRAP };
    uint8_t rest[KEYWRAP_BLOCK];
    CK_ULONG n = sizeof(rest);
    enum err e;

    e = b.encrypt ? session_said(s, "C_EncryptInit", f->C_EncryptInit(h, &m, key))
                  : session_said(s, "C_DecryptInit", f->C_DecryptInit(h, &m, key));
    if (e != ERR_OK)
        return e;
    e = b.encrypt ? keywrap_wrap(pads, r->u->bytes, ecb_block, &b, r->value)
                  : keywrap_unwrap(pads, r->u->bytes, ecb_block, &b, r->value);
    /* Ends the operation, whatever came of it; a token that does not end it loses the session.
     */
    if ((b.encrypt ? f->C_EncryptFinal(h, rest, &n) : f->C_DecryptFinal(h, rest, &n)) != CKR_OK)
        session_abandon(s);
    return e;
}

/* ---------------------------------------------------------------------- HMAC */

static enum err
hmac(struct session *s, struct use_run *r, CK_OBJECT_HANDLE key, enum digest_alg digest)
{
    static const CK_MECHANISM_TYPE types[DIGEST__MAX] = {
        [DIGEST_SHA1] = CKM_SHA_1_HMAC,
        [DIGEST_SHA256] = CKM_SHA256_HMAC,
        [DIGEST_SHA384] = CKM_SHA384_HMAC,
        [DIGEST_SHA512] = CKM_SHA512_HMAC,
    };
    CK_MECHANISM m = { types[digest], NULL, 0 };
    size_t len = digest_len(digest);
    bool same;
    enum err e = use_once_put(s, CALL_SIGN, &m, key, r->u->bytes, len, r->value);

    if (e == ERR_OK && r->value->len != len)
        e = ERR_CRYPTO;
    if (e != ERR_OK || r->u->op == KEY_SIGN)
        return e;
    same = ct_equal(secbuf_span(r->value), r->u->signature);
    secbuf_clear(r->value);
    return same ? ERR_OK : ERR_DENIED;
}

static enum err
cipher(struct session *s, struct use_run *r, CK_OBJECT_HANDLE key)
{
    enum key_scheme scheme = key_alg_info(r->u->alg)->scheme;
    bool encrypt = r->u->op == KEY_ENCRYPT;

    switch (scheme) {
    case SCHEME_GCM:
        return encrypt ? gcm_encrypt(s, r, key) : gcm_decrypt(s, r, key);
    case SCHEME_CBC:
    case SCHEME_CBC_PAD:
        return encrypt ? cbc_encrypt(s, r, key, scheme == SCHEME_CBC_PAD)
                       : cbc_decrypt(s, r, key, scheme == SCHEME_CBC_PAD);
    case SCHEME_KW:
    case SCHEME_KWP:
        return key_wrap(s, r, key, scheme == SCHEME_KWP);
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
    return ERR_ARG;
}

enum err
use_oct(struct session *s, void *arg)
{
    struct use_run *r = arg;
    const struct key_alg_info *a = key_alg_info(r->u->alg);
    bool mac = a->scheme == SCHEME_HMAC;
    CK_OBJECT_HANDLE key;
    enum err e;

    if (!(mac ? r->where->mac : r->where->cipher))
        return ERR_UNSUPPORTED;
    e = session_find(s, r->where->id, CKO_SECRET_KEY, mac ? CKK_GENERIC_SECRET : CKK_AES, &key);
    if (e != ERR_OK)
        return e;
    return mac ? hmac(s, r, key, a->digest) : cipher(s, r, key);
}
