/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_filter.c - $filter of the resource manager and of the directory. What was understood is
 * written anew from its terms, understood again, and must mean the same: nothing of a filter
 * is overlooked, so no list shows more than was asked for.
 */
#include <stdlib.h>

#include "api/arm/filter.h"
#include "api/arm/odata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { TEXT_MAX = 16 * 1024 };

static void
must(bool so)
{
    if (!so)
        abort();
}

static void
put_text(struct buf *out, const char *text)
{
    buf_put_str(out, "'");
    for (; *text != '\0'; text++)
        buf_put_fmt(out, *text == '\'' ? "''" : "%c", *text);
    buf_put_str(out, "'");
}

static void
write_odata(const struct odata_filter *f, struct buf *out)
{
    for (unsigned i = 0; i < f->n; i++) {
        const struct odata_term *t = &f->term[i];

        buf_put_str(out, i > 0 ? " and " : "");
        buf_put_fmt(out, t->kind == ODATA_STARTS ? "startswith(%s," : "%s", t->name);
        if (t->kind == ODATA_CALL)
            buf_put_str(out, "(");
        if (t->kind == ODATA_EQ)
            buf_put_str(out, " eq ");
        if (t->kind == ODATA_ANY)
            buf_put_str(out, "/any(x:x eq ");
        put_text(out, t->value);
        if (t->kind != ODATA_EQ)
            buf_put_str(out, ")");
    }
}

static void
check_odata(struct span text, const char *const *names, const char *const *calls)
{
    struct odata_filter a, b;
    struct buf again;

    if (odata_filter_parse(text, names, calls, &a) != ERR_OK)
        return;
    must(a.n <= ODATA_TERMS_MAX);
    buf_init(&again, TEXT_MAX);
    write_odata(&a, &again);
    must(again.err == ERR_OK);
    must(odata_filter_parse(buf_span(&again), names, calls, &b) == ERR_OK && a.n == b.n);
    for (unsigned i = 0; i < a.n; i++) {
        const struct odata_term *t = &a.term[i];

        must(t->kind == b.term[i].kind && strcmp(t->name, b.term[i].name) == 0 &&
             strcmp(t->value, b.term[i].value) == 0);
        must(memchr(t->name, '\0', sizeof(t->name)) != NULL);
        if (a.n == 1 && t->kind != ODATA_CALL)
            must(odata_fits(&a, t->name, span_str(t->value)));
    }
    buf_release(&again);
}

static void
write_resource(const struct resource_filter *f, struct buf *out)
{
    static const char *const words[FILTER_SUBJECT__MAX] = { "resourceType", "name",
                                                            "location",     "resourceGroup",
                                                            "tagName",      "tagValue" };

    for (unsigned i = 0; i < f->n; i++) {
        const struct filter_term *t = &f->term[i];

        buf_put_str(out, i > 0 ? " and " : "");
        if (t->contains) {
            buf_put_str(out, "substringof(");
            put_text(out, t->value);
            buf_put_fmt(out, ",%s)", words[t->subject]);
        } else {
            buf_put_fmt(out, "%s %s ", words[t->subject], t->differs ? "ne" : "eq");
            put_text(out, t->value);
        }
    }
}

static void
check_resource(struct span text)
{
    struct resource_filter a, b;
    struct vault v = { .name = "kv1", .resource_group = "rg", .location = "local" };
    struct buf again;

    if (resource_filter_parse(text, &a) != ERR_OK)
        return;
    must(a.n <= FILTER_TERMS_MAX);
    buf_init(&again, TEXT_MAX);
    write_resource(&a, &again);
    must(again.err == ERR_OK && resource_filter_parse(buf_span(&again), &b) == ERR_OK);
    must(a.n == b.n && resource_filter_fits(&a, &v) == resource_filter_fits(&b, &v));
    for (unsigned i = 0; i < a.n; i++)
        must(a.term[i].subject == b.term[i].subject && a.term[i].differs == b.term[i].differs &&
             a.term[i].contains == b.term[i].contains &&
             strcmp(a.term[i].value, b.term[i].value) == 0);
    buf_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = { "displayName",           "appId", "type", "roleName",
                                         "servicePrincipalNames", NULL };
    static const char *const calls[] = { "atScope", "assignedTo", "atScopeAndBelow", NULL };
    struct span text = span_of(data, len);

    check_odata(text, names, calls);
    check_odata(text, NULL, NULL);
    check_resource(text);
    return 0;
}
