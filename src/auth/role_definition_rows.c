/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role_definition_rows.c - permissions as bytes, and which ones may be stored.
 *
 * An action that can match nothing is refused: it is a typing error, and what
 * its author meant to take away would stay granted.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "auth/condition.h"
#include "auth/role.h"
#include "auth/role_definition_int.h"
#include "vault/name.h"

enum err
span_pool_init(struct span_pool *p, size_t bytes)
{
    p->n = 0;
    p->cap = bytes / 4 + 1; /* a text of a row is a length of four bytes and itself */
    p->at = calloc(p->cap, sizeof(*p->at));
    return p->at == NULL ? ERR_NOMEM : ERR_OK;
}

void
list_pack(struct sink k, const struct role_list *l)
{
    pack_u16(k, (uint16_t)l->n);
    for (unsigned i = 0; i < l->n; i++)
        pack_bytes(k, l->at[i]);
}

void
permissions_pack(struct sink k, const struct role_permission *p, unsigned n)
{
    pack_u8(k, (uint8_t)n);
    for (unsigned i = 0; i < n; i++) {
        list_pack(k, &p[i].actions);
        list_pack(k, &p[i].not_actions);
        list_pack(k, &p[i].data_actions);
        list_pack(k, &p[i].not_data_actions);
        pack_bytes(k, p[i].condition);
    }
}

bool
list_read(struct unpack *u, struct span_pool *pool, unsigned max, struct role_list *out)
{
    unsigned n = unpack_u16(u);

    *out = (struct role_list){ .at = pool->at + pool->n, .n = n };
    if (n > max)
        return false;
    for (unsigned i = 0; i < n; i++) {
        if (pool->n == pool->cap)
            return false;
        pool->at[pool->n++] = unpack_bytes(u, MAX_ROLE_ACTION);
    }
    return u->err == ERR_OK;
}

bool
permissions_read(struct unpack *u, struct span_pool *pool,
                 struct role_permission out[static MAX_ROLE_PERMISSIONS], unsigned *n)
{
    *n = unpack_u8(u);
    if (*n > MAX_ROLE_PERMISSIONS)
        return false;
    for (unsigned i = 0; i < *n; i++) {
        if (!list_read(u, pool, MAX_ROLE_LIST, &out[i].actions) ||
            !list_read(u, pool, MAX_ROLE_LIST, &out[i].not_actions) ||
            !list_read(u, pool, MAX_ROLE_LIST, &out[i].data_actions) ||
            !list_read(u, pool, MAX_ROLE_LIST, &out[i].not_data_actions))
            return false;
        out[i].condition = unpack_bytes(u, MAX_CONDITION);
    }
    return u->err == ERR_OK;
}

enum err
role_refuse(struct access_fault *why, enum access_fault_kind kind, const char *fmt, ...)
{
    va_list args;

    *why = (struct access_fault){ .kind = kind };
    va_start(args, fmt);
    (void)vsnprintf(why->text, sizeof(why->text), fmt, args);
    va_end(args);
    return ERR_DENIED;
}

bool
role_text_is_ok(struct span s, size_t max)
{
    for (size_t i = 0; i < s.len; i++)
        if ((s.ptr[i] < ' ' && s.ptr[i] != '\n' && s.ptr[i] != '\r' && s.ptr[i] != '\t') ||
            s.ptr[i] == 0x7f)
            return false;
    return utf16_len(s) <= max;
}

/* "*", or segments of letters, digits and "-._*" with single slashes between them. */
static bool
action_is_ok(struct span a, unsigned *stars)
{
    *stars = 0;
    if (a.len == 0 || a.len > MAX_ROLE_ACTION)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        uint8_t c = a.ptr[i];

        *stars += c == '*';
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
              c == '-' || c == '.' || c == '_' || c == '*' || c == '/'))
            return false;
        if (c == '/' && (i == 0 || i == a.len - 1 || a.ptr[i - 1] == '/'))
            return false;
    }
    return span_is_str(a, "*") || span_find(a, '/') < a.len;
}

static enum err
check_list(const struct role_list *l, bool is_data, unsigned *total, struct access_fault *why)
{
    if (l->n > MAX_ROLE_LIST || (*total += l->n) > MAX_ROLE_LIST)
        return role_refuse(why, FAULT_TOO_MANY, "at most %d actions of a kind", MAX_ROLE_LIST);
    for (unsigned i = 0; i < l->n; i++) {
        int len = (int)span_head(l->at[i], 120).len;
        const char *text = (const char *)l->at[i].ptr;
        unsigned stars;

        if (!action_is_ok(l->at[i], &stars))
            return role_refuse(why, FAULT_BAD_ACTION, "'%.*s' is not an action", len, text);
        if (stars > 1)
            return role_refuse(why, FAULT_BAD_ACTION, "'%.*s' contains multiple wildcards", len,
                               text);
        if (!role_action_is_known(l->at[i], is_data))
            return role_refuse(why, FAULT_BAD_ACTION, "'%.*s' does not match any of the %s",
                               len, text, is_data ? "data actions" : "actions");
    }
    return ERR_OK;
}

static enum err
check_condition(struct span text, struct access_fault *why)
{
    struct condition_fault at;
    struct condition *c;
    enum err e;

    if (text.len == 0)
        return ERR_OK;
    e = condition_parse(text, &c, &at);
    condition_free(c);
    if (e == ERR_SYNTAX || e == ERR_TOO_LARGE)
        return role_refuse(why, FAULT_BAD_CONDITION, "%s, at character %zu", at.what,
                           at.at + 1);
    return e;
}

enum err
permissions_check(const struct role_permission *p, unsigned n, struct access_fault *why)
{
    unsigned actions = 0, nots = 0, data = 0, not_data = 0;
    enum err e = ERR_OK;

    if (n > MAX_ROLE_PERMISSIONS)
        return role_refuse(why, FAULT_TOO_MANY, "at most %d permissions", MAX_ROLE_PERMISSIONS);
    for (unsigned i = 0; i < n && e == ERR_OK; i++) {
        e = check_list(&p[i].actions, false, &actions, why);
        if (e == ERR_OK)
            e = check_list(&p[i].not_actions, false, &nots, why);
        if (e == ERR_OK)
            e = check_list(&p[i].data_actions, true, &data, why);
        if (e == ERR_OK)
            e = check_list(&p[i].not_data_actions, true, &not_data, why);
        if (e == ERR_OK)
            e = check_condition(p[i].condition, why);
    }
    if (e == ERR_OK && actions == 0 && data == 0)
        return role_refuse(why, FAULT_EMPTY, "at least one action or data action is needed");
    return e;
}
