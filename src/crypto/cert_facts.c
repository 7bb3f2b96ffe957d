/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_facts.c - subject and extensions of certificates and of requests.
 *
 * Texts from there end up in JSON and in the next certificate: a name with
 * control characters or broken UTF-8 in it is not shown at all, and `partial`
 * says so to whom it matters.
 */
#include "crypto/cert_facts_int.h"

#include <arpa/inet.h>

#include "crypto/cert_int.h"
#include "crypto/der_int.h"
#include "crypto/dn.h"
#include "crypto/utf8_int.h"

struct slice
facts_keep(struct cert_facts *f, struct span s)
{
    struct slice at = { f->more.len, s.len };

    buf_put(&f->more, s);
    return at;
}

struct span
facts_span(const struct cert_facts *f, struct slice s)
{
    return s.len == 0 ? span_of("", 0) : span_of(f->more.ptr + s.begin, s.len);
}

struct alt_name
facts_alt(const struct cert_facts *f, size_t i)
{
    return (struct alt_name){ f->alts[i].kind, facts_span(f, f->alts[i].text) };
}

bool
facts_keep_name(struct cert_facts *f, const X509_NAME *name, struct slice *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509_NAME(name, &der);

    if (len > 0)
        *out = facts_keep(f, span_of(der, (size_t)len));
    OPENSSL_free(der);
    return len > 0;
}

bool
facts_keep_dn(struct cert_facts *f)
{
    struct buf text;
    bool ok;

    buf_init(&text, DN_TEXT_MAX);
    ok = dn_to_text(facts_span(f, f->subject_der), &text) == ERR_OK;
    if (ok) {
        buf_put_byte(&text, '\0');
        f->subject_dn = facts_keep(f, buf_span(&text));
    }
    buf_release(&text);
    return ok;
}

void *
facts_ext(const STACK_OF(X509_EXTENSION) * all, int nid, bool *ok)
{
    int critical = 0;
    void *v = X509V3_get_d2i(all, nid, &critical, NULL);

    if (v == NULL && critical != -1)
        *ok = false;
    return v;
}

static void
keep_alt(struct cert_facts *f, enum alt_kind kind, struct span text)
{
    if (f->alt_count == CERT_ALTS_MAX || text.len == 0 || text.len > CERT_ALT_MAX ||
        !utf8_is_plain(text)) {
        f->partial = true;
        return;
    }
    f->alts[f->alt_count].kind = kind;
    f->alts[f->alt_count].text = facts_keep(f, text);
    f->alt_count++;
}

static void
keep_address(struct cert_facts *f, struct span bytes)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (bytes.len == 4 || bytes.len == 16)
        keep_alt(f, ALT_IP,
                 span_str(inet_ntop(bytes.len == 4 ? AF_INET : AF_INET6, bytes.ptr, text,
                                    sizeof(text))));
    else
        f->partial = true;
}

static void
keep_other(struct cert_facts *f, const OTHERNAME *other)
{
    struct buf oid;

    buf_init(&oid, 2 * CERT_OID_MAX);
    if (other->value->type == V_ASN1_UTF8STRING &&
        der_oid_text(span_of(OBJ_get0_data(other->type_id), OBJ_length(other->type_id)),
                     &oid) &&
        span_is_str(buf_span(&oid), CERT_UPN_OID))
        keep_alt(f, ALT_UPN, string_span(other->value->value.utf8string));
    else
        f->partial = true;
    buf_release(&oid);
}

static void
keep_general_name(struct cert_facts *f, const GENERAL_NAME *g)
{
    switch (g->type) {
    case GEN_EMAIL:
        keep_alt(f, ALT_EMAIL, string_span(g->d.rfc822Name));
        break;
    case GEN_DNS:
        keep_alt(f, ALT_DNS, string_span(g->d.dNSName));
        break;
    case GEN_URI:
        keep_alt(f, ALT_URI, string_span(g->d.uniformResourceIdentifier));
        break;
    case GEN_IPADD:
        keep_address(f, string_span(g->d.iPAddress));
        break;
    case GEN_OTHERNAME:
        keep_other(f, g->d.otherName);
        break;
    default:
        f->partial = true;
        break;
    }
}

static bool
read_alts(struct cert_facts *f, const STACK_OF(X509_EXTENSION) * all)
{
    bool ok = true;
    GENERAL_NAMES *names = facts_ext(all, NID_subject_alt_name, &ok);

    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++)
        keep_general_name(f, sk_GENERAL_NAME_value(names, i));
    GENERAL_NAMES_free(names);
    return ok;
}

static bool
read_ekus(struct cert_facts *f, const STACK_OF(X509_EXTENSION) * all)
{
    bool ok = true;
    EXTENDED_KEY_USAGE *ekus = facts_ext(all, NID_ext_key_usage, &ok);
    struct buf oid;

    buf_init(&oid, 4 * CERT_OID_MAX);
    for (int i = 0; ekus != NULL && i < sk_ASN1_OBJECT_num(ekus); i++) {
        const ASN1_OBJECT *o = sk_ASN1_OBJECT_value(ekus, i);

        buf_clear(&oid);
        if (f->eku_count < CERT_EKUS_MAX &&
            der_oid_text(span_of(OBJ_get0_data(o), OBJ_length(o)), &oid))
            f->ekus[f->eku_count++] = facts_keep(f, buf_span(&oid));
        else
            f->partial = true;
    }
    buf_release(&oid);
    EXTENDED_KEY_USAGE_free(ekus);
    return ok;
}

static bool
read_key_usage(struct cert_facts *f, const STACK_OF(X509_EXTENSION) * all)
{
    bool ok = true;
    ASN1_BIT_STRING *bits = facts_ext(all, NID_key_usage, &ok);

    for (int i = 0; bits != NULL && i < CERT_USAGES; i++)
        f->key_usage |= ASN1_BIT_STRING_get_bit(bits, i) == 1 ? 1u << i : 0;
    ASN1_BIT_STRING_free(bits);
    return ok;
}

static bool
read_constraints(struct cert_facts *f, const STACK_OF(X509_EXTENSION) * all)
{
    bool ok = true;
    BASIC_CONSTRAINTS *b = facts_ext(all, NID_basic_constraints, &ok);

    f->path_length = -1;
    if (b != NULL && b->ca != 0) {
        f->ca = true;
        if (b->pathlen != NULL) {
            int64_t n = -1;

            ok = ASN1_INTEGER_get_int64(&n, b->pathlen) == 1 && n >= 0;
            f->path_length = n > 255 ? 255 : (int)n;
        }
    }
    BASIC_CONSTRAINTS_free(b);
    return ok;
}

bool
facts_read(struct cert_facts *f, const STACK_OF(X509_EXTENSION) * all)
{
    return read_alts(f, all) && read_ekus(f, all) && read_key_usage(f, all) &&
           read_constraints(f, all);
}
