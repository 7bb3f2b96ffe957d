/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fn_scope.c - where the template stands: parameters and variables, ids of resources, what they
 * look like, and what is known of deployment, group, subscription and tenant.
 */
#include <stdio.h>

#include "api/template/fn.h"
#include "base/ids.h"
#include "codec/isotime.h"

enum { ID_MAX = 1024, DATE_MAX = 128 };

/* Messages quote names. */
static bool
is_name(const struct value *v)
{
    return v->kind == VALUE_STR && !v->secret;
}

static const struct value *
fn_parameters(struct eval *ev, const struct args *a)
{
    return is_name(a->v[0]) ? eval_parameter(ev, a->v[0]->str)
                            : fn_wrong(ev, "parameters", "a name that is no secret");
}

static const struct value *
fn_variables(struct eval *ev, const struct args *a)
{
    return is_name(a->v[0]) ? eval_variable(ev, a->v[0]->str)
                            : fn_wrong(ev, "variables", "a name that is no secret");
}

/* copyIndex([loop][, offset]) */
static const struct value *
fn_copy_index(struct eval *ev, const struct args *a)
{
    bool named = a->n > 0 && a->v[0]->kind == VALUE_STR;
    const struct value *offset = a->n > (named ? 1 : 0) ? a->v[named ? 1 : 0] : NULL;

    if (offset != NULL && (offset->kind != VALUE_INT || offset->i < 0 || offset->i > INT32_MAX))
        return fn_wrong(ev, "copyIndex", "the name of a loop and an offset");
    for (unsigned i = ev->nloops; i-- > 0;)
        if (!named || span_is_equal_nocase(ev->loop[i].name, a->v[0]->str))
            return value_int(ev->a, ev->loop[i].index + (offset == NULL ? 0 : offset->i));
    return eval_fail(ev, ERR_SYNTAX,
                     "The template function 'copyIndex' is not expected at this location: "
                     "there is no such loop.");
}

/* ----------------------------------------------------------------------- ids */

static size_t
slashes(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == '/';
    return n;
}

/* The fact's member as text; empty if there is none. */
static struct span
fact(const struct eval *ev, const char *of, const char *name)
{
    const struct value *v = value_get(value_get(ev->facts, of), name);

    return value_is_str(v) ? v->str : (struct span){ 0 };
}

/* "/providers/A.B/c/n1/d/n2" of type A.B/c/d and names n1, n2. */
static bool
put_type(struct buf *b, struct span type, const struct args *a, unsigned at)
{
    size_t end = span_find(type, '/');

    if (slashes(type) == 0 || slashes(type) != a->n - at)
        return false;
    buf_put_str(b, "/providers/");
    buf_put(b, span_head(type, end));
    for (; at < a->n; at++) {
        type = span_tail(type, end + 1);
        end = span_find(type, '/');
        if (a->v[at]->kind != VALUE_STR || a->v[at]->secret)
            return false;
        buf_put_byte(b, '/');
        buf_put(b, span_head(type, end));
        buf_put_byte(b, '/');
        buf_put(b, a->v[at]->str);
    }
    return true;
}

/* The first argument with a slash is the type. */
static unsigned
type_at(const struct args *a, unsigned from, unsigned most)
{
    for (unsigned i = from; i < a->n && i <= most; i++)
        if (a->v[i]->kind != VALUE_STR || slashes(a->v[i]->str) > 0)
            return i;
    return UINT32_MAX;
}

static const struct value *
id_end(struct eval *ev, struct buf *b, bool good, const char *name)
{
    const struct value *v = value_null();

    if (!good || b->err != ERR_OK)
        (void)fn_wrong(ev, name,
                       "a type and as many names as the type has parts behind its namespace");
    else
        v = value_str(ev->a, buf_span(b));
    buf_release(b);
    return v;
}

/* Ids of groups have a form of their own. */
static bool
put_group_id(struct buf *b, const struct args *a, unsigned at)
{
    if (at + 2 != a->n || a->v[at + 1]->kind != VALUE_STR ||
        !span_is_str_nocase(a->v[at]->str, "Microsoft.Resources/resourceGroups"))
        return false;
    buf_put_str(b, "/resourceGroups/");
    buf_put(b, a->v[at + 1]->str);
    return true;
}

