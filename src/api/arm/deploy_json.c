/* SPDX-License-Identifier: Apache-2.0 */
/* deploy_json.c - deployments as they are answered, and the parts that rows keep as JSON. */
#include <stdio.h>

#include "api/arm/deploy.h"
#include "codec/isotime.h"
#include "crypto/digest.h"

const char *
deploy_state_word(enum deploy_state s)
{
    static const char *const words[DEPLOY_STATE__MAX] = { [DEPLOY_RUNNING] = "Running",
                                                          [DEPLOY_SUCCEEDED] = "Succeeded",
                                                          [DEPLOY_FAILED] = "Failed",
                                                          [DEPLOY_CANCELED] = "Canceled" };

    return words[s];
}

void
deploy_put_duration(struct jsw *w, int64_t from, int64_t to)
{
    int64_t ticks = to > from ? to - from : 0;
    char text[48];

    (void)snprintf(text, sizeof(text), "PT%lld.%07lldS", (long long)(ticks / 10000000),
                   (long long)(ticks % 10000000));
    jsw_str(w, "duration", text);
}

static void
put_raw(struct jsw *w, const char *name, struct span json)
{
    if (json.len > 0)
        jsw_raw(w, name, json);
}

static void
put_cut_off(struct jsw *w)
{
    jsw_object(w, "error");
    jsw_str(w, "code", "DeploymentFailed");
    jsw_str(w, "message",
            "The deployment was cut off while it ran: the service was restarted, "
            "or lost a part of itself. Deploy it again.");
    jsw_end(w);
}

void
deploy_put_json(const struct deploy_at *at, const struct deployment *d, struct jsw *w)
{
    enum deploy_state state = deploy_state_of(d);
    char when[ISOTIME_MAX], id[DEPLOY_ID_MAX];

    isotime_put_100ns(d->updated, when);
    (void)snprintf(id, sizeof(id),
                   "/subscriptions/%s%s%s/providers/Microsoft.Resources/"
                   "deployments/%s",
                   at->subscription.text, at->in_group ? "/resourceGroups/" : "",
                   at->in_group ? at->group.name : "", d->name);
    jsw_object(w, NULL);
    jsw_str(w, "id", id);
    jsw_str(w, "name", d->name);
    jsw_str(w, "type", "Microsoft.Resources/deployments");
    if (d->location[0] != '\0')
        jsw_str(w, "location", d->location);
    put_raw(w, "tags", d->tags);
    jsw_object(w, "properties");
    jsw_str(w, "templateHash", d->hash);
    put_raw(w, "parameters", d->parameters);
    jsw_str(w, "mode", d->complete ? "Complete" : "Incremental");
    jsw_str(w, "provisioningState", deploy_state_word(state));
    jsw_str(w, "timestamp", when);
    deploy_put_duration(w, d->started, d->updated);
    jsw_str(w, "correlationId", d->correlation.text);
    put_raw(w, "providers", d->providers);
    put_raw(w, "dependencies", d->dependencies);
    put_raw(w, "outputs", d->outputs);
    put_raw(w, "outputResources", d->resources);
    put_raw(w, "validatedResources", d->validated);
    if (state == DEPLOY_FAILED && d->state == DEPLOY_RUNNING)
        put_cut_off(w);
    else
        put_raw(w, "error", d->error);
    jsw_end(w);
    jsw_end(w);
}

/* -------------------------------------------------------------- parts of the row */

