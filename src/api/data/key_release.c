/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_release.c - secure key release (data-plane.md C12): an attestation token of a trusted
 * authority, weighed against the key's own policy, gets the key wrapped for the enclave that
 * the token describes.
 *
 * Steps: judge, and ask the keeper for the wrapped key; ask it to sign the answer; answer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/data/key_fail.h"
#include "api/data/key_json.h"
#include "api/data/keys.h"
#include "api/data/object.h"
#include "api/data/release_policy.h"
#include "auth/attester.h"
#include "auth/release_rule.h"
#include "base/clock.h"
#include "codec/b64.h"
#include "crypto/digest.h"
#include "vault/syskey.h"

enum { NONCE_MAX = 1024, KID_TEXT_MAX = 512, MODULUS_MAX = 1024, TEXT_MAX = 256 * 1024 };

struct release_state {
    struct jsn *body;
    struct jwt token;
    struct span target, nonce, enc;
    enum key_transport transport;
    struct hex32 version;                 /* of the key */
    char kid[OBJECT_URL_MAX];             /* of that version */
    char recipient_kid[KID_TEXT_MAX + 1]; /* of the enclave's key */
    struct buf n, e;                      /* the enclave's key */
    struct buf text;                      /* what is signed */
};

static void
release_free(void *state)
{
    struct release_state *s = state;

    jwt_release(&s->token);
    jsn_free(s->body);
    buf_release(&s->n);
    buf_release(&s->e);
    buf_release(&s->text);
    free(s);
}

static const char *const transports[] = {
    [TRANSPORT_CKM_RSA_AES] = "CKM_RSA_AES_KEY_WRAP",
    [TRANSPORT_RSA_AES_256] = "RSA_AES_KEY_WRAP_256",
    [TRANSPORT_RSA_AES_384] = "RSA_AES_KEY_WRAP_384",
};

static enum err
read_body(struct exchange *x, struct release_state *s)
{
    enum err e = jsn_parse(x->req->body, &s->body);

    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : ERR_BAD_BODY;
    if (!jsn_is_object(s->body) || jsn_get_str(s->body, "target", &s->target) != JSN_OK ||
        jsn_get_str(s->body, "nonce", &s->nonce) == JSN_WRONG_TYPE ||
        jsn_get_str(s->body, "enc", &s->enc) == JSN_WRONG_TYPE || s->nonce.len > NONCE_MAX)
        return ERR_BAD_BODY;
    if (s->enc.len == 0)
        s->enc = span_str(transports[TRANSPORT_CKM_RSA_AES]);
    for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
        if (!span_is_str(s->enc, transports[i]))
            continue;
        s->transport = (enum key_transport)i;
        return ERR_OK;
    }
    return ERR_BAD_BODY;
}

/* ------------------------------------------------------------ the enclave's key */

/* May the key be encrypted to? Without key_ops and use, it may. */
static bool
is_for_encryption(const struct jsn *jwk)
{
    const struct jsn *ops = NULL;
    struct span use = { 0 };

    if (jsn_get_str(jwk, "use", &use) == JSN_OK)
        return span_is_str(use, "enc");
    if (jsn_get_array(jwk, "key_ops", &ops) != JSN_OK)
        return true;
    for (size_t i = 0; i < jsn_len(ops); i++) {
        struct span op = jsn_str(jsn_at(ops, i));

        if (span_is_str(op, "encrypt") || span_is_str(op, "wrapKey"))
            return true;
    }
    return false;
}

