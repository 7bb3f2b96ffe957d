/* SPDX-License-Identifier: Apache-2.0 */
/* template.c - lists of attributes. */
#include "token/template.h"

#include <stdio.h>

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_BYTE nothing;

CK_BYTE_PTR
token_bytes(struct span s)
{
    return s.len == 0 ? &nothing : (CK_BYTE_PTR)(uintptr_t)s.ptr;
}

void
template_put(struct template *t, CK_ATTRIBUTE_TYPE type, struct span bytes)
{
    bug_on(t->n == TEMPLATE_MAX);
    t->a[t->n++] = (CK_ATTRIBUTE){ type, token_bytes(bytes), bytes.len };
}

void
template_flag(struct template *t, CK_ATTRIBUTE_TYPE type, bool value)
{
    template_put(t, type, span_of(value ? &yes : &no, sizeof(CK_BBOOL)));
}

void
template_number(struct template *t, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
    CK_ULONG *at = &t->numbers[t->nnumbers++];

    bug_on(t->nnumbers > NUMBERS_MAX);
    *at = value;
    template_put(t, type, span_of(at, sizeof(*at)));
}

void
template_private(struct template *t, const uint8_t id[static TOKEN_ID_BYTES], const char *label,
                 CK_KEY_TYPE type)
{
    bool pair = type == CKK_RSA || type == CKK_EC;

    template_number(t, CKA_CLASS, pair ? CKO_PRIVATE_KEY : CKO_SECRET_KEY);
    template_number(t, CKA_KEY_TYPE, type);
    template_flag(t, CKA_TOKEN, true);
    template_flag(t, CKA_PRIVATE, true);
    template_flag(t, CKA_SENSITIVE, true);
    template_flag(t, CKA_EXTRACTABLE, false);
    template_put(t, CKA_ID, span_of(id, TOKEN_ID_BYTES));
    template_put(t, CKA_LABEL, span_str(label));
    template_flag(t, CKA_SIGN, type != CKK_AES);
    template_flag(t, CKA_DERIVE, false);
    if (type == CKK_RSA || type == CKK_AES)
        template_flag(t, CKA_DECRYPT, true);
    if (type == CKK_RSA) /* a key-exchange key of BYOK */
        template_flag(t, CKA_UNWRAP, true);
    if (type == CKK_AES)
        template_flag(t, CKA_ENCRYPT, true);
    if (type == CKK_GENERIC_SECRET)
        template_flag(t, CKA_VERIFY, true);
}

void
template_label(const struct object_id *id, char out[static KEY_LABEL_MAX])
{
    (void)snprintf(out, KEY_LABEL_MAX, "keyhold/%s/%.*s/%.*s", id->vault.text,
                   (int)id->name.len, (const char *)id->name.ptr, (int)id->version.len,
                   (const char *)id->version.ptr);
}

static const struct curve_params {
    uint8_t der[10];
    size_t len;
} curves[CURVE__MAX] = {
    [CURVE_P256] = { { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 }, 10 },
    [CURVE_P384] = { { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 }, 7 },
    [CURVE_P521] = { { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23 }, 7 },
    [CURVE_P256K] = { { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a }, 7 },
};

struct span
template_curve(enum key_curve c)
{
    return (unsigned)c < CURVE__MAX ? span_of(curves[c].der, curves[c].len) : span_of(NULL, 0);
}

enum key_curve
template_curve_find(struct span params)
{
    for (enum key_curve c = CURVE_NONE + 1; c < CURVE__MAX; c++)
        if (curves[c].len > 0 && span_is_equal(params, template_curve(c)))
            return c;
    return CURVE_NONE;
}
