/* SPDX-License-Identifier: Apache-2.0 */
/*
 * role.c - matching actions against patterns, and finding built-in roles.
 */
#include "auth/role.h"

#include "auth/role_int.h"

const struct role *
role_at(size_t i)
{
    return i < role_table_n ? &role_table[i] : NULL;
}

const struct role *
role_by_id(const struct guid *id)
{
    for (size_t i = 0; i < role_table_n; i++)
        if (strcmp(role_table[i].guid, id->text) == 0)
            return &role_table[i];
    for (const struct role *r = role_directory; r->guid != NULL; r++)
        if (strcmp(r->guid, id->text) == 0)
            return r;
    return NULL;
}

static bool
is_named(const struct role *r, struct span name)
{
    return span_is_str_nocase(name, r->name) || span_is_str_nocase(name, r->guid);
}

const struct role *
role_by_name(struct span name)
{
    for (size_t i = 0; i < role_table_n; i++)
        if (is_named(&role_table[i], name))
            return &role_table[i];
    for (const struct role *r = role_directory; r->guid != NULL; r++)
        if (is_named(r, name))
            return r;
    return NULL;
}

bool
role_is_directory(const struct guid *id)
{
    for (const struct role *r = role_directory; r->guid != NULL; r++)
        if (strcmp(r->guid, id->text) == 0)
            return true;
    return false;
}

bool
action_is_directory(struct span action)
{
    static const char plane[] = "microsoft.directory/";

    return span_is_str_nocase(span_head(action, sizeof(plane) - 1), plane);
}

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Only the last star met needs to be tried again: pattern x text steps at most. */
static bool
covers(struct span pattern, struct span text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;

    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.len && lower(pattern.ptr[p]) == lower(text.ptr[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

bool
role_pattern_covers(struct span pattern, struct span text)
{
    size_t star = span_find(pattern, '*'), tail = star + 2;

    if (covers(pattern, text))
        return true;
    /* WIRE: "X/ * /Y" (without the blanks) covers "X/Y" too: built-in roles rely on it. */
    if (star == 0 || tail > pattern.len || pattern.ptr[star - 1] != '/' ||
        pattern.ptr[star + 1] != '/')
        return false;
    return text.len >= star &&
           span_is_equal_nocase(span_head(text, star), span_head(pattern, star)) &&
           covers(span_tail(pattern, tail), span_tail(text, star));
}

static bool
list_covers(const char *const *list, struct span action)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        if (role_pattern_covers(span_str(list[i]), action))
            return true;
    return false;
}

bool
role_allows_data_action(const struct role *r, struct span action)
{
    return list_covers(r->data_actions, action) && !list_covers(r->not_data_actions, action);
}

bool
role_allows_action(const struct role *r, struct span action)
{
    struct guid id;

    if (guid_parse(span_str(r->guid), &id) &&
        role_is_directory(&id) != action_is_directory(action))
        return false;
    return list_covers(r->actions, action) && !list_covers(r->not_actions, action);
}
