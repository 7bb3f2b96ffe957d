/* SPDX-License-Identifier: Apache-2.0 */
/*
 * management_group_move.c - finding groups, who may move what in the tree, and
 * what refusals say.
 *
 * Rights are asked before it is looked whether a group is there: a group that
 * is not stands, for rights, directly below the root group, so that only who
 * has rights at the root learns that there is none.
 */
#include <stdio.h>

#include "api/arm/management_groups.h"

#define ASSIGN "Microsoft.Authorization/roleAssignments/write"

void
mg_scope(struct span id, char out[static MG_SCOPE_MAX])
{
    int n = snprintf(out, MG_SCOPE_MAX, MG_PREFIX "%.*s", (int)span_head(id, MAX_MG_ID + 1).len,
                     (const char *)id.ptr);

    for (int i = 0; i < n && out[i] != '\0'; i++)
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] + 32);
}

enum next
mg_not_found(struct exchange *x, struct span id)
{
    return arm_fail(x, 404, "NotFound", "'" MG_PREFIX "%.*s' not found",
                    (int)span_head(id, MAX_MG_ID).len, (const char *)id.ptr);
}

enum err
mg_find(struct exchange *x, struct management_group *out)
{
    enum err e = management_group_load(x->rows, x->view, &x->caller.tid, x->bind[0], out);

    if (e == ERR_NOT_FOUND)
        (void)mg_not_found(x, x->bind[0]);
    return e;
}

bool
mg_is_root(const struct exchange *x, const char *id)
{
    return id[0] == '\0' || span_is_str_nocase(span_str(x->caller.tid.text), id);
}

bool
mg_enter(struct exchange *x, struct span id, const char *const *actions)
{
    char scope[MG_SCOPE_MAX];

    mg_scope(id, scope);
    return arm_enter(x, span_str(scope), actions);
}

bool
mg_may_move(struct exchange *x, const char *scope, const char *from, const char *to,
            const char *const *leave, const char *const *enter)
{
    static const char *const write[] = { MG_WRITE, NULL };
    static const char *const assign[] = { ASSIGN, NULL };

    if (!mg_is_root(x, to) && !mg_enter(x, span_str(to), enter))
        return false;
    if (!mg_is_root(x, from) && !mg_enter(x, span_str(from), leave))
        return false;
    return arm_enter(x, span_str(scope), write) && arm_enter(x, span_str(scope), assign);
}

enum next
mg_fault(struct exchange *x, const struct access_fault *f)
{
    static const struct {
        enum access_fault_kind kind;
        unsigned status;
        const char *code, *text;
    } rows[] = {
        { FAULT_BAD_NAME, 400, "BadRequest",
          "The id or the display name of the management group is not valid." },
        { FAULT_NO_PARENT, 404, "NotFound", "The parent management group was not found." },
        { FAULT_TOO_DEEP, 400, "ManagementGroupHierarchyTooDeep",
          "Management groups nest at most 6 levels below the root management group." },
        { FAULT_CIRCLE, 400, "BadRequest", "A management group cannot stand below itself." },
        { FAULT_IS_ROOT, 400, "BadRequest",
          "The root management group can be neither moved nor deleted." },
        { FAULT_IN_USE, 400, "BadRequest",
          "The management group has children: move or delete them first." },
        { FAULT_TOO_MANY, 400, "ManagementGroupLimitExceeded",
          "The tenant has as many management groups as it can." },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].kind == f->kind)
            return arm_fail(x, rows[i].status, rows[i].code, "%s", rows[i].text);
    return arm_fail(x, 400, "BadRequest", "The management group is refused.");
}