/* The first RSA key of x-ms-runtime.keys that can be encrypted to. */
static enum err
find_recipient(struct release_state *s)
{
    const struct jsn *runtime = NULL, *keys = NULL;

    if (jsn_get_object(s->token.claims, "x-ms-runtime", &runtime) != JSN_OK ||
        jsn_get_array(runtime, "keys", &keys) != JSN_OK)
        return ERR_NOT_RELEASED;
    for (size_t i = 0; i < jsn_len(keys); i++) {
        const struct jsn *jwk = jsn_at(keys, i);
        struct span kty = { 0 }, n, e, kid = { 0 };

        if (!jsn_is_object(jwk) || jsn_get_str(jwk, "kty", &kty) != JSN_OK ||
            !span_is_str(kty, "RSA") || !is_for_encryption(jwk) ||
            jsn_get_str(jwk, "n", &n) != JSN_OK || jsn_get_str(jwk, "e", &e) != JSN_OK)
            continue;
        (void)jsn_get_str(jwk, "kid", &kid);
        if (!span_copy_str(kid, s->recipient_kid, sizeof(s->recipient_kid)) ||
            b64url_get(n, sink_buf(&s->n)) != ERR_OK ||
            b64url_get(e, sink_buf(&s->e)) != ERR_OK)
            return ERR_NOT_RELEASED;
        return ERR_OK;
    }
    return ERR_NOT_RELEASED;
}

/* ------------------------------------------------------------------------ judging */

/* Whoever is refused learns that, and no more than that: the cause is in the audit record. */
static enum err
judge(struct exchange *x, struct release_state *s, const struct key_detail *d, char *why)
{
    struct span iss = { 0 };
    enum err e = attesters_verify(x->site->attesters, s->target, clock_now(), &s->token);

    if (e == ERR_NOMEM)
        return e;
    if (e == ERR_OK && jsn_get_str(s->token.claims, "iss", &iss) == JSN_OK)
        e = release_rule_check(d->release.data, iss, s->token.claims);
    if (e == ERR_FORMAT || e == ERR_NOMEM)
        return e;
    if (e == ERR_OK)
        e = find_recipient(s);
    if (e == ERR_OK)
        return ERR_OK;
    (void)snprintf(why, KEY_WHY_MAX, "%s",
                   e == ERR_DENIED ? "the claims do not satisfy the key's release policy"
                   : e == ERR_NOT_RELEASED
                       ? "the attestation names no RSA key to wrap the key with"
                       : err_text(e));
    return ERR_NOT_RELEASED;
}

static enum err
ask_key(struct exchange *x, struct release_state *s, const struct object *o)
{
    struct vault_at at = object_at(x);
    struct wrapped vault = vault_key(x->vault);
    struct key_place place = key_place_of(&at, o, &vault);
    struct key_public to = { .type = KEY_RSA, .n = buf_span(&s->n), .e = buf_span(&s->e) };

    while (to.n.len > 0 && to.n.ptr[0] == 0)
        to.n = span_tail(to.n, 1);
    while (to.e.len > 0 && to.e.ptr[0] == 0)
        to.e = span_tail(to.e, 1);
    to.bits = (unsigned)to.n.len * 8;
    if (!key_public_is_ok(&to)) /* else the question would be malformed, and end the link */
        return ERR_NOT_RELEASED;
    x->cost = quota_cost_new(false);
    keeper_pack_key_release(sink_sec(&x->ask), &place, s->transport, &to);
    x->ask_op = KEEPER_KEY_RELEASE;
    x->ask_of = HOME_SOFTWARE;
    return ERR_OK;
}

/* The object as this step's snapshot has it: the version that was named, or the newest, at
 * first; then the same one, though the key was rotated meanwhile. */
static enum err
get_object(struct exchange *x, struct release_state *s, struct object *o)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct hex32 version;
    bool has;
    enum err e = object_name(x, &name);

    if (e != ERR_OK)
        return e;
    object_note(x, name.spelled, NULL);
    if (x->step > 0)
        return object_get(&at, &name, &s->version, o);
    e = object_version(x, &version, &has);
    if (e == ERR_OK)
        e = object_get(&at, &name, has ? &version : NULL, o);
    if (e == ERR_OK)
        s->version = o->v.id;
    return e;
}

