/* SPDX-License-Identifier: Apache-2.0 */
/* cert_policy_body.c - reading policies: model binding, limits, defaults. */
#include "api/data/cert_policy_body.h"

#include <stdio.h>

#include "crypto/dn.h"
#include "vault/cert.h"

enum { DAYS_OF_MONTH = 27, NAMES_BYTES_MAX = 32 * 1024 };

static enum err refuse(char *why, enum err e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum err
refuse(char *why, enum err e, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(why, KEY_WHY_MAX, format, ap);
    va_end(ap);
    return e;
}

static int
shown(struct span s)
{
    return (int)(s.len > 64 ? 64 : s.len);
}

static bool
get_bool(const struct jsn *obj, const char *name, bool *out)
{
    bool v;
    enum jsn_got got = jsn_get_bool(obj, name, &v);

    if (got == JSN_OK)
        *out = v;
    return got != JSN_WRONG_TYPE;
}

/* ------------------------------------------------------------------------ the key */

static enum err
read_kty(const struct exchange *x, const struct jsn *obj, struct cert_policy *p, char *why)
{
    struct span kty, base;
    enum key_type type;
    bool hsm = false;
    enum jsn_got got = jsn_get_str(obj, "kty", &kty);

    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_OK : ERR_BAD_BODY;
    base = kty;
    if (kty.len > 4 && span_is_str(span_tail(kty, kty.len - 4), "-HSM")) {
        hsm = true;
        base = span_head(kty, kty.len - 4);
    }
    type = key_type_find(base);
    if (type != KEY_RSA && type != KEY_EC)
        return refuse(why, ERR_KEY_TYPE, "%.*s", shown(kty), (const char *)kty.ptr);
    if (hsm && !x->vault->premium)
        return refuse(why, ERR_BAD_PARAMETER,
                      "Hardware key operation not allowed on standard vault");
    if (type != p->type) { /* what was said of the other type means nothing here */
        p->bits = type == KEY_RSA ? 2048 : 256;
        p->curve = type == KEY_RSA ? CURVE_NONE : CURVE_P256;
    }
    p->type = type;
    p->hsm = hsm;
    return ERR_OK;
}

static unsigned
bits_of_curve(enum key_curve c)
{
    return c == CURVE_P384 ? 384 : c == CURVE_P521 ? 521 : 256;
}

static enum key_curve
curve_of_bits(unsigned bits)
{
    return bits == 384 ? CURVE_P384 : bits == 521 ? CURVE_P521 : CURVE_P256;
}

static enum err
read_curve(const struct jsn *obj, bool has_size, struct cert_policy *p, char *why)
{
    struct span crv;
    enum jsn_got got = jsn_get_str(obj, "crv", &crv);
    enum key_curve curve;

    if (got == JSN_WRONG_TYPE)
        return ERR_BAD_BODY;
    if (p->type != KEY_EC)
        return ERR_OK;
    if (got == JSN_ABSENT) {
        if (has_size && bits_of_curve(p->curve) != p->bits)
            p->curve = curve_of_bits(p->bits);
        return ERR_OK;
    }
    curve = key_curve_find(crv);
    if (curve == CURVE_NONE || curve == CURVE_ED25519)
        return refuse(why, ERR_BAD_PARAMETER, "Unsupported curve: %.*s", shown(crv),
                      (const char *)crv.ptr);
    if (has_size && bits_of_curve(curve) != p->bits)
        return refuse(why, ERR_BAD_PARAMETER,
                      "The curve %s does not have the key size (%u) that is specified.",
                      key_curve_name(curve), p->bits);
    p->curve = curve;
    p->bits = bits_of_curve(curve);
    return ERR_OK;
}

static enum err
read_size(const struct jsn *obj, bool *has, struct cert_policy *p, char *why)
{
    int64_t n;
    enum jsn_got got = jsn_get_i64(obj, "key_size", &n);
    bool rsa = p->type == KEY_RSA;

    *has = got == JSN_OK;
    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_OK : ERR_BAD_BODY;
    if (rsa ? n != 2048 && n != 3072 && n != 4096 : n != 256 && n != 384 && n != 521)
        return refuse(why, ERR_KEY_SIZE,
                      "Unsupported key size (%lld). Supported sizes are [%s]", (long long)n,
                      rsa ? "2048, 3072, 4096" : "256, 384, 521");
    p->bits = (unsigned)n;
    return ERR_OK;
}

static enum err
read_key(const struct exchange *x, const struct jsn *root, struct cert_policy *p, char *why)
{
    const struct jsn *obj;
    enum jsn_got got = jsn_get_object(root, "key_props", &obj);
    bool has_size;
    enum err e;

    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_OK : ERR_BAD_BODY;
    if (!get_bool(obj, "exportable", &p->exportable) ||
        !get_bool(obj, "reuse_key", &p->reuse_key))
        return ERR_BAD_BODY;
    e = read_kty(x, obj, p, why);
    if (e == ERR_OK)
        e = read_size(obj, &has_size, p, why);
    if (e == ERR_OK)
        e = read_curve(obj, has_size, p, why);
    if (p->hsm)
        p->exportable = false;
    return e;
}

/* --------------------------------------------------------------- secret and issuer */

static enum err
read_secret(const struct jsn *root, struct cert_policy *p, char *why)
{
    const struct jsn *obj;
    struct span type;
    enum jsn_got got = jsn_get_object(root, "secret_props", &obj);
    enum cert_form form;

    if (got == JSN_OK)
        got = jsn_get_str(obj, "contentType", &type);
    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_OK : ERR_BAD_BODY;
    form = cert_form_find(type);
    if (form == CERT_FORM_ANY)
        return refuse(why, ERR_BAD_PARAMETER, "The content type '%.*s' is not supported.",
                      shown(type), (const char *)type.ptr);
    p->form = form;
    return ERR_OK;
}

static enum err
read_issuer(const struct jsn *root, struct cert_policy *p, char *why)
{
    const struct jsn *obj;
    struct object_name as_name;
    struct span name, type;
    enum jsn_got got = jsn_get_object(root, "issuer", &obj), got_type, got_ct;
    bool ct;

    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_OK : ERR_BAD_BODY;
    got = jsn_get_str(obj, "name", &name);
    got_type = jsn_get_str(obj, "cty", &type);
    got_ct = jsn_get_bool(obj, "cert_transparency", &ct);
    if (got == JSN_WRONG_TYPE || got_type == JSN_WRONG_TYPE || got_ct == JSN_WRONG_TYPE ||
        (got_type == JSN_OK && type.len > POLICY_ISSUER_MAX))
        return ERR_BAD_BODY;
    if (got == JSN_OK) {
        if (!object_name_parse(name, &as_name))
            return refuse(why, ERR_BAD_PARAMETER, "The issuer name '%.*s' is invalid.",
                          shown(name), (const char *)name.ptr);
        p->issuer = name;
    }
    if (got_type == JSN_OK)
        p->issuer_type = type;
    if (got_ct == JSN_OK) {
        p->has_transparency = true;
        p->transparency = ct;
    }
    return ERR_OK;
}

/* ------------------------------------------------------------------------- actions */

static bool
read_action(const struct jsn *node, struct policy_action *out)
{
    const struct jsn *trigger, *action;
    int64_t percent, days;
    enum jsn_got got_percent, got_days;
    struct span word;

    if (!jsn_is_object(node) || jsn_get_object(node, "trigger", &trigger) != JSN_OK ||
        jsn_get_object(node, "action", &action) != JSN_OK ||
        jsn_get_str(action, "action_type", &word) != JSN_OK)
        return false;
    got_percent = jsn_get_i64(trigger, "lifetime_percentage", &percent);
    got_days = jsn_get_i64(trigger, "days_before_expiry", &days);
    if (got_percent == JSN_WRONG_TYPE || got_days == JSN_WRONG_TYPE ||
        (got_percent == JSN_OK) == (got_days == JSN_OK))
        return false;
    out->by_days = got_days == JSN_OK;
    if (out->by_days ? days < 1 || days > DAYS_OF_MONTH * POLICY_MONTHS_MAX
                     : percent < 1 || percent > 99)
        return false;
    out->value = (unsigned)(out->by_days ? days : percent);
    if (span_is_str_nocase(word, "EmailContacts"))
        out->deed = DEED_EMAIL;
    else if (span_is_str_nocase(word, "AutoRenew"))
        out->deed = DEED_RENEW;
    else
        return false;
    return true;
}

static enum err
read_actions(const struct jsn *root, struct cert_policy *p)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(root, "lifetime_actions", &list);
    size_t n;

    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_OK : ERR_BAD_BODY;
    n = jsn_len(list);
    if (n > POLICY_ACTIONS_MAX)
        return ERR_BAD_BODY;
    for (size_t i = 0; i < n; i++)
        if (!read_action(jsn_at(list, i), &p->action[i]))
            return ERR_BAD_BODY;
    if (n == 2 && p->action[0].deed == p->action[1].deed)
        return ERR_BAD_BODY;
    p->nactions = (unsigned)n;
    return ERR_OK;
}

