/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue.c - what may be signed, and the bytes of it.
 *
 * Order of the judgement: profile (key, usages, kinds of names, validity), path length, then
 * the composed names against the constraints of the whole chain. Nothing is signed that was not
 * judged as it will stand in the certificate.
 */
#include "pki/issue.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/access.h"
#include "auth/principal.h"
#include "crypto/dn.h"

enum { DAY = 86400, URL_ROOM = CA_URL_MAX + 2 * GUID_LEN };

static const char default_profile[] = "serverClient";

void
issue_made_init(struct issue_made *m)
{
    *m = (struct issue_made){ .not_after = 0 };
    buf_init(&m->tbs, CERT_TBS_MAX);
    buf_init(&m->der, CERT_MAX);
}

void
issue_made_release(struct issue_made *m)
{
    buf_release(&m->tbs);
    buf_release(&m->der);
}

static enum err __attribute__((format(printf, 2, 3)))
refuse(char why[static CA_WHY_MAX], const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(why, CA_WHY_MAX, fmt, ap);
    va_end(ap);
    return ERR_DENIED;
}

/* -------------------------------------------------------------------- the profile */

static enum err
check_key(const struct pki_profile *p, const struct key_public *key,
          char why[static CA_WHY_MAX])
{
    bool ok = key->type == KEY_RSA  ? p->rsa_bits != 0 && key->bits >= p->rsa_bits
              : key->type == KEY_EC ? (p->curves >> key->curve & 1) != 0
                                    : false;

    return ok ? ERR_OK
              : refuse(why, "The profile '%.*s' does not take keys of that type or size.",
                       (int)p->name.len, (const char *)p->name.ptr);
}

static bool
has_eku(const struct pki_profile *p, struct span eku)
{
    for (unsigned i = 0; i < p->nekus; i++)
        if (span_is_equal(p->eku[i], eku))
            return true;
    return false;
}

static enum err
check_usages(const struct pki_profile *p, const struct issue_asked *a,
             char why[static CA_WHY_MAX])
{
    for (size_t i = 0; i < a->eku_count; i++)
        if (!has_eku(p, a->ekus[i]))
            return refuse(
                why, "The profile '%.*s' does not issue the extended key usage '%.*s'.",
                (int)p->name.len, (const char *)p->name.ptr,
                (int)span_head(a->ekus[i], CERT_OID_MAX).len, (const char *)a->ekus[i].ptr);
    if ((a->key_usage & ~p->key_usage) != 0)
        return refuse(why, "The profile '%.*s' does not issue that key usage.",
                      (int)p->name.len, (const char *)p->name.ptr);
    return ERR_OK;
}

static enum err
check_names(const struct pki_profile *p, const struct issue_asked *a,
            char why[static CA_WHY_MAX])
{
    static const char *const kinds[ALT_KIND__MAX] = { "email", "DNS", "UPN", "URI", "IP" };

    for (size_t i = 0; i < a->alt_count; i++)
        if ((unsigned)a->alts[i].kind >= ALT_KIND__MAX ||
            (p->kinds >> a->alts[i].kind & 1) == 0)
            return refuse(why, "The profile '%.*s' does not issue %s names.", (int)p->name.len,
                          (const char *)p->name.ptr,
                          (unsigned)a->alts[i].kind < ALT_KIND__MAX ? kinds[a->alts[i].kind]
                                                                    : "such");
    return ERR_OK;
}

/* The end, cut to the authority's own: what outlives its issuer verifies nowhere. */
static enum err
check_times(const struct ca_hand *h, const struct pki_profile *p, const struct issue_asked *a,
            int64_t now, struct issue_made *out, char why[static CA_WHY_MAX])
{
    int64_t most = now + (int64_t)p->max_days * DAY;

    out->not_after = a->not_after == 0 ? most : a->not_after;
    if (out->not_after > most)
        return refuse(why, "The profile '%.*s' issues for %u days at most.", (int)p->name.len,
                      (const char *)p->name.ptr, p->max_days);
    if (out->not_after > cert_not_after(h->cert))
        out->not_after = cert_not_after(h->cert);
    return out->not_after > now ? ERR_OK : refuse(why, "The end of the validity is over.");
}

static enum err
check_ca(const struct ca_hand *h, const struct pki_profile *p, const struct issue_asked *a,
         struct issue_made *out, char why[static CA_WHY_MAX])
{
    int left = h->ca->path_length;

