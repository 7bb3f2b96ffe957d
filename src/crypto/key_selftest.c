/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_selftest.c - known answers for every algorithm that a vault key may be
 * used with, through key_use() itself but for its asking for them.
 *
 * Somebody waits for it, so what costs is done once: RSA's private operation
 * four times (one per padding), and a fresh ECDSA signature on P-256 alone.
 */
#include "base/log.h"
#include "codec/b64.h"
#include "crypto/key_int.h"
#include "crypto/key_selftest_vectors.h"
#include "crypto/proof.h"

enum { FIELD_MAX = 2048, VECS = sizeof(vecs) / sizeof(vecs[0]) };

_Static_assert(VECS == KEY_ALG__MAX - 1, "a new algorithm needs its row");

static struct proof proofs[VEC_KEYS];

/* One row, decoded. */
struct answer {
    struct buf in, out, iv, aad, tag;
};

static bool
unhex(const char *hex, struct buf *b)
{
    buf_init(b, FIELD_MAX);
    return hex_get(span_str(hex), sink_buf(b)) == ERR_OK;
}

static bool
answer_read(const struct vec *v, struct answer *a)
{
    bool ok = unhex(v->in, &a->in);

    /* No short circuit: each must be initialised to be released. */
    ok = unhex(v->out, &a->out) && ok;
    ok = unhex(v->iv, &a->iv) && ok;
    ok = unhex(v->aad, &a->aad) && ok;
    return unhex(v->tag, &a->tag) && ok;
}

static void
answer_release(struct answer *a)
{
    buf_release(&a->in);
    buf_release(&a->out);
    buf_release(&a->iv);
    buf_release(&a->aad);
    buf_release(&a->tag);
}

static bool
gives(struct key *k, const struct key_use *u, const struct buf *want)
{
    struct key_result result;
    struct secbuf got;
    bool ok;

    secbuf_init(&got, FIELD_MAX);
    ok = key_use_unproved(k, u, &got, &result) == ERR_OK &&
         span_is_equal(secbuf_span(&got), buf_span(want));
    secbuf_release(&got);
    return ok;
}

static bool
answers(struct key *k, const struct key_use *u, enum err want)
{
    struct key_result result;
    struct secbuf got;
    enum err e;

    secbuf_init(&got, FIELD_MAX);
    e = key_use_unproved(k, u, &got, &result);
    secbuf_release(&got);
    return e == want;
}

/* The known signature verifies; where the row signs too, it does not when spoiled. */
static bool
verifies(struct key *k, const struct vec *v, struct answer *a)
{
    struct key_use u = { .op = KEY_VERIFY,
                         .alg = v->alg,
                         .bytes = buf_span(&a->in),
                         .signature = buf_span(&a->out) };

    if (!answers(k, &u, ERR_OK))
        return false;
    if (v->how == VEC_VERIFY && v->alg != ALG_ES256)
        return true;
    a->out.ptr[a->out.len / 2] ^= 1;
    return answers(k, &u, ERR_DENIED);
}

static bool
signs(struct key *k, const struct vec *v, const struct answer *a)
{
    struct key_use u = { .op = KEY_SIGN, .alg = v->alg, .bytes = buf_span(&a->in) };

    return gives(k, &u, &a->out);
}

static bool
opens(struct key *k, const struct vec *v, const struct answer *a)
{
    bool wraps = (key_alg_info(v->alg)->ops & KEY_OP_BIT(KEY_DECRYPT)) == 0;
    struct key_use u = { .op = wraps ? KEY_UNWRAP : KEY_DECRYPT,
                         .alg = v->alg,
                         .bytes = buf_span(&a->in),
                         .iv = buf_span(&a->iv),
                         .aad = buf_span(&a->aad),
                         .tag = buf_span(&a->tag) };

    if (!gives(k, &u, &a->out))
        return false;
    if (v->how == VEC_OPEN)
        return true;
    u.op = wraps ? KEY_WRAP : KEY_ENCRYPT;
    u.bytes = buf_span(&a->out);
    return gives(k, &u, &a->in);
}