/* -------------------------------------------------------------- the certificate */

static bool
read_names(const struct jsn *obj, const char *name, size_t *bytes, struct policy_names *out)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(obj, name, &list);
    size_t n;

    if (got != JSN_OK)
        return got == JSN_ABSENT;
    n = jsn_len(list);
    if (n > POLICY_NAMES_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct span s = jsn_str(jsn_at(list, i));

        *bytes += s.len;
        if (s.len == 0 || s.len > POLICY_NAME_BYTES_MAX || *bytes > NAMES_BYTES_MAX)
            return false;
        out->name[i] = s;
    }
    out->n = (unsigned)n;
    return true;
}

static enum err
check_alts(const struct cert_policy *p, char *why)
{
    size_t all = 0;

    for (int kind = 0; kind < ALT_KIND__MAX; kind++) {
        const struct policy_names *l = &p->sans[kind];

        all += l->n;
        for (unsigned i = 0; i < l->n; i++) {
            struct alt_name a = { (enum alt_kind)kind, l->name[i] };

            if (a.text.len > CERT_ALT_MAX || !alt_name_is_ok(&a))
                return refuse(why, ERR_BAD_PARAMETER,
                              "The subject alternative name '%.*s' is invalid.", shown(a.text),
                              (const char *)a.text.ptr);
        }
    }
    return all <= CERT_ALTS_MAX ? ERR_OK : ERR_BAD_BODY;
}