    out->ca = p->ca;
    out->path_length = -1;
    if (!p->ca)
        return a->constraints == NULL ? ERR_OK
                                      : refuse(why, "Only an authority has name constraints.");
    if (!a->may_be_ca)
        return refuse(why, "The profile '%.*s' is for making certificate authorities.",
                      (int)p->name.len, (const char *)p->name.ptr);
    if (left == 0)
        return refuse(why, "The path length of the authority allows none below it.");
    if (left > 0 && a->path_length >= left)
        return refuse(why, "The path length may be %d at most.", left - 1);
    out->path_length = a->path_length >= 0 ? a->path_length : left < 0 ? -1 : left - 1;
    return ERR_OK;
}

static enum err
check_profile(const struct ca_hand *h, const struct pki_profile *p, const struct issue_asked *a,
              int64_t now, struct issue_made *out, char why[static CA_WHY_MAX])
{
    enum err e = check_ca(h, p, a, out, why);

    if (e == ERR_OK)
        e = check_key(p, a->key, why);
    if (e == ERR_OK)
        e = check_usages(p, a, why);
    if (e == ERR_OK)
        e = check_names(p, a, why);
    return e == ERR_OK ? check_times(h, p, a, now, out, why) : e;
}

/* ------------------------------------------------------------------- what is signed */

static void
put_url(char out[static URL_ROOM], const struct ca *ca, const char *dir, const char *ext)
{
    (void)snprintf(out, URL_ROOM, "%.*s/%s/%s%s", (int)ca->url.len, (const char *)ca->url.ptr,
                   dir, ca->id.text, ext);
}

/* Name constraints of an authority; where revocation is told. */
static enum err
put_extra(const struct ca *ca, const struct issue_asked *a, struct buf *b)
{
    char crl[URL_ROOM], ocsp[URL_ROOM], cer[URL_ROOM];
    enum err e = ERR_OK;

    if (a->constraints != NULL)
        e = ext_put_name_constraints(a->constraints, b);
    if (e != ERR_OK || ca->url.len == 0)
        return e;
    put_url(crl, ca, "ca", ".crl");
    put_url(ocsp, ca, "ocsp", "");
    put_url(cer, ca, "ca", ".cer");
    e = ext_put_crl_point(span_str(crl), b);
    return e == ERR_OK ? ext_put_access(span_str(ocsp), span_str(cer), b) : e;
}

/* What the profile allows and the key can do: RFC 8813 3 has no encipherment for EC keys, RFC
 * 4055 1.2 no agreement for RSA. */
static unsigned
usage_of(const struct pki_profile *p, const struct issue_asked *a)
{
    unsigned not_for_rsa = USAGE_KEY_AGREEMENT | USAGE_ENCIPHER_ONLY | USAGE_DECIPHER_ONLY;
    unsigned not_for_ec = USAGE_KEY_ENCIPHERMENT | USAGE_DATA_ENCIPHERMENT;

    if (a->key_usage != 0)
        return a->key_usage;
    return p->key_usage & ~(a->key->type == KEY_RSA ? not_for_rsa : not_for_ec);
}

static enum err
put_tbs(const struct ca_hand *h, const struct pki_profile *p, const struct issue_asked *a,
        int64_t now, struct issue_made *out)
{
    struct cert_issuer issuer = ca_hand_issuer(h);
    struct cert_spec s = { .subject = a->subject,
                           .alts = a->alts,
                           .alt_count = a->alt_count,
                           .ekus = a->eku_count > 0 ? a->ekus : p->eku,
                           .eku_count = a->eku_count > 0 ? a->eku_count : p->nekus,
                           .key_usage = usage_of(p, a),
                           .ca = p->ca,
                           .path_length = out->path_length,
                           .not_before = now - ISSUE_BACKDATED,
                           .not_after = out->not_after,
                           .issuer = &issuer };
    struct buf extra;
    enum err e;

    buf_init(&extra, CERT_TBS_MAX);
    e = put_extra(h->ca, a, &extra);
    s.extra = buf_span(&extra);
    /* Nothing begins before its issuer. */
    if (s.not_before < cert_not_before(h->cert))
        s.not_before = cert_not_before(h->cert);
    cert_serial_fill(s.serial);
    for (size_t i = 0; i < CERT_SERIAL_LEN; i++)
        (void)snprintf(out->serial + 2 * i, 3, "%02X", s.serial[i]);
    buf_clear(&out->tbs);
    if (e == ERR_OK)
        e = cert_tbs_put(&s, a->key, &out->tbs);
    buf_release(&extra);
    return e;
}

