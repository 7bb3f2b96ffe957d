/* SPDX-License-Identifier: Apache-2.0 */
/* vault_policies.c - access policies in bodies (management-plane.md B.3). */
#include <stdlib.h>

#include "api/arm/vault_body.h"
#include "vault/perm.h"

struct policy_reader {
    struct exchange *x;
    const struct jsn *item;
    unsigned index;
};

static bool
refuse(struct policy_reader *r, const char *what, struct span value)
{
    (void)arm_fail(r->x, 400, "BadRequest",
                   "An invalid value was provided for 'accessPolicies[%u].%s': '%.*s'.",
                   r->index, what, (int)span_head(value, 100).len, (const char *)value.ptr);
    return false;
}

static bool
read_bits(struct policy_reader *r, const struct jsn *permissions, enum perm_kind kind,
          uint32_t *out)
{
    const struct jsn *list = NULL;
    enum jsn_got got = jsn_get_array(permissions, perm_kind_word(kind), &list);

    *out = 0;
    if (got == JSN_WRONG_TYPE)
        return refuse(r, "permissions", span_str(perm_kind_word(kind)));
    for (size_t i = 0; got == JSN_OK && i < jsn_len(list); i++) {
        struct span word = jsn_str(jsn_at(list, i));
        uint32_t bits = perm_bits(kind, word);

        if (bits == 0)
            return refuse(r, "permissions", word);
        *out |= bits;
    }
    return true;
}

static bool
read_id(struct policy_reader *r, const char *name, bool required, struct guid *out)
{
    struct span text = { 0 };
    enum jsn_got got = jsn_get_str(r->item, name, &text);

    if (got == JSN_ABSENT && !required)
        return true;
    return (got == JSN_OK && guid_parse(text, out)) || refuse(r, name, text);
}

static bool
read_policy(struct policy_reader *r, struct access_policy *p)
{
    const struct jsn *permissions = NULL;

    if (!jsn_is_object(r->item))
        return refuse(r, "", span_str(""));
    if (!read_id(r, "tenantId", true, &p->tenant) ||
        !read_id(r, "objectId", true, &p->object) ||
        !read_id(r, "applicationId", false, &p->application))
        return false;
    if (jsn_get_object(r->item, "permissions", &permissions) != JSN_OK)
        return refuse(r, "permissions", span_str(""));
    return read_bits(r, permissions, PERM_KEYS, &p->keys) &&
           read_bits(r, permissions, PERM_SECRETS, &p->secrets) &&
           read_bits(r, permissions, PERM_CERTIFICATES, &p->certificates) &&
           read_bits(r, permissions, PERM_STORAGE, &p->storage);
}

static bool
is_twice(const struct access_policy *policies, unsigned i)
{
    for (unsigned k = 0; k < i; k++)
        if (guid_is_equal(&policies[k].object, &policies[i].object) &&
            guid_is_equal(&policies[k].application, &policies[i].application))
            return true;
    return false;
}

static bool
read_all(struct exchange *x, const struct jsn *list, struct access_policy *out)
{
    struct policy_reader r = { .x = x };

    for (size_t i = 0; i < jsn_len(list); i++) {
        r.item = jsn_at(list, i);
        r.index = (unsigned)i;
        if (!read_policy(&r, &out[i]))
            return false;
        if (is_twice(out, (unsigned)i))
            return refuse(&r, "objectId", span_str(out[i].object.text));
        if (!guid_is_equal(&out[i].tenant, &x->caller.tid))
            return refuse(&r, "tenantId", span_str(out[i].tenant.text));
    }
    return true;
}

bool
vault_policies_read(struct exchange *x, const struct jsn *properties, bool required,
                    struct access_policy **out, unsigned *n)
{
    const struct jsn *list = NULL;
    enum jsn_got got = jsn_get_array(properties, "accessPolicies", &list);
    size_t count;

    *out = NULL;
    *n = 0;
    if (got == JSN_ABSENT && !required)
        return true;
    count = got == JSN_OK ? jsn_len(list) : MAX_ACCESS_POLICIES + 1;
    if (count > MAX_ACCESS_POLICIES) {
        (void)arm_fail(x, 400, "BadRequest",
                       "An invalid value was provided for 'accessPolicies': a list of at most "
                       "%d is needed.",
                       (int)MAX_ACCESS_POLICIES);
        return false;
    }
    *out = calloc(count + 1, sizeof(**out));
    if (*out == NULL) {
        (void)arm_fail(x, 503, "ServiceUnavailable", "The service is out of memory.");
        return false;
    }
    if (!read_all(x, list, *out)) {
        free(*out);
        *out = NULL;
        return false;
    }
    *n = (unsigned)count;
    return true;
}