static enum err
begin(struct exchange *x, char *why)
{
    struct release_state *s = calloc(1, sizeof(*s));
    struct key_detail d;
    struct object o;
    enum err e;

    if (s == NULL)
        return ERR_NOMEM;
    buf_init(&s->n, MODULUS_MAX);
    buf_init(&s->e, MODULUS_MAX);
    buf_init(&s->text, ASK_MESSAGE_MAX);
    x->state = s;
    x->state_free = release_free;
    e = get_object(x, s, &o);
    if (e == ERR_OK)
        e = read_body(x, s);
    if (e == ERR_OK)
        e = key_detail_read(o.v.detail, &d);
    if (e != ERR_OK)
        return e;
    object_url(x, "keys", o.head.name.spelled, o.v.id.text, s->kid);
    object_note(x, o.head.name.spelled, o.v.id.text);
    if (!o.v.attrs.enabled)
        return ERR_DISABLED;
    if (!d.exportable || !d.release.is_set || d.home != HOME_SOFTWARE) {
        (void)snprintf(why, KEY_WHY_MAX, "the key is not exportable");
        return ERR_NOT_RELEASED;
    }
    e = judge(x, s, &d, why);
    return e == ERR_OK ? ask_key(x, s, &o) : e;
}

/* ------------------------------------------------------------------------ the answer */

/* {"schema_version":..,"header":..,"ciphertext":..} */
static void
put_hsm_blob(const struct release_state *s, struct span ciphertext, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));

    jsw_object(&w, NULL);
    jsw_str(&w, "schema_version", "1.0");
    jsw_object(&w, "header");
    jsw_str(&w, "kid", s->recipient_kid);
    jsw_str(&w, "alg", "dir");
    jsw_span(&w, "enc", s->enc);
    jsw_end(&w);
    jsw_b64url(&w, "ciphertext", ciphertext);
    jsw_end(&w);
}

static void
put_key(const struct release_state *s, const struct key_detail *d, struct span blob,
        struct jsw *w)
{
    const struct key_public *p = &d->public;

    jsw_object(w, "key");
    jsw_str(w, "kid", s->kid);
    jsw_str(w, "kty", key_kty(d));
    jsw_array(w, "key_ops");
    for (unsigned i = 0; i < d->nops; i++)
        jsw_str(w, NULL, key_op_name((enum key_op)d->ops[i]));
    jsw_end(w);
    if (p->type == KEY_RSA) {
        jsw_b64url(w, "n", p->n);
        jsw_b64url(w, "e", p->e);
    } else if (p->type == KEY_EC) {
        jsw_str(w, "crv", key_curve_name(p->curve));
        jsw_b64url(w, "x", p->x);
        jsw_b64url(w, "y", p->y);
    }
    jsw_b64url(w, "key_hsm", blob);
    jsw_end(w);
}

static void
put_claims(const struct exchange *x, const struct release_state *s, const struct object *o,
           const struct key_detail *d, struct span blob, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));

    jsw_object(&w, NULL);
    jsw_object(&w, "request");
    jsw_span(&w, "api-version", x->version_text);
    jsw_span(&w, "enc", s->enc);
    jsw_str(&w, "kid", s->kid);
    if (s->nonce.len > 0)
        jsw_span(&w, "nonce", s->nonce);
    jsw_end(&w);
    jsw_object(&w, "response");
    jsw_object(&w, "key");
    put_key(s, d, blob, &w);
    jsw_object(&w, "attributes");
    jsw_bool(&w, "enabled", o->v.attrs.enabled);
    jsw_i64(&w, "created", o->v.attrs.created);
    jsw_i64(&w, "updated", o->v.attrs.updated);
    jsw_str(&w, "recoveryLevel", vault_recovery_level(x->vault));
    jsw_bool(&w, "exportable", true);
    jsw_end(&w);
    release_policy_put(&d->release, &w);
    jsw_end(&w);
    jsw_end(&w);
    jsw_end(&w);
}