static enum err
explain(enum err e, char why[static CA_WHY_MAX])
{
    if (e == ERR_SYNTAX || e == ERR_TOO_LARGE)
        (void)refuse(why, "The subject, a name or an object identifier is not valid.");
    else if (e == ERR_ARG)
        (void)refuse(why, "The key cannot have a certificate.");
    else if (e == ERR_DENIED)
        (void)refuse(why, "A name is outside the name constraints of the authority.");
    return e;
}

enum err
issue_begin(const struct ca_hand *h, const struct issue_asked *a, int64_t now,
            struct issue_made *out, char why[static CA_WHY_MAX])
{
    struct span name = a->profile.len > 0 ? a->profile : span_str(default_profile);
    const struct pki_profile *p = ca_profile(h->ca, name);
    enum err e;

    if (p == NULL)
        return refuse(why, "The authority has no profile '%.*s'.",
                      (int)span_head(name, PROFILE_NAME_MAX).len, (const char *)name.ptr);
    bug_on(!span_copy_str(p->name, out->profile, sizeof(out->profile)));
    e = check_profile(h, p, a, now, out, why);
    if (e != ERR_OK)
        return e;
    e = put_tbs(h, p, a, now, out);
    if (e == ERR_OK)
        e = cert_tbs_is_permitted(buf_span(&out->tbs), h->ca->chain, h->ca->nchain);
    if (e == ERR_OK)
        e = cert_digest(ca_hand_key(h), buf_span(&out->tbs), &out->digest);
    return explain(e, why);
}

enum err
issue_end(const struct ca_hand *h, struct issue_made *m, struct span signature)
{
    buf_clear(&m->der);
    return cert_assemble(ca_hand_key(h), buf_span(&m->tbs), signature, &m->der);
}

void
issue_put(const struct rows *rows, struct store_write *w, const struct ca_hand *h,
          const struct issue_made *m, const struct issue_who *who, int64_t now)
{
    struct issued i = { .der = buf_span(&m->der),
                        .profile = span_str(m->profile),
                        .principal = who->principal,
                        .what = who->what,
                        .issued = now,
                        .not_after = m->not_after };

    bug_on(!span_copy_str(span_str(m->serial), i.serial, sizeof(i.serial)));
    ca_expect(w, h->ca);
    issued_put(rows, w, &h->ca->id, &i);
}

unsigned
issue_chain(const struct ca *ca, const struct issue_made *m,
            struct span out[static CA_CHAIN_MAX + 1])
{
    unsigned n = 0;

    out[n++] = buf_span(&m->der);
    for (unsigned i = 0; i < ca->nchain; i++)
        out[n++] = ca->chain[i];
    return n;
}

enum err
issue_check_principal(const struct rows *rows, struct store_view *view, const struct ca *ca,
                      const struct guid *oid)
{
    struct caller caller = { .known = true, .tid = ca->tenant, .oid = *oid };
    struct action_question q = { .caller = &caller, .action = span_str(CA_ISSUE_ACTION) };
    struct access_answer answer = { .allowed = false };
    struct principal *p = malloc(sizeof(*p));
    char scope_text[CA_RESOURCE_MAX + 1];
    struct scope at;
    enum err e = p == NULL ? ERR_NOMEM : principal_load(rows, view, &ca->tenant, oid, p);

    if (e == ERR_NOT_FOUND || (e == ERR_OK && !p->enabled))
        e = ERR_DENIED;
    if (e == ERR_OK) {
        caller.appid = p->appid;
        bug_on(!span_copy_str(ca->resource, scope_text, sizeof(scope_text)));
        e = scope_parse(span_str(scope_text), &at);
        e = e == ERR_OK ? ERR_OK : ERR_DENIED;
    }
    q.scope = &at;
    if (e == ERR_OK)
        e = access_check_action(rows, view, &q, &answer);
    if (e == ERR_OK && !answer.allowed)
        e = ERR_DENIED;
    free(p);
    return e;
}