static enum err
read_alts(const struct exchange *x, const struct jsn *x509, struct cert_policy *p, char *why)
{
    static const char *const words[ALT_KIND__MAX] = { [ALT_EMAIL] = "emails",
                                                      [ALT_DNS] = "dns_names",
                                                      [ALT_UPN] = "upns",
                                                      [ALT_URI] = "uris",
                                                      [ALT_IP] = "ipAddresses" };
    const struct jsn *obj;
    size_t bytes = 0;
    enum jsn_got got = jsn_get_object(x509, "sans", &obj);

    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_OK : ERR_BAD_BODY;
    for (int kind = 0; kind < ALT_KIND__MAX; kind++) {
        bool is_new = kind == ALT_URI || kind == ALT_IP;

        if (is_new && x->version < V2025_07_01)
            continue;
        p->sans[kind].n = 0; /* sans are replaced as a whole */
        if (!read_names(obj, words[kind], &bytes, &p->sans[kind]))
            return ERR_BAD_BODY;
    }
    return check_alts(p, why);
}

static enum err
read_usage(const struct jsn *x509, struct cert_policy *p)
{
    const struct jsn *list;
    enum jsn_got got = jsn_get_array(x509, "key_usage", &list);
    unsigned seen = 0;

    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_OK : ERR_BAD_BODY;
    p->nusage = 0;
    for (size_t i = 0; i < jsn_len(list); i++) {
        unsigned u = cert_usage_find(jsn_str(jsn_at(list, i)));

        if (u >= CERT_USAGES)
            return ERR_BAD_BODY;
        if ((seen & 1u << u) == 0)
            p->usage[p->nusage++] = (uint8_t)u;
        seen |= 1u << u;
    }
    return ERR_OK;
}