static enum err
put_header(const struct syskey *k, struct buf *out)
{
    uint8_t sha1[SHA1_LEN], sha256[SHA256_LEN];
    struct jsw w = jsw_of(sink_buf(out));
    struct buf der;
    enum err e = digest_sha1(k->pub, sha1);

    if (e == ERR_OK)
        e = digest_sha256(k->pub, sha256);
    if (e != ERR_OK)
        return e;
    jsw_object(&w, NULL);
    jsw_str(&w, "alg", "RS256");
    jsw_span(&w, "kid", k->id);
    jsw_b64url(&w, "x5t", span_of(sha1, sizeof(sha1)));
    jsw_str(&w, "typ", "JWT");
    jsw_b64url(&w, "x5t#S256", span_of(sha256, sizeof(sha256)));
    buf_init(&der, 16 * 1024);
    b64_put(sink_buf(&der), k->pub);
    jsw_array(&w, "x5c");
    jsw_span(&w, NULL, buf_span(&der));
    jsw_end(&w);
    jsw_end(&w);
    e = der.err;
    buf_release(&der);
    return e;
}

/* The wrapped key is there: composes what is to be signed, and asks for the signature. */
static enum err
ask_signature(struct exchange *x, struct release_state *s)
{
    struct buf header, claims, blob;
    struct key_detail d;
    struct syskey k;
    struct wrapped signer;
    struct object o;
    uint64_t revision;
    enum err e = syskey_get(x->rows, x->view, span_str("k/release"), &k, &revision);

    if (e == ERR_NOT_FOUND)
        return ERR_UNAVAILABLE; /* the clerk makes it at its first turn */
    if (e == ERR_OK)
        e = get_object(x, s, &o);
    if (e == ERR_OK)
        e = key_detail_read(o.v.detail, &d);
    if (e != ERR_OK)
        return e;
    buf_init(&blob, TEXT_MAX);
    buf_init(&claims, TEXT_MAX);
    buf_init(&header, TEXT_MAX);
    put_hsm_blob(s, secbuf_span(&x->answer), &blob);
    put_claims(x, s, &o, &d, buf_span(&blob), &claims);
    e = put_header(&k, &header);
    jwt_put_signing_input(&s->text, buf_span(&header), buf_span(&claims));
    if (e == ERR_OK)
        e = blob.err != ERR_OK ? blob.err : claims.err != ERR_OK ? claims.err : s->text.err;
    signer = syskey_wrapped(&k);
    keeper_pack_sign(sink_sec(&x->ask), &signer, SIGN_RS256, SIGN_DIGEST_NONE,
                     buf_span(&s->text));
    x->ask_op = KEEPER_SIGN;
    x->ask_of = HOME_SOFTWARE;
    buf_release(&header);
    buf_release(&claims);
    buf_release(&blob);
    return e;
}

static void
reply(struct exchange *x, const struct release_state *s)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));
    struct secbuf jws;

    secbuf_init(&jws, 2 * TEXT_MAX);
    jwt_put(sink_sec(&jws), buf_span(&s->text), secbuf_span(&x->answer));
    jsw_object(&w, NULL);
    jsw_span(&w, "value", secbuf_span(&jws));
    jsw_end(&w);
    secbuf_release(&jws);
    object_reply(x, 200);
}

enum next
api_key_release(struct exchange *x)
{
    char why[KEY_WHY_MAX] = "";
    enum err e;

    if (x->step == 0)
        e = begin(x, why);
    else if (x->answer_err != ERR_OK)
        e = key_provider_err(x->answer_err, ERR_KEY_DATA);
    else if (x->step == 1)
        e = ask_signature(x, x->state);
    else {
        reply(x, x->state);
        return object_finish(x, NEXT_REPLY);
    }
    return e == ERR_OK ? NEXT_KEEPER : key_fail(x, e, "release", why);
}
