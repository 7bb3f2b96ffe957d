/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scope.c - one pass over an id: lower case, single slashes, known shape.
 *
 * Strict on purpose: what does not parse is covered by nothing and grants
 * nothing. Ends of levels are kept, so that "is above" is never a question of
 * bytes that happen to agree.
 */
#include "auth/scope.h"

#include "base/limits.h"

#define MG_TYPE "managementgroups"

struct reader {
    struct scope *s;
    size_t len; /* of the text so far */
    struct span rest;
    bool bad; /* a segment was none: sticks, so that no caller can take it for the end */
};

/* A set of bytes, 64 to a word. */
#define IN(set, c) ((set)[(c) >> 6] >> ((c)&63) & 1)
#define BIT(c)     (UINT64_C(1) << ((c)&63))

/* In lower case. False: a character that an id may not have; may are visible ASCII characters
 * without <>%&:*\?/" */
static bool
fold(struct span seg, uint8_t *to)
{
    static const uint64_t bad[4] = {
        UINT64_C(0x1ffffffff) | BIT('<') | BIT('>') | BIT('%') | BIT('&') | BIT(':') |
            BIT('*') | BIT('?') | BIT('/') | BIT('"'),
        BIT('\\') | BIT(0x7f),
        UINT64_MAX,
        UINT64_MAX,
    };
    uint64_t found = 0;

    for (size_t i = 0; i < seg.len; i++) {
        uint8_t c = seg.ptr[i];

        found |= IN(bad, c);
        to[i] = (uint8_t)(c | (unsigned)(c >= 'A' && c <= 'Z') << 5);
    }
    return found == 0;
}

/* "." or "..", which somebody else could take for a step. */
static bool
is_dots(struct span seg)
{
    return seg.ptr[0] == '.' && (seg.len == 1 || (seg.len == 2 && seg.ptr[1] == '.'));
}

/* Takes the next segment into the text, with a slash before it. Empty: none, or a bad one. */
static struct span
next_segment(struct reader *r)
{
    struct span seg;
    bool bad = r->bad;
    uint8_t *to;

    r->bad = true; /* until all of it was read */
    while (r->rest.len > 0 && r->rest.ptr[0] == '/')
        r->rest = span_tail(r->rest, 1);
    seg = span_head(r->rest, span_find(r->rest, '/'));
    if (bad || seg.len == 0 || seg.len > MAX_SCOPE_NAME ||
        r->len + 1 + seg.len > MAX_SCOPE_TEXT || is_dots(seg))
        return (struct span){ 0 };
    r->rest = span_tail(r->rest, seg.len);
    to = (uint8_t *)r->s->text + r->len;
    *to++ = '/';
    if (!fold(seg, to))
        return (struct span){ 0 };
    r->len += 1 + seg.len;
    r->bad = false;
    return span_of(to, seg.len);
}

static bool
has_more(const struct reader *r)
{
    for (size_t i = 0; i < r->rest.len; i++)
        if (r->rest.ptr[i] != '/')
            return true;
    return false;
}

static bool
end_level(struct reader *r, enum scope_kind kind)
{
    struct scope *s = r->s;

    if (s->depth == MAX_SCOPE_DEPTH)
        return false;
    s->ends[s->depth++] = (uint16_t)r->len;
    s->kind = kind;
    return true;
}

static bool
name_is_ok(struct span name)
{
    static const uint64_t ok[4] = {
        UINT64_C(0x3ff) << '0' | BIT('-') | BIT('.') | BIT('(') | BIT(')'),
        UINT64_C(0x3ffffff) << ('A' - 64) | UINT64_C(0x3ffffff) << ('a' - 64) | BIT('_'),
    };

    if (name.len == 0 || name.len > MAX_MG_ID || name.ptr[name.len - 1] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!IN(ok, name.ptr[i]))
            return false;
    return true;
}

/* "/subscriptions/{guid}" and the resource group that may follow. */
static bool
read_subscription(struct reader *r, struct span *next)
{
    if (!guid_parse(next_segment(r), &r->s->subscription) || !end_level(r, SCOPE_SUBSCRIPTION))
        return false;
    if (!has_more(r))
        return true;
    *next = next_segment(r);
    if (!span_is_str(*next, "resourcegroups"))
        return true;
    if (!name_is_ok(next_segment(r)) || !end_level(r, SCOPE_RESOURCE_GROUP))
        return false;
    *next = (struct span){ 0 };
    if (has_more(r))
        *next = next_segment(r);
    return true;
}

static bool
is_object(struct span namespace, struct span type, struct span subtype)
{
    return span_is_str(namespace, "microsoft.keyvault") && span_is_str(type, "vaults") &&
           (span_is_str(subtype, "secrets") || span_is_str(subtype, "keys") ||
            span_is_str(subtype, "certificates"));
}

/*
 * What follows "/providers": namespace, then pairs of type and name, until the
 * end or the next "providers" (an extension resource). first: nothing stands
 * before it, so a management group may.
 */
