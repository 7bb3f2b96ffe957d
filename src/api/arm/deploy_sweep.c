/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy_sweep.c - mode Complete: what is in the group and not in the template goes. Listed and
 * deleted as the caller: what it cannot see stays, what it may not delete fails.
 */
#include <stdio.h>

#include "api/arm/deploy.h"

#define DELETE_VERSION "2023-07-01"

static bool
is_spared(const struct job *j, struct span id)
{
    for (unsigned i = 0; i < j->plan->n; i++)
        if (!j->plan->unit[i].off && span_is_equal_nocase(j->plan->unit[i].id, id))
            return true;
    return false;
}

static void
fail(struct job *j, unsigned status, struct span code, struct span message, struct span id)
{
    struct deploy_op op = { .what = "Delete", .status = status, .begun = j->begun, .id = id };

    deploy_note_failure(j, &op, code, message);
}

static void
take_list(struct exchange *x, struct job *j)
{
    const struct value *root = value_null(), *list;
    struct span code, message;

    if (x->inner_status != 200) {
        deploy_read_error(x, j, &code, &message);
        fail(j, x->inner_status, code, message, (struct span){ 0 });
        return;
    }
    if (value_parse(j->a, secbuf_span(&x->answer), &root) != ERR_OK ||
        value_get(root, "nextLink") != NULL) {
        fail(j, 409, span_str("TooManyResources"),
             span_str("The resource group holds too much for the mode 'Complete'."),
             (struct span){ 0 });
        return;
    }
    list = value_get(root, "value");
    for (size_t i = 0; list != NULL && list->kind == VALUE_ARRAY && i < list->n; i++) {
        const struct value *id = value_get(list->item[i], "id");

        if (value_is_str(id) && !is_spared(j, id->str))
            value_push(j->a, j->doomed, list->item[i]);
    }
}

static struct span
text_of(const struct value *v, const char *name)
{
    const struct value *t = value_get(v, name);

    return value_is_str(t) ? t->str : (struct span){ 0 };
}

bool
deploy_list_group(struct exchange *x, struct job *j)
{
    static const char *const ends[] = {
        "resources", "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    };
    char path[GUID_LEN + MAX_GROUP_NAME + 160];

    if (j->doomed == NULL)
        j->doomed = value_array(j->a);
    if (j->failed || arena_err(j->a) != ERR_OK)
        return false;
    if (j->lists < sizeof(ends) / sizeof(ends[0])) {
        (void)snprintf(path, sizeof(path), "/subscriptions/%s/resourceGroups/%.90s/%s",
                       j->at.subscription.text, j->at.group.name, ends[j->lists]);
        deploy_ask(x, j, JOB_LIST, HTTP_GET, span_str(path), span_str(DELETE_VERSION), NULL);
        return true;
    }
    return false;
}

bool
deploy_sweep(struct exchange *x, struct job *j)
{
    if (deploy_list_group(x, j))
        return true;
    if (j->failed || j->doomed == NULL || arena_err(j->a) != ERR_OK)
        return false;
    if (j->next_doomed == j->doomed->n)
        return false;
    deploy_ask(x, j, JOB_DELETE, HTTP_DELETE, text_of(j->doomed->item[j->next_doomed], "id"),
               span_str(DELETE_VERSION), NULL);
    return true;
}

void
deploy_sweep_answer(struct exchange *x, struct job *j)
{
    const struct value *v;
    struct span code, message;
    struct deploy_op op = { .what = "Delete", .status = x->inner_status, .begun = j->begun };

    if (j->phase == JOB_LIST) {
        j->lists++;
        take_list(x, j);
        return;
    }
    v = j->doomed->item[j->next_doomed++];
    op.id = text_of(v, "id");
    op.type = text_of(v, "type");
    op.name = text_of(v, "name");
    if (x->inner_status >= 200 && x->inner_status < 300) {
        deploy_note(j, &op);
        return;
    }
    deploy_read_error(x, j, &code, &message);
    deploy_note_failure(j, &op, code, message);
}
