/* SPDX-License-Identifier: Apache-2.0 */
/* template.h - attributes of an object to be, put together one by one. */
#ifndef TOKEN_TEMPLATE_H
#define TOKEN_TEMPLATE_H

#include <stdbool.h>

#include "base/span.h"
#include "crypto/key.h"
#include "keeper/ask_key.h"
#include "token/session.h"

enum { TEMPLATE_MAX = 24, NUMBERS_MAX = 8, KEY_LABEL_MAX = 240 };

struct template
{
    CK_ATTRIBUTE a[TEMPLATE_MAX];
    CK_ULONG n;
    CK_ULONG numbers[NUMBERS_MAX];
    size_t nnumbers;
};

/* bytes and id are borrowed until the template was used. */
void template_put(struct template *t, CK_ATTRIBUTE_TYPE type, struct span bytes);
void template_flag(struct template *t, CK_ATTRIBUTE_TYPE type, bool yes);
void template_number(struct template *t, CK_ATTRIBUTE_TYPE type, CK_ULONG value);

/* What every private or secret object of ours has: in the token, private, sensitive, not
 * extractable, and only the uses of its type. For an oct key, type says for which half. */
void template_private(struct template *t, const uint8_t id[static TOKEN_ID_BYTES],
                      const char *label, CK_KEY_TYPE type);

/* "keyhold/<vault>/<name>/<version>", for people who look into the token. */
void template_label(const struct object_id *id, char out[static KEY_LABEL_MAX]);

/* CKA_EC_PARAMS of a curve: the DER of its object identifier. Empty: none of ours. */
struct span template_curve(enum key_curve c);
enum key_curve template_curve_find(struct span params);

/* PKCS#11 takes pointers to what it does not change. Never NULL. */
CK_BYTE_PTR token_bytes(struct span s);

#endif /* TOKEN_TEMPLATE_H */