static bool
read_provider(struct reader *r, bool first, struct span *next)
{
    struct span namespace = next_segment(r), type = { 0 };
    unsigned pairs = 0;

    if (!name_is_ok(namespace))
        return false;
    for (*next = (struct span){ 0 }; has_more(r); pairs++) {
        struct span word = next_segment(r), name;
        bool group;

        if (span_is_str(word, "providers")) {
            *next = word;
            break;
        }
        name = next_segment(r);
        if (!name_is_ok(word) || name.len == 0)
            return false;
        group = first && pairs == 0 && span_is_str(word, MG_TYPE) &&
                span_is_str(namespace, "microsoft.management");
        if (group &&
            (!name_is_ok(name) || !span_copy_str(name, r->s->group, sizeof(r->s->group))))
            return false;
        if (!end_level(r, group ? SCOPE_MANAGEMENT_GROUP
                                : (pairs == 1 && is_object(namespace, type, word)
                                       ? SCOPE_OBJECT
                                       : SCOPE_RESOURCE)))
            return false;
        type = word;
    }
    return pairs > 0;
}

static bool
read_all(struct reader *r)
{
    struct span word;
    bool first = true;

    if (r->rest.len == 0 || r->rest.ptr[0] != '/')
        return false;
    if (!has_more(r)) {
        r->s->text[r->len++] = '/';
        return true;
    }
    word = next_segment(r);
    if (span_is_str(word, "subscriptions")) {
        word = (struct span){ 0 };
        if (!read_subscription(r, &word))
            return false;
        first = false;
        if (word.len == 0)
            return !has_more(r);
    }
    while (word.len > 0) {
        if (!span_is_str(word, "providers") || !read_provider(r, first, &word))
            return false;
        first = false;
    }
    return !has_more(r);
}

enum err
scope_parse(struct span id, struct scope *out)
{
    struct reader r = { .s = out, .rest = id };

    out->kind = SCOPE_ROOT;
    out->depth = 0;
    out->subscription.text[0] = '\0';
    out->group[0] = '\0';
    if (!read_all(&r) || r.bad) {
        *out = (struct scope){ .kind = SCOPE_ROOT };
        return ERR_ARG;
    }
    out->text[r.len] = '\0';
    return ERR_OK;
}

static bool
is_vault(const struct scope *s)
{
    static const char above[] = "/providers/microsoft.keyvault/vaults/";
    struct span own;

    if (s->kind != SCOPE_RESOURCE || s->depth < 2)
        return false;
    own = span_tail(scope_span(s), s->ends[s->depth - 2]);
    return own.len > sizeof(above) - 1 && span_is_str(span_head(own, sizeof(above) - 1), above);
}

/* What is used of it; a whole copy would be five times as long. */
static void
copy_scope(const struct scope *from, struct scope *to)
{
    size_t len = from->ends[from->depth - 1];

    to->kind = from->kind;
    to->depth = from->depth;
    memcpy(to->ends, from->ends, from->depth * sizeof(from->ends[0]));
    to->subscription = from->subscription;
    to->group[0] = '\0';
    memcpy(to->text, from->text, len);
}

enum err
scope_of_object(const struct scope *vault, const char *kind, struct span name,
                struct scope *out)
{
    struct reader r = { .s = out, .rest = span_str(kind) };
    bool objects = false;

    if (is_vault(vault) && name.len <= MAX_OBJECT_NAME && span_find(name, '/') == name.len) {
        copy_scope(vault, out);
        r.len = scope_span(vault).len;
        objects =
            is_object(span_str("microsoft.keyvault"), span_str("vaults"), next_segment(&r));
        r.rest = name;
    }
    if (!objects || next_segment(&r).len == 0 || !end_level(&r, SCOPE_OBJECT)) {
        *out = (struct scope){ .kind = SCOPE_ROOT };
        return ERR_ARG;
    }
    out->text[r.len] = '\0';
    return ERR_OK;
}

struct span
scope_span(const struct scope *s)
{
    return s->depth == 0 ? span_str(s->text) : span_of(s->text, s->ends[s->depth - 1]);
}

struct span
scope_level(const struct scope *s, unsigned i)
{
    bug_on(i >= s->depth);
    return span_of(s->text, s->ends[i]);
}

void
scope_parent(const struct scope *s, struct scope *out)
{
    struct span up = s->depth < 2 ? span_str("/") : scope_level(s, s->depth - 2);

    bug_on(scope_parse(up, out) != ERR_OK); /* a level of what was parsed parses */
}

struct span
scope_name(const struct scope *s)
{
    struct span text = scope_span(s);
    size_t from = text.len;

    while (from > 0 && text.ptr[from - 1] != '/')
        from--;
    return span_tail(text, from);
}

bool
scope_covers(struct span scope, struct span resource)
{
    if (scope.len == 1 && scope.ptr[0] == '/')
        return resource.len > 0 && resource.ptr[0] == '/';
    if (scope.len == 0 || !span_has_prefix(resource, scope))
        return false;
    /* ".../rg1" is no prefix of ".../rg10": a segment must end here. */
    return resource.len == scope.len || resource.ptr[scope.len] == '/';
}
