/* SPDX-License-Identifier: Apache-2.0 */
/* ca_body.c - what clients say of certificate authorities. */
#include "api/arm/cas.h"
#include "crypto/dn.h"
#include "crypto/key_alg.h"

static const struct {
    const char *name;
    enum alt_kind kind;
} kinds[] = { { "dns", ALT_DNS },
              { "ip", ALT_IP },
              { "email", ALT_EMAIL },
              { "uri", ALT_URI },
              { "upn", ALT_UPN } };
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static bool
bad(struct exchange *x, const char *what)
{
    (void)arm_fail(x, 400, "InvalidRequestContent",
                   "The request content is not valid: '%s' is missing or is not what it "
                   "should be.",
                   what);
    return false;
}

static bool
names_of_kind(const struct jsn *obj, unsigned k, struct alt_name *out, size_t max, size_t *n)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(obj, kinds[k].name, &list);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    for (size_t i = 0; i < jsn_len(list); i++) {
        struct span text = jsn_str(jsn_at(list, i));

        if (text.len == 0 || *n == max)
            return false;
        out[(*n)++] = (struct alt_name){ kinds[k].kind, text };
    }
    return true;
}

static bool
note_unknown(void *arg, struct span name, const struct jsn *value)
{
    bool *ok = arg;
    bool known = false;

    (void)value;
    for (unsigned k = 0; k < KINDS; k++)
        known = known || span_is_str(name, kinds[k].name);
    *ok = *ok && known;
    return *ok;
}

bool
ca_names_read(const struct jsn *obj, struct alt_name *out, size_t max, size_t *n)
{
    bool ok = jsn_is_object(obj);

    *n = 0;
    if (ok)
        jsn_each(obj, note_unknown, &ok);
    for (unsigned k = 0; k < KINDS && ok; k++)
        ok = names_of_kind(obj, k, out, max, n);
    return ok;
}

/* ----------------------------------------------------------------- name constraints */

static bool
read_subtrees(const struct jsn *obj, const char *name, struct alt_name *out, unsigned *n)
{
    const struct jsn *lists;
    enum jsn_got got = jsn_get_object(obj, name, &lists);
    size_t count = 0;

    *n = 0;
    if (got != JSN_OK)
        return got == JSN_ABSENT;
    if (!ca_names_read(lists, out, CONSTRAINTS_MAX, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!name_constraint_is_ok(&out[i]))
            return false;
    *n = (unsigned)count;
    return true;
}

static bool
read_constraints(const struct jsn *p, struct ca_body *b)
{
    const struct jsn *obj;
    enum jsn_got got = jsn_get_object(p, "nameConstraints", &obj);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    b->has_constraints = true;
    return read_subtrees(obj, "permitted", b->ca.permitted, &b->ca.npermitted) &&
           read_subtrees(obj, "excluded", b->ca.excluded, &b->ca.nexcluded);
}

/* -------------------------------------------------------------------------- profiles */

static bool
read_ekus(const struct jsn *obj, struct pki_profile *p)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(obj, "ekus", &list);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    if (jsn_len(list) > PROFILE_EKUS_MAX)
        return false;
    for (size_t i = 0; i < jsn_len(list); i++)
        p->eku[p->nekus++] = jsn_str(jsn_at(list, i));
    return true;
}

static bool
read_usages(const struct jsn *obj, struct pki_profile *p)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(obj, "keyUsage", &list);

    if (got != JSN_OK)
        return false;
    for (size_t i = 0; i < jsn_len(list); i++) {
        unsigned bit = cert_usage_find(jsn_str(jsn_at(list, i)));

        if (bit >= CERT_USAGES)
            return false;
        p->key_usage |= 1u << bit;
    }
    return true;
}

static bool
read_curves(const struct jsn *obj, struct pki_profile *p)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(obj, "curves", &list);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    for (size_t i = 0; i < jsn_len(list); i++) {
        enum key_curve c = key_curve_find(jsn_str(jsn_at(list, i)));

        if (c == CURVE_NONE || c == CURVE_ED25519)
            return false;
        p->curves |= 1u << c;
    }
    return true;
}

static bool
read_kinds(const struct jsn *obj, struct pki_profile *p)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(obj, "names", &list);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    for (size_t i = 0; i < jsn_len(list); i++) {
        unsigned k = 0;

        while (k < KINDS && !span_is_str(jsn_str(jsn_at(list, i)), kinds[k].name))
            k++;
        if (k == KINDS)
            return false;
        p->kinds |= 1u << kinds[k].kind;
    }
    return true;
}

