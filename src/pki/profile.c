/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c - the built-in profiles, and profiles in rows. */
#include "pki/profile.h"

#define EKU(s)                                                                                 \
    {                                                                                          \
        (const uint8_t *)(s), sizeof(s) - 1                                                    \
    }
#define EKU_SERVER EKU("1.3.6.1.5.5.7.3.1")
#define EKU_CLIENT EKU("1.3.6.1.5.5.7.3.2")
#define EKU_EMAIL  EKU("1.3.6.1.5.5.7.3.4")

#define BIT(n)     (1u << (n))
#define NIST       (BIT(CURVE_P256) | BIT(CURVE_P384) | BIT(CURVE_P521))
#define TLS_USAGE  (USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT | USAGE_KEY_AGREEMENT)
#define CA_USAGE   (USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN | USAGE_DIGITAL_SIGNATURE)

/* 398 days: what clients take of TLS servers (CA/Browser Forum, baseline requirements 6.3.2).
 */
static const struct pki_profile known[] = {
    { .name = EKU("serverClient"),
      .max_days = 398,
      .nekus = 2,
      .eku = { EKU_SERVER, EKU_CLIENT },
      .key_usage = TLS_USAGE,
      .rsa_bits = 2048,
      .curves = NIST,
      .kinds = BIT(ALT_DNS) | BIT(ALT_IP) | BIT(ALT_URI) },
    { .name = EKU("server"),
      .max_days = 398,
      .nekus = 1,
      .eku = { EKU_SERVER },
      .key_usage = TLS_USAGE,
      .rsa_bits = 2048,
      .curves = NIST,
      .kinds = BIT(ALT_DNS) | BIT(ALT_IP) },
    { .name = EKU("client"),
      .max_days = 825,
      .nekus = 1,
      .eku = { EKU_CLIENT },
      .key_usage = TLS_USAGE,
      .rsa_bits = 2048,
      .curves = NIST,
      .kinds = BIT(ALT_DNS) | BIT(ALT_EMAIL) | BIT(ALT_UPN) | BIT(ALT_URI) },
    { .name = EKU("email"),
      .max_days = 825,
      .nekus = 1,
      .eku = { EKU_EMAIL },
      .key_usage = TLS_USAGE | USAGE_NON_REPUDIATION,
      .rsa_bits = 2048,
      .curves = NIST,
      .kinds = BIT(ALT_EMAIL) },
    { .name = EKU("subordinate"),
      .max_days = 3660,
      .key_usage = CA_USAGE,
      .rsa_bits = 2048,
      .curves = NIST,
      .ca = true },
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

bool
pki_profile_name_is_ok(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return name.len > 0 && name.len <= PROFILE_NAME_MAX;
}

bool
pki_profile_is_ok(const struct pki_profile *p)
{
    const unsigned of_ca = USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN;

    if (!pki_profile_name_is_ok(p->name) || p->max_days == 0 ||
        p->max_days > PROFILE_DAYS_MAX || p->nekus > PROFILE_EKUS_MAX)
        return false;
    for (unsigned i = 0; i < p->nekus; i++)
        if (!cert_oid_is_ok(p->eku[i]))
            return false;
    /* What only an authority does is not for others: RFC 5280 4.2.1.3. */
    if (!p->ca && (p->key_usage & of_ca) != 0)
        return false;
    if (p->rsa_bits != 0 && p->rsa_bits != 2048 && p->rsa_bits != 3072 && p->rsa_bits != 4096)
        return false;
    return p->key_usage != 0 && (p->key_usage & ~(unsigned)USAGE_ALL) == 0 &&
           (p->rsa_bits != 0 || p->curves != 0) && (p->curves >> CURVE__MAX) == 0 &&
           (p->kinds >> ALT_KIND__MAX) == 0;
}

const struct pki_profile *
pki_profile_known(struct span name)
{
    for (unsigned i = 0; i < KNOWN; i++)
        if (span_is_equal_nocase(known[i].name, name))
            return &known[i];
    return NULL;
}

const struct pki_profile *
pki_profile_at(unsigned i)
{
    return i < KNOWN ? &known[i] : NULL;
}

void
pki_profile_pack(struct sink k, const struct pki_profile *p)
{
    pack_bytes(k, p->name);
    pack_u32(k, p->max_days);
    pack_u8(k, (uint8_t)p->nekus);
    for (unsigned i = 0; i < p->nekus; i++)
        pack_bytes(k, p->eku[i]);
    pack_u16(k, (uint16_t)p->key_usage);
    pack_u16(k, (uint16_t)p->rsa_bits);
    pack_u16(k, (uint16_t)p->curves);
    pack_u16(k, (uint16_t)p->kinds);
    pack_u8(k, p->ca);
}

void
pki_profile_unpack(struct unpack *u, struct pki_profile *out)
{
    unsigned n, ca;

    *out = (struct pki_profile){ 0 };
    out->name = unpack_bytes(u, PROFILE_NAME_MAX);
    out->max_days = unpack_u32(u);
    n = unpack_u8(u);
    if (n > PROFILE_EKUS_MAX) {
        u->err = ERR_FORMAT;
        return;
    }
    for (unsigned i = 0; i < n; i++)
        out->eku[i] = unpack_bytes(u, CERT_OID_MAX);
    out->nekus = n;
    out->key_usage = unpack_u16(u);
    out->rsa_bits = unpack_u16(u);
    out->curves = unpack_u16(u);
    out->kinds = unpack_u16(u);
    ca = unpack_u8(u);
    out->ca = ca == 1;
    if (ca > 1 || !pki_profile_is_ok(out))
        u->err = ERR_FORMAT;
}
