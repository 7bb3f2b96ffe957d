/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy_secret.c - parameters: those that are given, and those that name a secret of a vault.
 *
 * Such a secret is read for whoever may use the vault for deployments, without a right on the
 * data plane; the vault must allow it. Rights come first: who has none learns nothing.
 */
#include "api/arm/deploy.h"

#include <stdio.h>

#include "api/arm/target.h"
#include "api/data/object.h"
#include "auth/scope.h"
#include "vault/object.h"
#include "vault/secret.h"

#define ACTION "Microsoft.KeyVault/vaults/deploy/action"

struct wanted {
    struct span name; /* of the parameter */
    struct scope vault;
    struct span secret, version;
};

static enum next
refuse(struct exchange *x, unsigned status, const char *code, const struct wanted *w,
       const char *why)
{
    return arm_fail(x, status, code,
                    "The secret of KeyVault parameter '%.*s' cannot be retrieved: %s",
                    (int)span_head(w->name, 120).len, (const char *)w->name.ptr, why);
}

static bool
read_reference(const struct value *ref, struct wanted *w)
{
    const struct value *id = value_get(value_get(ref, "keyVault"), "id");
    const struct value *name = value_get(ref, "secretName"),
                       *version = value_get(ref, "secretVersion");

    if (!value_is_str(id) || !value_is_str(name) || scope_parse(id->str, &w->vault) != ERR_OK ||
        strstr(w->vault.text, "/resourcegroups/") == NULL ||
        strstr(w->vault.text, "/providers/microsoft.keyvault/vaults/") == NULL ||
        w->vault.depth != 3)
        return false;
    w->secret = name->str;
    if (value_is_str(version))
        w->version = version->str;
    return value_is_str(version) || version == NULL || version->kind == VALUE_NULL;
}

/* The vault, if its subscription is of the caller's tenant and it lies where the id says. */
static enum err
load_vault(struct exchange *x, const struct wanted *w, struct vault **out)
{
    struct place sub;
    enum err e = place_load(x->rows, x->view, &w->vault.subscription, (struct span){ 0 }, &sub);

    *out = NULL;
    if (e == ERR_OK && !guid_is_equal(arm_tenant_of(x, &sub), &x->caller.tid))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = vault_load(x->rows, x->view, scope_name(&w->vault), out);
    if (e == ERR_OK && (strcmp((*out)->arm_id, w->vault.text) != 0 ||
                        !guid_is_equal(&(*out)->tenant, &x->caller.tid)))
        e = ERR_NO_VAULT;
    return e == ERR_NO_VAULT ? ERR_NOT_FOUND : e;
}

/* Which secrets a deployment has read stands in its record, as many as there is room for. */
static void
note_secret(struct exchange *x, const struct wanted *w)
{
    char name[MAX_OBJECT_NAME + 1], *extra = x->note.extra;
    size_t n = strlen(extra);
    struct buf b;

    buf_init(&b, sizeof(x->note.extra) - 1);
    if (n == 0)
        buf_put_str(&b, "\"templateSecrets\":[");
    else
        buf_put(&b, span_of(extra, n - 1)); /* open again */
    if (span_copy_str(w->secret, name, sizeof(name)))
        buf_put_fmt(&b, "%s\"%s/secrets/%s\"]", n == 0 ? "" : ",", w->vault.text, name);
    if (b.err == ERR_OK && name[0] != '\0')
        (void)span_copy_str(buf_span(&b), extra, sizeof(x->note.extra));
    buf_release(&b);
}