static const char *
type_word(struct span type)
{
    static const char *const words[] = { "String", "SecureString", "Int",         "Bool",
                                         "Object", "Array",        "SecureObject" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (span_is_str_nocase(type, words[i]))
            return words[i];
    return "String";
}

void
deploy_put_parameters(struct job *j, struct buf *out)
{
    const struct value *defs = j->ev.parameter_defs;
    struct jsw w = jsw_of(sink_buf(out));
    char name[VALUE_NAME_MAX + 1];

    jsw_object(&w, NULL);
    for (size_t i = 0; defs != NULL && i < defs->n; i++) {
        const struct value *type = value_get(defs->member[i].value, "type");
        const struct value *v = eval_parameter(&j->ev, defs->member[i].name);

        if (!value_is_str(type) || !span_copy_str(defs->member[i].name, name, sizeof(name)))
            continue;
        jsw_object(&w, name);
        jsw_str(&w, "type", type_word(type->str));
        if (!v->secret && !eval_type_is_secure(type->str))
            value_write(v, true, &w, "value");
        jsw_end(&w);
    }
    jsw_end(&w);
}

static struct span
namespace_of(const struct unit *u)
{
    return span_head(u->type, span_find(u->type, '/'));
}

static struct span
type_of(const struct unit *u)
{
    return span_tail(u->type, span_find(u->type, '/') + 1);
}

static bool
is_put(const struct unit *u)
{
    return !u->off && !u->existing;
}

/* Is there one before it of the same namespace (and the same type)? */
static bool
came_before(const struct plan *p, unsigned i, bool whole)
{
    for (unsigned k = 0; k < i; k++)
        if (is_put(&p->unit[k]) &&
            (whole
                 ? span_is_equal_nocase(p->unit[k].type, p->unit[i].type)
                 : span_is_equal_nocase(namespace_of(&p->unit[k]), namespace_of(&p->unit[i]))))
            return true;
    return false;
}

static void
put_types(const struct plan *p, unsigned first, const char *location, struct jsw *w)
{
    jsw_array(w, "resourceTypes");
    for (unsigned i = first; i < p->n; i++) {
        const struct unit *u = &p->unit[i];

        if (!is_put(u) || came_before(p, i, true) ||
            !span_is_equal_nocase(namespace_of(u), namespace_of(&p->unit[first])))
            continue;
        jsw_object(w, NULL);
        jsw_span(w, "resourceType", type_of(u));
        jsw_array(w, "locations");
        jsw_str(w, NULL, location);
        jsw_end(w);
        jsw_end(w);
    }
    jsw_end(w);
}

void
deploy_put_providers(const struct job *j, const char *location, struct buf *out)
{
    const struct plan *p = j->plan;
    struct jsw w = jsw_of(sink_buf(out));

    jsw_array(&w, NULL);
    for (unsigned i = 0; i < p->n; i++) {
        if (!is_put(&p->unit[i]) || came_before(p, i, false))
            continue;
        jsw_object(&w, NULL);
        jsw_span(&w, "namespace", namespace_of(&p->unit[i]));
        put_types(p, i, location, &w);
        jsw_end(&w);
    }
    jsw_end(&w);
}

static void
put_unit(const struct unit *u, struct jsw *w)
{
    jsw_span(w, "id", u->id);
    jsw_span(w, "resourceType", u->type);
    jsw_span(w, "resourceName", u->name);
}

void
deploy_put_dependencies(const struct job *j, struct buf *out)
{
    const struct plan *p = j->plan;
    struct jsw w = jsw_of(sink_buf(out));

    jsw_array(&w, NULL);
    for (unsigned i = 0; i < p->n; i++) {
        const struct unit *u = &p->unit[i];
        bool open = false;

        for (unsigned k = 0; is_put(u) && k < u->nneeds; k++) {
            if (!is_put(&p->unit[u->needs[k]]))
                continue;
            if (!open) {
                jsw_object(&w, NULL);
                jsw_array(&w, "dependsOn");
            }
            open = true;
            jsw_object(&w, NULL);
            put_unit(&p->unit[u->needs[k]], &w);
            jsw_end(&w);
        }
        if (!open)
            continue;
        jsw_end(&w);
        put_unit(u, &w);
        jsw_end(&w);
    }
    jsw_end(&w);
}

void
deploy_put_resources(const struct job *j, bool all, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));

    jsw_array(&w, NULL);
    for (unsigned i = 0; i < j->plan->n; i++) {
        const struct unit *u = &j->plan->unit[i];

        if (!is_put(u) || (!all && u->result == NULL))
            continue;
        jsw_object(&w, NULL);
        jsw_span(&w, "id", u->id);
        jsw_end(&w);
    }
    jsw_end(&w);
}

/* WIRE: a number of twenty digits, as Azure's; how that is computed is not known. */
void
deploy_hash(struct job *j, char out[static DEPLOY_HASH_LEN + 1])
{
    uint8_t h[SHA256_LEN] = { 0 };
    uint64_t n = 0;

    if (digest_sha256(value_json(j->a, j->template), h) == ERR_OK)
        for (unsigned i = 0; i < 8; i++)
            n = n << 8 | h[i];
    (void)snprintf(out, DEPLOY_HASH_LEN + 1, "%llu", (unsigned long long)n);
}