/* What has no known answer, since it is random: done, and undone. */
static bool
round_trip(struct key *k, enum key_alg alg, enum key_op there, enum key_op back)
{
    static const uint8_t bytes[32] = { 1 };
    struct key_use u = { .op = there, .alg = alg, .bytes = { bytes, sizeof(bytes) } };
    struct key_result result, ignored;
    struct secbuf made, got;
    bool ok;

    secbuf_init(&made, FIELD_MAX);
    secbuf_init(&got, FIELD_MAX);
    ok = key_use_unproved(k, &u, &made, &result) == ERR_OK;
    u.op = back;
    if (back == KEY_VERIFY)
        u.signature = secbuf_span(&made);
    else
        u.bytes = secbuf_span(&made);
    u.iv = span_of(result.iv, sizeof(result.iv));
    u.tag = span_of(result.tag, sizeof(result.tag));
    ok =
        ok && key_use_unproved(k, &u, &got, &ignored) == ERR_OK &&
        (back == KEY_VERIFY || span_is_equal(secbuf_span(&got), span_of(bytes, sizeof(bytes))));
    secbuf_release(&made);
    secbuf_release(&got);
    return ok;
}

static bool
row_holds(struct key *k, const struct vec *v)
{
    struct answer a;
    bool ok = answer_read(v, &a);

    switch (v->how) {
    case VEC_SIGN:
        ok = ok && signs(k, v, &a) && verifies(k, v, &a);
        break;
    case VEC_VERIFY:
        ok = ok && verifies(k, v, &a);
        break;
    case VEC_OPEN:
    case VEC_BOTH:
        ok = ok && opens(k, v, &a);
        break;
    }
    if (v->alg == ALG_ES256)
        ok = ok && round_trip(k, v->alg, KEY_SIGN, KEY_VERIFY);
    else if (key_alg_info(v->alg)->scheme == SCHEME_GCM)
        ok = ok && round_trip(k, v->alg, KEY_ENCRYPT, KEY_DECRYPT);
    answer_release(&a);
    return ok;
}

/* Through key_load(), whose format it writes: an import would cost primality tests. */
static enum err
vec_key_load(enum vec_key which, struct key **out)
{
    struct secbuf b;
    enum err e;

    *out = NULL;
    secbuf_init(&b, FIELD_MAX);
    secbuf_put_byte(&b, KEY_FORMAT);
    secbuf_put_byte(&b, (uint8_t)vec_keys[which].type);
    secbuf_put_byte(&b, (uint8_t)vec_keys[which].curve);
    e = hex_get(span_str(vec_keys[which].hex), sink_sec(&b));
    if (e == ERR_OK)
        e = key_load(secbuf_span(&b), out);
    secbuf_release(&b);
    return e;
}

static bool
kind_holds(unsigned which)
{
    struct key *k;
    enum err e = vec_key_load((enum vec_key)which, &k);

    if (e != ERR_OK)
        log_error("crypto: the self-test's key does not load: %s", err_text(e));
    for (size_t i = 0; i < VECS && e == ERR_OK; i++)
        if (vecs[i].key == which && !row_holds(k, &vecs[i])) {
            log_error("crypto: a known answer of %s is another",
                      key_alg_info(vecs[i].alg)->name);
            e = ERR_CRYPTO;
        }
    key_free(k);
    return e == ERR_OK;
}

static const char *
kind_name(unsigned which)
{
    return vec_keys[which].curve != CURVE_NONE ? key_curve_name(vec_keys[which].curve)
                                               : key_type_name(vec_keys[which].type);
}

void
key_selftest_demand(void)
{
    for (unsigned i = 0; i < VEC_KEYS; i++)
        proof_demand(&proofs[i]);
}

bool
key_is_proved(enum key_type type, enum key_curve curve)
{
    for (unsigned i = 0; i < VEC_KEYS; i++)
        if (vec_keys[i].type == type && vec_keys[i].curve == curve &&
            !proof_holds(&proofs[i], kind_name(i), kind_holds, i))
            return false;
    return true;
}

enum err
key_selftest(void)
{
    enum err e = ERR_OK;

    key_selftest_demand();
    for (unsigned i = 0; i < VEC_KEYS; i++)
        if (!key_is_proved(vec_keys[i].type, vec_keys[i].curve))
            e = ERR_CRYPTO;
    return e;
}