static const struct value *
make_id(struct eval *ev, const struct args *a, bool in_group, const char *name)
{
    unsigned at = type_at(a, 0, in_group ? 2 : 1);
    struct span sub = fact(ev, "subscription", "subscriptionId");
    struct span group = fact(ev, "resourceGroup", "name");
    struct guid id;
    struct buf b;

    buf_init(&b, ID_MAX);
    if (at == UINT32_MAX || a->v[at]->kind != VALUE_STR || a->v[0]->secret)
        return id_end(ev, &b, false, name);
    if (at == 2 ||
        (at == 1 && (!in_group || (group.len == 0 && guid_parse(a->v[0]->str, &id)))))
        sub = a->v[0]->str;
    if (at > 0 && in_group && sub.ptr != a->v[at - 1]->str.ptr)
        group = a->v[at - 1]->str;
    buf_put_str(&b, "/subscriptions/");
    buf_put(&b, sub);
    if (put_group_id(&b, a, at))
        return id_end(ev, &b, true, name);
    if (in_group && group.len > 0) {
        buf_put_str(&b, "/resourceGroups/");
        buf_put(&b, group);
    }
    return id_end(ev, &b, put_type(&b, a->v[at]->str, a, at + 1), name);
}

static const struct value *
fn_resource_id(struct eval *ev, const struct args *a)
{
    return make_id(ev, a, true, "resourceId");
}

static const struct value *
fn_subscription_resource_id(struct eval *ev, const struct args *a)
{
    return make_id(ev, a, false, "subscriptionResourceId");
}

static const struct value *
fn_tenant_resource_id(struct eval *ev, const struct args *a)
{
    struct buf b;

    buf_init(&b, ID_MAX);
    return id_end(ev, &b, a->v[0]->kind == VALUE_STR && put_type(&b, a->v[0]->str, a, 1),
                  "tenantResourceId");
}

/* Behind what the first argument says. */
static const struct value *
extend(struct eval *ev, const struct args *a, const char *before, const char *name)
{
    struct buf b;

    buf_init(&b, ID_MAX);
    if (a->v[0]->kind != VALUE_STR || a->v[0]->secret || a->v[1]->kind != VALUE_STR)
        return id_end(ev, &b, false, name);
    buf_put_str(&b, before);
    buf_put(&b, span_is_str(a->v[0]->str, "/") ? (struct span){ 0 } : a->v[0]->str);
    return id_end(ev, &b, put_type(&b, a->v[1]->str, a, 2), name);
}

static const struct value *
fn_extension_resource_id(struct eval *ev, const struct args *a)
{
    return extend(ev, a, "", "extensionResourceId");
}

static const struct value *
fn_management_group_resource_id(struct eval *ev, const struct args *a)
{
    return extend(ev, a, "/providers/Microsoft.Management/managementGroups/",
                  "managementGroupResourceId");
}

/* reference(what[, api-version[, 'Full']]) */
static const struct value *
fn_reference(struct eval *ev, const struct args *a)
{
    struct span version = a->n > 1 ? a->v[1]->str : (struct span){ 0 };
    bool full =
        a->n > 2 && a->v[2]->kind == VALUE_STR && span_is_str_nocase(a->v[2]->str, "Full");

    if (ev->reference == NULL)
        return eval_fail(ev, ERR_SYNTAX,
                         "The template function 'reference' is not expected at this location.");
    if (a->v[0]->kind != VALUE_STR || a->v[0]->secret ||
        (a->n > 1 && a->v[1]->kind != VALUE_STR))
        return fn_wrong(ev, "reference", "a name or an id, and an api-version");
    return ev->reference(ev->reference_arg, a->v[0], version, full);
}

/* --------------------------------------------------------------------- facts */

static const struct value *
know(struct eval *ev, const char *name)
{
    const struct value *v = value_get(ev->facts, name);

    return v != NULL ? v
                     : eval_fail(ev, ERR_SYNTAX,
                                 "The template function '%s' is not expected at the scope of "
                                 "this deployment.",
                                 name);
}

static const struct value *
fn_resource_group(struct eval *ev, const struct args *a)
{
    (void)a;
    return know(ev, "resourceGroup");
}

static const struct value *
fn_subscription(struct eval *ev, const struct args *a)
{
    (void)a;
    return know(ev, "subscription");
}

static const struct value *
fn_tenant(struct eval *ev, const struct args *a)
{
    (void)a;
    return know(ev, "tenant");
}