static enum next
ask_secret(struct exchange *x, const struct vault *v, const struct wanted *w)
{
    struct vault_at at = { .rows = x->rows, .view = x->view, .vault = v, .kind = KIND_SECRET };
    struct object_name name;
    struct hex32 version;
    struct object o;
    enum err e = object_name_parse(w->secret, &name) ? ERR_OK : ERR_SECRET_NOT_FOUND;

    if (e == ERR_OK && w->version.len > 0 && !hex32_parse(w->version, &version))
        e = ERR_SECRET_NOT_FOUND;
    if (e == ERR_OK)
        e = object_get(&at, &name, w->version.len > 0 ? &version : NULL, &o);
    if (e == ERR_SECRET_NOT_FOUND)
        return refuse(x, 404, "KeyVaultParameterReferenceSecretRetrieveFailed", w,
                      "the secret was not found in this key vault.");
    if (e != ERR_OK)
        return arm_trouble(x, e);
    if (!o.v.attrs.enabled)
        return refuse(x, 403, "KeyVaultParameterReferenceSecretRetrieveFailed", w,
                      "the secret is disabled.");
    note_secret(x, w);
    secret_ask_open(&at, &o, sink_sec(&x->ask));
    x->ask_op = KEEPER_OPEN;
    return NEXT_KEEPER;
}

static enum next
fetch(struct exchange *x, const struct wanted *w)
{
    struct vault *v;
    enum next next;
    enum err e;

    if (!arm_may(x, ACTION, w->vault.text))
        return arm_fail(x, 403, "KeyVaultParameterReferenceAuthorizationFailed",
                        "The client '%s' with object id '%s' does not have permission to "
                        "perform action '%s' over scope '%s'.",
                        x->caller.upn[0] != '\0' ? x->caller.upn : x->caller.appid.text,
                        x->caller.oid.text, ACTION, w->vault.text);
    e = load_vault(x, w, &v);
    if (e == ERR_NOT_FOUND)
        next = refuse(x, 404, "KeyVaultParameterReferenceNotFound", w,
                      "the specified key vault could not be found.");
    else if (e != ERR_OK)
        next = arm_trouble(x, e);
    else if (!v->for_template_deployment)
        next = refuse(x, 403, "KeyVaultParameterReferenceSecretRetrieveFailed", w,
                      "the vault is not enabled for template deployment.");
    else
        next = ask_secret(x, v, w);
    vault_unref(v);
    return next;
}

enum next
deploy_secret_came(struct exchange *x, struct job *j)
{
    const struct member *m = &j->parameters->member[j->next_parameter++];

    if (x->answer_err != ERR_OK)
        return arm_trouble(x, object_keeper_err(x->answer_err));
    value_put(j->a, j->given, m->name,
              value_secret(j->a, value_str(j->a, secbuf_span(&x->answer))));
    return deploy_proceed(x, j);
}

static enum next
plan(struct exchange *x, struct job *j)
{
    eval_init(&j->ev, j->a, j->template, j->given, j->facts);
    j->ev.now = j->started / 10000000;
    if (!plan_make(&j->ev, j->template, &j->plan))
        return deploy_bad_template(x, j);
    return deploy_check(x, j) ? j->then(x, j) : NEXT_REPLY;
}

enum next
deploy_proceed(struct exchange *x, struct job *j)
{
    j->phase = JOB_SECRETS;
    for (; j->parameters != NULL && j->next_parameter < j->parameters->n; j->next_parameter++) {
        const struct member *m = &j->parameters->member[j->next_parameter];
        const struct value *v = value_get(m->value, "value"),
                           *ref = value_get(m->value, "reference");
        struct wanted w = { .name = m->name };

        if (ref != NULL && ref->kind != VALUE_NULL) {
            if (!read_reference(ref, &w))
                return refuse(
                    x, 400, "InvalidTemplate", &w,
                    "the reference needs the id of a vault and the name of a secret.");
            return fetch(x, &w);
        }
        if (v == NULL)
            return arm_fail(x, 400, "InvalidTemplate",
                            "Deployment template validation failed: 'The value for the "
                            "template parameter '%.*s' is not provided.'.",
                            (int)span_head(m->name, 120).len, (const char *)m->name.ptr);
        value_put(j->a, j->given, m->name, v);
    }
    return plan(x, j);
}