static enum err
read_ekus(const struct jsn *x509, struct cert_policy *p, char *why)
{
    size_t bytes = 0;

    if (!read_names(x509, "ekus", &bytes, &p->ekus) || p->ekus.n > CERT_EKUS_MAX)
        return ERR_BAD_BODY;
    for (unsigned i = 0; i < p->ekus.n; i++)
        if (!cert_oid_is_ok(p->ekus.name[i]))
            return refuse(why, ERR_BAD_PARAMETER, "The extended key usage '%.*s' is invalid.",
                          shown(p->ekus.name[i]), (const char *)p->ekus.name[i].ptr);
    return ERR_OK;
}

static enum err
read_subject(const struct jsn *x509, struct cert_policy *p, char *why)
{
    struct span subject;
    enum jsn_got got = jsn_get_str(x509, "subject", &subject);
    enum err e;

    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_OK : ERR_BAD_BODY;
    e = dn_check(subject);
    if (e == ERR_NOMEM)
        return e;
    if (e == ERR_TOO_LARGE)
        return refuse(why, ERR_BAD_PARAMETER, "The subject name char length is too long.");
    if (e != ERR_OK)
        return refuse(why, ERR_BAD_PARAMETER,
                      "The subject name provided is not a valid X500 name");
    p->subject = subject;
    return ERR_OK;
}

static enum err
read_x509(const struct exchange *x, const struct jsn *root, struct cert_policy *p, char *why)
{
    const struct jsn *obj, *constraints;
    int64_t months;
    enum jsn_got got = jsn_get_object(root, "x509_props", &obj);
    enum err e;

    if (got != JSN_OK)
        return got == JSN_ABSENT ? ERR_OK : ERR_BAD_BODY;
    got = jsn_get_i64(obj, "validity_months", &months);
    if (got == JSN_WRONG_TYPE || (got == JSN_OK && (months < 1 || months > POLICY_MONTHS_MAX)))
        return ERR_BAD_BODY;
    if (got == JSN_OK)
        p->months = (unsigned)months;
    got = jsn_get_object(obj, "basic_constraints", &constraints);
    if (got == JSN_WRONG_TYPE || (got == JSN_OK && !get_bool(constraints, "ca", &p->ca)))
        return ERR_BAD_BODY;
    e = read_subject(obj, p, why);
    if (e == ERR_OK)
        e = read_alts(x, obj, p, why);
    if (e == ERR_OK)
        e = read_ekus(obj, p, why);
    return e == ERR_OK ? read_usage(obj, p) : e;
}

enum err
cert_policy_body_read(const struct exchange *x, const struct jsn *obj, struct cert_policy *p,
                      char why[static KEY_WHY_MAX])
{
    const struct jsn *attributes;
    enum jsn_got got = jsn_get_object(obj, "attributes", &attributes);
    enum err e;

    if (got == JSN_WRONG_TYPE ||
        (got == JSN_OK && !get_bool(attributes, "enabled", &p->enabled)))
        return ERR_BAD_BODY;
    e = read_key(x, obj, p, why);
    if (e == ERR_OK)
        e = read_secret(obj, p, why);
    if (e == ERR_OK)
        e = read_x509(x, obj, p, why);
    if (e == ERR_OK)
        e = read_issuer(obj, p, why);
    return e == ERR_OK ? read_actions(obj, p) : e;
}

enum err
cert_policy_body_check(struct cert_policy *p, char why[static KEY_WHY_MAX])
{
    bool has_alt = false;

    for (int kind = 0; kind < ALT_KIND__MAX; kind++)
        has_alt |= p->sans[kind].n > 0;
    if (p->subject.len == 0 && !has_alt)
        return refuse(why, ERR_BAD_PARAMETER,
                      "The subject name provided is not a valid X500 name");
    if (p->nactions == 0) {
        p->nactions = 1;
        p->action[0] =
            (struct policy_action){ .deed = cert_policy_is_unknown(p) ? DEED_EMAIL : DEED_RENEW,
                                    .value = 80 };
    }
    for (unsigned i = 0; i < p->nactions; i++)
        if (p->action[i].by_days && p->action[i].value > p->months * DAYS_OF_MONTH)
            return refuse(why, ERR_BAD_PARAMETER,
                          "days_before_expiry (%u) must be between 1 and validity_months "
                          "multiplied by 27 (%u).",
                          p->action[i].value, p->months * DAYS_OF_MONTH);
    return ERR_OK;
}
