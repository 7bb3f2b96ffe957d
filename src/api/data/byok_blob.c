/* SPDX-License-Identifier: Apache-2.0 */
/* byok_blob.c - the .byok file that key_hsm carries (data-plane.md C4). */
#include <stdio.h>

#include "api/data/b64_fields.h"
#include "api/data/key_body.h"
#include "codec/b64.h"

enum { BLOB_MAX = 64 * 1024 };
_Static_assert((int)BLOB_MAX <= (int)KEY_FIELD_MAX, "the keeper reads what we read");

static enum err
bad(char *why, const char *member)
{
    (void)snprintf(why, KEY_WHY_MAX, "The BYOK blob has a missing or invalid '%s'.", member);
    return ERR_BAD_PARAMETER;
}

static bool
member_is(const struct jsn *obj, const char *name, const char *want)
{
    struct span s;

    return jsn_get_str(obj, name, &s) == JSN_OK && span_is_str(s, want);
}

static enum err
read(struct byok_blob *b, char *why)
{
    const struct b64_field fields[] = { { "ciphertext", &(struct span){ 0 } } };
    const struct jsn *header;
    enum err e;

    if (!jsn_is_object(b->root) || !member_is(b->root, "schema_version", "1.0.0"))
        return bad(why, "schema_version");
    if (jsn_get_object(b->root, "header", &header) != JSN_OK)
        return bad(why, "header");
    if (jsn_get_str(header, "kid", &b->kid) != JSN_OK || b->kid.len == 0)
        return bad(why, "header.kid");
    if (!member_is(header, "alg", "dir"))
        return bad(why, "header.alg");
    if (!member_is(header, "enc", "CKM_RSA_AES_KEY_WRAP"))
        return bad(why, "header.enc");
    e = b64_fields_read(b->root, fields, 1, &b->ciphertext);
    if (e == ERR_BAD_BODY || (e == ERR_OK && b->ciphertext.len == 0))
        return bad(why, "ciphertext");
    return e;
}

enum err
byok_blob_read(struct span key_hsm, struct byok_blob *out, char why[static KEY_WHY_MAX])
{
    enum err e;

    *out = (struct byok_blob){ 0 };
    secbuf_init(&out->text, BLOB_MAX);
    secbuf_init(&out->ciphertext, BLOB_MAX);
    e = b64url_get(key_hsm, sink_sec(&out->text));
    if (e == ERR_OK)
        e = jsn_parse(secbuf_span(&out->text), &out->root);
    if (e == ERR_NOMEM)
        return e;
    if (e != ERR_OK)
        return bad(why, "JSON");
    return read(out, why);
}

void
byok_blob_release(struct byok_blob *b)
{
    jsn_free(b->root);
    secbuf_release(&b->text);
    secbuf_release(&b->ciphertext);
    *b = (struct byok_blob){ 0 };
}