static const struct value *
fn_deployment(struct eval *ev, const struct args *a)
{
    (void)a;
    return know(ev, "deployment");
}

static const struct value *
fn_deployer(struct eval *ev, const struct args *a)
{
    (void)a;
    return know(ev, "deployer");
}

static const struct value *
fn_environment(struct eval *ev, const struct args *a)
{
    (void)a;
    return know(ev, "environment");
}

/* ------------------------------------------------------------ times and chance */

static bool
put_run(struct buf *b, const char *iso, char c, size_t n)
{
    /* "2026-03-04T05:06:07Z" */
    static const struct {
        char letter;
        uint8_t at, len;
    } fields[] = { { 'y', 0, 4 },  { 'M', 5, 2 },  { 'd', 8, 2 },
                   { 'H', 11, 2 }, { 'm', 14, 2 }, { 's', 17, 2 } };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (c != fields[i].letter)
            continue;
        if (n != fields[i].len && !(c == 'y' && n == 2))
            return false;
        buf_put(b, span_of(iso + fields[i].at + (fields[i].len - n), n));
        return true;
    }
    for (size_t i = 0; i < n; i++)
        buf_put_byte(b, c == 'f' ? '0' : (uint8_t)c);
    return c == 'f' || strchr("TZ-:. /_", c) != NULL;
}

/* The format of .NET, as far as its runs of letters are of the usual lengths. */
static bool
put_date(struct buf *b, int64_t when, struct span how)
{
    char iso[ISOTIME_MAX];
    bool good = true;

    isotime_put(when, iso);
    if (span_is_str(how, "u"))
        how = span_str("yyyy-MM-dd HH:mm:ssZ");
    if (span_is_str(how, "d"))
        how = span_str("MM/dd/yyyy");
    while (how.len > 0 && good) {
        size_t n = 1;

        while (n < how.len && how.ptr[n] == how.ptr[0])
            n++;
        good = how.ptr[0] != 0 && put_run(b, iso, (char)how.ptr[0], n);
        how = span_tail(how, n);
    }
    return good;
}

static const struct value *
date_text(struct eval *ev, int64_t when, struct span how, const char *name)
{
    const struct value *v;
    struct buf b;

    buf_init(&b, DATE_MAX);
    v = how.len <= DATE_MAX / 2 && put_date(&b, when, how) && b.err == ERR_OK
            ? value_str(ev->a, buf_span(&b))
            : fn_wrong(ev, name, "a format of yyyy, MM, dd, HH, mm, ss and separators");
    buf_release(&b);
    return v;
}

static const struct value *
fn_utc_now(struct eval *ev, const struct args *a)
{
    struct span how = a->n > 0 ? a->v[0]->str : span_str("yyyyMMddTHHmmssZ");

    if (!ev->in_default)
        return eval_fail(ev, ERR_SYNTAX,
                         "The template function 'utcNow' is not expected at this location: it "
                         "can only be used in the default value of a parameter.");
    return date_text(ev, ev->now, how, "utcNow");
}

static const struct value *
fn_new_guid(struct eval *ev, const struct args *a)
{
    struct guid g = guid_new();

    (void)a;
    if (!ev->in_default)
        return eval_fail(ev, ERR_SYNTAX,
                         "The template function 'newGuid' is not expected at this location: it "
                         "can only be used in the default value of a parameter.");
    return value_text(ev->a, g.text);
}

/* "20260304T050607Z", and what RFC 3339 has. */
static bool
read_date(struct span s, int64_t *out)
{
    char iso[ISOTIME_MAX];

    if (s.len == 16 && s.ptr[8] == 'T' && s.ptr[15] == 'Z') {
        const char *t = (const char *)s.ptr;

        (void)snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", t, t + 4, t + 6,
                       t + 9, t + 11, t + 13);
        s = span_str(iso);
        return isotime_get(s, out) == ERR_OK;
    }
    return isotime_get(s, out) == ERR_OK;
}

static const struct value *
fn_date_time_to_epoch(struct eval *ev, const struct args *a)
{
    int64_t when;

    if (a->v[0]->kind != VALUE_STR || !read_date(a->v[0]->str, &when))
        return fn_wrong(ev, "dateTimeToEpoch", "a date of ISO 8601");
    return value_int(ev->a, when);
}

