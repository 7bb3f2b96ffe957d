/* SPDX-License-Identifier: Apache-2.0 */
/* key_read.c - GET of a key, of its attestation, and of random bytes. */
#include "api/data/key_fail.h"
#include "api/data/key_json.h"
#include "api/data/keys.h"
#include "api/data/object.h"
#include "base/rand.h"
#include "codec/jsn.h"

enum { RANDOM_MAX = 128 };

static enum err
find(struct exchange *x, struct object *out)
{
    struct vault_at at = object_at(x);
    struct object_name name;
    struct hex32 version;
    bool has;
    enum err e;

    e = object_name(x, &name);
    if (e != ERR_OK)
        return e;
    object_note(x, name.spelled, NULL);
    e = object_version(x, &version, &has);
    if (e == ERR_OK)
        e = object_get(&at, &name, has ? &version : NULL, out);
    if (e == ERR_OK)
        object_note(x, out->head.name.spelled, has ? out->v.id.text : NULL);
    return e;
}

/* WIRE: a disabled key is shown (data-plane.md C9, M4). */
enum next
api_key_get(struct exchange *x)
{
    struct object o;
    enum err e = find(x, &o);

    if (e == ERR_OK)
        e = key_wire.note(x, &o);
    if (e == ERR_OK)
        e = key_wire.put_bundle(x, &o, sink_sec(&x->resp.body));
    if (e != ERR_OK)
        return key_fail(x, e, "get", "");
    object_reply(x, 200);
    return object_finish(x, NEXT_REPLY);
}

/*
 * WIRE: nobody but the maker of a hardware module can attest where a key was made. We are none,
 * and a token does not hand out such statements through PKCS#11: as on Azure's vaults without
 * the feature, there is no such operation.
 */
enum next
api_key_attestation(struct exchange *x)
{
    struct object o;
    enum err e = find(x, &o);

    if (e != ERR_OK)
        return key_fail(x, e, "get", "");
    return exchange_fail(x, ERR_UNSUPPORTED, span_str("attestation"));
}

static enum err
read_count(const struct exchange *x, int64_t *count)
{
    struct jsn *root = NULL;
    enum err e = jsn_parse(x->req->body, &root);

    if (e == ERR_OK && (!jsn_is_object(root) || jsn_get_i64(root, "count", count) != JSN_OK))
        e = ERR_BAD_BODY;
    jsn_free(root);
    return e == ERR_OK || e == ERR_NOMEM ? e : ERR_BAD_BODY;
}

/*
 * WIRE: Azure documents it for managed HSMs alone; every SDK's KeyClient has it, so a vault
 * gives random bytes as well, to whoever may get keys (docs/wire/keys.md).
 */
enum next
api_random_bytes(struct exchange *x)
{
    struct jsw w = jsw_of(sink_sec(&x->resp.body));
    char why[KEY_WHY_MAX];
    struct secbuf bytes;
    int64_t count = 0;
    uint8_t *at;
    enum err e = read_count(x, &count);

    if (e != ERR_OK)
        return key_fail(x, e, "", "");
    if (count < 1 || count > RANDOM_MAX) {
        (void)snprintf(why, sizeof(why),
                       "GetRandomBytesRequest: count cannot be greater than 128 or less than 1 "
                       "(Activity ID: %s)",
                       x->request_id.text);
        return key_fail(x, ERR_BAD_PARAMETER, "", why);
    }
    secbuf_init(&bytes, RANDOM_MAX);
    at = secbuf_grow(&bytes, (size_t)count);
    if (at != NULL)
        rand_fill(at, (size_t)count);
    jsw_object(&w, NULL);
    jsw_b64url(&w, "value", secbuf_span(&bytes));
    jsw_end(&w);
    e = bytes.err;
    secbuf_release(&bytes);
    if (e != ERR_OK)
        return key_fail(x, e, "", "");
    object_reply(x, 200);
    return object_finish(x, NEXT_REPLY);
}
