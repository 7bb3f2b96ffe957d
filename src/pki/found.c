/* SPDX-License-Identifier: Apache-2.0 */
/* found.c - certificates of authorities. */
#include "pki/found.h"

#include <stdio.h>

#include "codec/isotime.h"

enum { CA_USAGE = USAGE_DIGITAL_SIGNATURE | USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN };

static enum err
refuse(char why[static CA_WHY_MAX], enum err e, const char *text)
{
    (void)snprintf(why, CA_WHY_MAX, "%s", text);
    return e;
}

static struct name_constraints
constraints_of(const struct ca *ca)
{
    return (struct name_constraints){ .permitted = ca->permitted,
                                      .permitted_count = ca->npermitted,
                                      .excluded = ca->excluded,
                                      .excluded_count = ca->nexcluded };
}

static enum err
explain(enum err e, char why[static CA_WHY_MAX])
{
    if (e == ERR_SYNTAX || e == ERR_TOO_LARGE)
        return refuse(why, e, "The subject or a name constraint is not valid.");
    if (e == ERR_ARG)
        return refuse(why, e, "A key of that type cannot be an authority's.");
    return e;
}

/* Of a root. It names no list of revoked certificates: nobody above it could revoke it. */
static enum err
put_root(const struct ca_hand *own, int64_t now, struct issue_made *out)
{
    const struct ca *ca = own->ca;
    struct name_constraints c = constraints_of(ca);
    struct cert_spec s = { .subject = ca->subject,
                           .key_usage = CA_USAGE,
                           .ca = true,
                           .path_length = ca->path_length,
                           .not_before = now - ISSUE_BACKDATED,
                           .not_after = isotime_add_months(now, (int)ca->months) };
    struct buf extra;
    enum err e;

    buf_init(&extra, CERT_TBS_MAX);
    e = ext_put_name_constraints(&c, &extra);
    s.extra = buf_span(&extra);
    cert_serial_fill(s.serial);
    for (size_t i = 0; i < CERT_SERIAL_LEN; i++)
        (void)snprintf(out->serial + 2 * i, 3, "%02X", s.serial[i]);
    out->ca = true;
    out->path_length = ca->path_length;
    out->not_after = s.not_after;
    buf_clear(&out->tbs);
    if (e == ERR_OK)
        e = cert_tbs_put(&s, &own->detail.public, &out->tbs);
    buf_release(&extra);
    return e;
}

enum err
found_root(const struct ca_hand *own, int64_t now, struct issue_made *out,
           char why[static CA_WHY_MAX])
{
    enum err e = put_root(own, now, out);

    if (e == ERR_OK)
        e = cert_digest(&own->detail.public, buf_span(&out->tbs), &out->digest);
    return explain(e, why);
}

enum err
found_end(const struct ca_hand *own, struct issue_made *m, struct span signature)
{
    buf_clear(&m->der);
    return cert_assemble(&own->detail.public, buf_span(&m->tbs), signature, &m->der);
}

void
found_asked(const struct ca_hand *own, int64_t now, struct issue_asked *out,
            struct found_room *room)
{
    const struct ca *ca = own->ca;

    room->constraints = constraints_of(ca);
    *out = (struct issue_asked){
        .profile = span_str("subordinate"),
        .subject = ca->subject,
        .key = &own->detail.public,
        .not_after = isotime_add_months(now, (int)ca->months),
        .may_be_ca = true,
        .path_length = ca->path_length,
        .constraints = &room->constraints,
    };
}

enum err
found_request(const struct ca_hand *own, struct buf *info, struct cert_digest *digest,
              char why[static CA_WHY_MAX])
{
    const struct ca *ca = own->ca;
    struct name_constraints c = constraints_of(ca);
    struct cert_spec s = { .subject = ca->subject,
                           .key_usage = CA_USAGE,
                           .ca = true,
                           .path_length = ca->path_length };
    struct buf extra;
    enum err e;

    buf_init(&extra, CERT_TBS_MAX);
    e = ext_put_name_constraints(&c, &extra);
    s.extra = buf_span(&extra);
    if (e == ERR_OK)
        e = csr_info_put(&s, &own->detail.public, info);
    if (e == ERR_OK)
        e = cert_digest(&own->detail.public, buf_span(info), digest);
    buf_release(&extra);
    return explain(e, why);
}

/* ------------------------------------------------------------------ from elsewhere */

enum err
found_path_length(struct ca *ca)
{
    ca->path_length = -1;
    for (unsigned i = 0; i < ca->nchain; i++) {
        struct cert *c = NULL;
        enum err e = cert_new(ca->chain[i], &c);
        int most;

        if (e != ERR_OK)
            return e;
        most = cert_path_length(c);
        cert_free(c);
        if (most < 0)
            continue;
        if (most < (int)i)
            return ERR_FORMAT;
        if (ca->path_length < 0 || most - (int)i < ca->path_length)
            ca->path_length = most - (int)i;
    }
    return ERR_OK;
}

static enum err
check_own(const struct cert *c, int64_t now, char why[static CA_WHY_MAX])
{
    const unsigned need = USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN;

    if (!cert_is_ca(c))
        return refuse(why, ERR_DENIED, "The certificate is not an authority's.");
    if ((cert_key_usage(c) & need) != need)
        return refuse(why, ERR_DENIED,
                      "The certificate lacks the key usages keyCertSign and cRLSign.");
    if (now < cert_not_before(c) || now >= cert_not_after(c))
        return refuse(why, ERR_DENIED, "The certificate is not valid now.");
    return ERR_OK;
}

enum err
found_adopt(const struct ca_hand *own, struct cert_bag *bag, int64_t now, struct ca *ca,
            char why[static CA_WHY_MAX])
{
    enum err e = cert_bag_order(bag, &own->detail.public);

    if (e == ERR_CERT_MISMATCH)
        return refuse(why, ERR_DENIED, "No certificate is of the key of the authority.");
    if (e == ERR_OK && bag->chain > CA_CHAIN_MAX)
        return refuse(why, ERR_DENIED, "The chain is too long.");
    if (e == ERR_OK)
        e = check_own(bag->certs[0], now, why);
    if (e != ERR_OK)
        return e;
    ca->nchain = (unsigned)bag->chain;
    for (unsigned i = 0; i < ca->nchain; i++)
        ca->chain[i] = cert_der(bag->certs[i]);
    e = cert_chain_verify(ca->chain, ca->nchain, now);
    if (e == ERR_OK)
        e = found_path_length(ca);
    if (e == ERR_INTEGRITY || e == ERR_FORMAT)
        return refuse(why, ERR_DENIED, "The chain of certificates does not verify.");
    if (e == ERR_OK)
        ca->state = CA_ACTIVE;
    return e;
}
