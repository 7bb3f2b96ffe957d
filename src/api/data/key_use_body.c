/* SPDX-License-Identifier: Apache-2.0 */
/* key_use_body.c - algorithm and bytes of an operation. */
#include "api/data/key_use_body.h"

#include "api/data/b64_fields.h"

/* The api-version that brought it (data-plane.md C8). */
static enum api_version
alg_since(const struct key_alg_info *a)
{
    switch (a->scheme) {
    case SCHEME_RSAES_PKCS1:
    case SCHEME_RSAES_OAEP:
    case SCHEME_RSASSA_PKCS1:
    case SCHEME_RSASSA_PKCS1_NULL:
    case SCHEME_RSASSA_PSS:
    case SCHEME_ECDSA:
        return V2015_06_01;
    case SCHEME_GCM:
    case SCHEME_CBC:
    case SCHEME_CBC_PAD:
        return V7_2;
    case SCHEME_KW:
        return a->bits != 0 ? V7_2 : V7_6;
    case SCHEME_EDDSA:
        return V7_4;
    case SCHEME_KWP:
    case SCHEME_HMAC:
        break;
    }
    return V7_6;
}

static enum err
read_alg(const struct jsn *root, enum key_op op, enum api_version version, enum key_alg *out)
{
    const struct key_alg_info *a;
    struct span name;

    if (jsn_get_str(root, "alg", &name) != JSN_OK)
        return ERR_BAD_BODY;
    *out = key_alg_find(name);
    if (*out == ALG_NONE)
        return ERR_BAD_BODY;
    a = key_alg_info(*out);
    return (a->ops & KEY_OP_BIT(op)) != 0 && version >= alg_since(a) ? ERR_OK : ERR_BAD_BODY;
}

/* What no key takes is not asked for: the provider would call such a question malformed. */
static bool
bytes_fit(const struct key_use_body *b)
{
    const struct span all[] = { b->value, b->digest, b->iv, b->aad, b->tag };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].len > KEY_FIELD_MAX)
            return false;
    return true;
}

static enum err
read_bytes(const struct jsn *root, enum key_op op, enum api_version version,
           struct key_use_body *b)
{
    const struct b64_field fields[] = { { "value", &b->value },
                                        { "digest", &b->digest },
                                        { "iv", &b->iv },
                                        { "aad", &b->aad },
                                        { "tag", &b->tag } };
    bool crypts = op == KEY_ENCRYPT || op == KEY_DECRYPT;
    unsigned n = op == KEY_VERIFY ? 2 : crypts && version >= V7_2 ? 5 : 1;
    enum err e = b64_fields_read(root, fields, n, &b->bytes);

    if (!crypts || version < V7_2)
        b->iv = b->aad = b->tag = (struct span){ 0 };
    if (op != KEY_VERIFY)
        b->digest = (struct span){ 0 };
    if (e == ERR_OK && (b->value.ptr == NULL || (op == KEY_VERIFY && b->digest.ptr == NULL)))
        e = ERR_BAD_BODY;
    if (e == ERR_OK && !bytes_fit(b))
        e = ERR_BAD_BODY;
    return e;
}

enum err
key_use_body_read(enum key_op op, enum api_version version, struct span text,
                  struct key_use_body *b)
{
    struct jsn *root = NULL;
    enum err e;

    *b = (struct key_use_body){ 0 };
    secbuf_init(&b->bytes, KEY_USE_BYTES_MAX);
    e = jsn_parse(text, &root);
    if (e != ERR_OK)
        return e == ERR_NOMEM ? e : ERR_BAD_BODY;
    e = jsn_is_object(root) ? read_alg(root, op, version, &b->alg) : ERR_BAD_BODY;
    if (e == ERR_OK)
        e = read_bytes(root, op, version, b);
    jsn_free(root);
    return e;
}

void
key_use_body_release(struct key_use_body *b)
{
    secbuf_release(&b->bytes);
    *b = (struct key_use_body){ 0 };
}
