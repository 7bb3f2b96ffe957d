/* SPDX-License-Identifier: Apache-2.0 */
/* object_chain.c - see object_chain.h. */
#include "vault/object_chain.h"

#include "base/log.h"
#include "vault/object_kind.h"

struct object_chain
object_chain_of(const struct vault_at *at, const struct object_head *head)
{
    return (struct object_chain){ .at = at, .name = head->name.key, .next = head->newest };
}

enum err
object_chain_skip(struct object_chain *c, const struct hex32 *id)
{
    struct object_version v;
    enum err e = object_version_get(c->at, c->name, id, &v);

    if (e == ERR_OK)
        c->next = v.older;
    return e;
}

bool
object_chain_at_end(const struct object_chain *c)
{
    return c->next.text[0] == '\0';
}

enum err
object_chain_next(struct object_chain *c, struct object_version *out)
{
    enum err e = object_version_get(c->at, c->name, &c->next, out);

    if (e == ERR_OK)
        c->next = out->older;
    if (e != ERR_NOT_FOUND)
        return e;
    log_error("%s %s: its version %s has no row", object_kind_info(c->at->kind)->word, c->name,
              c->next.text);
    return ERR_INTEGRITY;
}

static const struct object_kind_info *
kind_of_prefix(struct span prefix, bool *is_version)
{
    for (int k = KIND_SECRET; k <= KIND_CERTIFICATE; k++) {
        const struct object_kind_info *kind = object_kind_info((enum object_kind)k);

        *is_version = span_is_str(prefix, kind->version_prefix);
        if (*is_version || span_is_str(prefix, kind->live_prefix) ||
            span_is_str(prefix, kind->gone_prefix))
            return kind;
    }
    return NULL;
}

bool
object_chain_link(struct span key, struct span payload, struct row_key *out)
{
    enum { VAULT_AT = 3, REST_AT = VAULT_AT + GUID_LEN + 1 }; /* "sn/<vault>/" */
    struct object_version v = { .generation = 0 };
    struct object_head head;
    struct object_name name;
    struct hex32 next = { "" };
    struct guid vault;
    bool is_version;
    const struct object_kind_info *kind = kind_of_prefix(span_head(key, 2), &is_version);
    size_t name_at = is_version ? REST_AT + HEX32_LEN + 1 : REST_AT;

    if (kind == NULL || !guid_parse(span_head(span_tail(key, VAULT_AT), GUID_LEN), &vault) ||
        !object_name_parse(span_tail(key, name_at), &name))
        return false;
    if (is_version && object_version_read(payload, &v) == ERR_OK)
        next = v.older;
    else if (!is_version && object_head_read(payload, &head) == ERR_OK)
        next = head.newest;
    if (next.text[0] == '\0')
        return false;
    (void)row_key_make(out, kind->version_prefix, vault.text, next.text, name.key, NULL);
    return true;
}