static const struct value *
fn_date_time_from_epoch(struct eval *ev, const struct args *a)
{
    char iso[ISOTIME_MAX];

    if (a->v[0]->kind != VALUE_INT || a->v[0]->i < 0 || a->v[0]->i > INT64_C(253402300799))
        return fn_wrong(ev, "dateTimeFromEpoch", "seconds since 1970");
    isotime_put(a->v[0]->i, iso);
    return value_text(ev->a, iso);
}

/* One field of a duration, "P1Y2M3DT4H5M6S": moves *when. False: no duration. */
static bool
add_field(int64_t *when, uint64_t n, char unit, bool in_time, int sign)
{
    static const struct {
        char unit;
        bool in_time;
        int64_t seconds;
    } units[] = { { 'W', false, 604800 },
                  { 'D', false, 86400 },
                  { 'H', true, 3600 },
                  { 'M', true, 60 },
                  { 'S', true, 1 } };

    if (n > 100000)
        return false;
    if (!in_time && (unit == 'Y' || unit == 'M')) {
        *when = isotime_add_months(*when, sign * (int)n * (unit == 'Y' ? 12 : 1));
        return true;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (units[i].unit == unit && units[i].in_time == in_time) {
            *when += sign * (int64_t)n * units[i].seconds;
            return true;
        }
    return false;
}

static bool
add_duration(int64_t *when, struct span d)
{
    int sign = d.len > 0 && d.ptr[0] == '-' ? -1 : 1;
    bool in_time = false;

    if (sign < 0)
        d = span_tail(d, 1);
    if (d.len < 3 || d.ptr[0] != 'P')
        return false;
    for (d = span_tail(d, 1); d.len > 0;) {
        size_t n = 0;
        uint64_t u;

        if (d.ptr[0] == 'T' && !in_time) {
            in_time = true;
            d = span_tail(d, 1);
            continue;
        }
        while (n < d.len && d.ptr[n] >= '0' && d.ptr[n] <= '9')
            n++;
        if (n == d.len || !span_get_u64(span_head(d, n), &u) ||
            !add_field(when, u, (char)d.ptr[n], in_time, sign))
            return false;
        d = span_tail(d, n + 1);
    }
    return true;
}

static const struct value *
fn_date_time_add(struct eval *ev, const struct args *a)
{
    struct span how = a->n > 2 ? a->v[2]->str : span_str("yyyy-MM-ddTHH:mm:ssZ");
    int64_t when;

    if (a->v[0]->kind != VALUE_STR || a->v[1]->kind != VALUE_STR ||
        !read_date(a->v[0]->str, &when) || !add_duration(&when, a->v[1]->str) || when < 0 ||
        when > INT64_C(253402300799))
        return fn_wrong(ev, "dateTimeAdd", "a date and a duration of ISO 8601");
    return date_text(ev, when, how, "dateTimeAdd");
}

static const struct fn rows[] = {
    { "parameters", 1, 1, fn_parameters },
    { "variables", 1, 1, fn_variables },
    { "copyIndex", 0, 2, fn_copy_index },
    { "resourceId", 2, EXPR_ARGS_MAX, fn_resource_id },
    { "subscriptionResourceId", 2, EXPR_ARGS_MAX, fn_subscription_resource_id },
    { "tenantResourceId", 2, EXPR_ARGS_MAX, fn_tenant_resource_id },
    { "extensionResourceId", 3, EXPR_ARGS_MAX, fn_extension_resource_id },
    { "managementGroupResourceId", 3, EXPR_ARGS_MAX, fn_management_group_resource_id },
    { "reference", 1, 3, fn_reference },
    { "resourceGroup", 0, 0, fn_resource_group },
    { "subscription", 0, 0, fn_subscription },
    { "tenant", 0, 0, fn_tenant },
    { "deployment", 0, 0, fn_deployment },
    { "deployer", 0, 0, fn_deployer },
    { "environment", 0, 0, fn_environment },
    { "utcNow", 0, 1, fn_utc_now },
    { "newGuid", 0, 0, fn_new_guid },
    { "dateTimeAdd", 2, 3, fn_date_time_add },
    { "dateTimeToEpoch", 1, 1, fn_date_time_to_epoch },
    { "dateTimeFromEpoch", 1, 1, fn_date_time_from_epoch },
};

const struct fn_table fn_scope = { rows, sizeof(rows) / sizeof(rows[0]) };