/* Whole or not at all: what a profile does not name it does not issue. */
static bool
read_profile(void *arg, struct span name, const struct jsn *value)
{
    struct ca_body *b = arg;
    struct pki_profile *p = &b->ca.profile[b->ca.nprofiles];
    int64_t days = 0, bits = 0;

    if (b->ca.nprofiles == PROFILES_MAX || !jsn_is_object(value))
        goto bad;
    *p = (struct pki_profile){ .name = name };
    if (jsn_get_i64(value, "maxValidityDays", &days) != JSN_OK || days < 1 ||
        days > PROFILE_DAYS_MAX || jsn_get_i64(value, "rsaBits", &bits) == JSN_WRONG_TYPE ||
        bits < 0 || bits > 4096 || !read_ekus(value, p) || !read_usages(value, p) ||
        !read_curves(value, p) || !read_kinds(value, p))
        goto bad;
    p->max_days = (unsigned)days;
    p->rsa_bits = (unsigned)bits;
    if (!pki_profile_is_ok(p))
        goto bad;
    b->ca.nprofiles++;
    return true;
bad:
    b->ca.nprofiles = PROFILES_MAX + 1;
    return false;
}

static bool
read_profiles(const struct jsn *p, struct ca_body *b)
{
    const struct jsn *obj;
    enum jsn_got got = jsn_get_object(p, "profiles", &obj);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    b->has_profiles = true;
    jsn_each(obj, read_profile, b);
    return b->ca.nprofiles <= PROFILES_MAX;
}

/* ------------------------------------------------------------------- single members */

static bool
read_key(const struct jsn *p, struct ca_body *b)
{
    const struct jsn *obj;
    enum jsn_got got = jsn_get_object(p, "key", &obj);

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    b->has_key = true;
    return jsn_get_str(obj, "vault", &b->vault) == JSN_OK && vault_name_is_ok(b->vault) &&
           jsn_get_str(obj, "name", &b->key) == JSN_OK &&
           object_name_parse(b->key, &b->ca.key) &&
           jsn_get_str(obj, "version", &b->version) != JSN_WRONG_TYPE &&
           (b->version.len == 0 || hex32_parse(b->version, &b->ca.key_version));
}

static bool
read_number(const struct jsn *p, const char *name, int64_t least, int64_t most, bool *has,
            int64_t *out)
{
    enum jsn_got got = jsn_get_i64(p, name, out);

    *has = got == JSN_OK;
    return got == JSN_ABSENT || (got == JSN_OK && *out >= least && *out <= most);
}

static bool
read_numbers(struct exchange *x, const struct jsn *p, struct ca_body *b)
{
    int64_t n = 0;

    if (!read_number(p, "validityMonths", 1, CA_MONTHS_MAX, &b->has_months, &n))
        return bad(x, "validityMonths");
    b->ca.months = b->has_months ? (unsigned)n : 120;
    if (!read_number(p, "pathLength", 0, CA_CHAIN_MAX, &b->has_path, &n))
        return bad(x, "pathLength");
    b->ca.path_length = b->has_path ? (int)n : -1;
    if (!read_number(p, "crlHours", 1, CA_CRL_HOURS_MAX, &b->has_hours, &n))
        return bad(x, "crlHours");
    b->ca.crl_hours = b->has_hours ? (unsigned)n : 24;
    return true;
}

/* A base URL without a slash at its end: "http://pki.example.com"; "" for none. */
static bool
url_is_ok(struct span s)
{
    struct alt_name a = { ALT_URI, s };

    if (s.len == 0)
        return true;
    return s.len <= CA_URL_MAX && s.ptr[s.len - 1] != '/' && alt_name_is_ok(&a) &&
           (span_has_prefix(s, span_str("http://")) ||
            span_has_prefix(s, span_str("https://")));
}

static bool
read_texts(struct exchange *x, const struct jsn *p, struct ca_body *b)
{
    enum jsn_got got = jsn_get_str(p, "subject", &b->ca.subject);

    b->has_subject = got == JSN_OK;
    if (got == JSN_WRONG_TYPE ||
        (b->has_subject && (b->ca.subject.len == 0 || dn_check(b->ca.subject) != ERR_OK)))
        return bad(x, "subject");
    got = jsn_get_str(p, "parent", &b->ca.parent);
    b->has_parent = got == JSN_OK && b->ca.parent.len > 0;
    if (got == JSN_WRONG_TYPE || b->ca.parent.len > CA_RESOURCE_MAX)
        return bad(x, "parent");
    got = jsn_get_str(p, "urls", &b->ca.url);
    b->has_url = got == JSN_OK;
    if (got == JSN_WRONG_TYPE || (b->has_url && !url_is_ok(b->ca.url)))
        return bad(x, "urls");
    got = jsn_get_bool(p, "enabled", &b->ca.enabled);
    b->has_enabled = got == JSN_OK;
    if (got == JSN_ABSENT)
        b->ca.enabled = true;
    return got != JSN_WRONG_TYPE || bad(x, "enabled");
}

bool
ca_body_read(struct exchange *x, const struct jsn *root, struct ca_body *out)
{
    const struct jsn *p;
    enum jsn_got got = jsn_get_object(root, "properties", &p);

    *out = (struct ca_body){ .ca = { .enabled = true } };
    if (got != JSN_OK)
        return got == JSN_ABSENT || bad(x, "properties");
    if (!read_texts(x, p, out) || !read_numbers(x, p, out))
        return false;
    if (!read_key(p, out))
        return bad(x, "key");
    if (!read_constraints(p, out))
        return bad(x, "nameConstraints");
    return read_profiles(p, out) || bad(x, "profiles");
}
