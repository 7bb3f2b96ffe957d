/* SPDX-License-Identifier: Apache-2.0 */
/* cert_policy.c - rows cp/<vault>/<NAME>. */
#include "vault/cert_policy.h"

#include "base/log.h"
#include "codec/pack.h"

enum { POLICY_FORMAT = 1 };
enum policy_flag {
    POLICY_EXPORTABLE = 1 << 0,
    POLICY_HSM = 1 << 1,
    POLICY_REUSE = 1 << 2,
    POLICY_CA = 1 << 3,
    POLICY_HAS_TRANSPARENCY = 1 << 4,
    POLICY_TRANSPARENCY = 1 << 5,
    POLICY_ENABLED = 1 << 6,
    POLICY_ALL_FLAGS = (1 << 7) - 1
};

#define EKU_SERVER "1.3.6.1.5.5.7.3.1"
#define EKU_CLIENT "1.3.6.1.5.5.7.3.2"

void
cert_policy_defaults(struct cert_policy *p)
{
    *p = (struct cert_policy){ .exportable = true,
                               .type = KEY_RSA,
                               .bits = 2048,
                               .form = CERT_FORM_PFX,
                               .nusage = 2,
                               .usage = { 0, 2 } /* digitalSignature, keyEncipherment */,
                               .months = 12,
                               .issuer = span_str("Unknown"),
                               .enabled = true };
    p->ekus.n = 2;
    p->ekus.name[0] = span_str(EKU_SERVER);
    p->ekus.name[1] = span_str(EKU_CLIENT);
}

bool
cert_policy_is_self(const struct cert_policy *p)
{
    return span_is_str_nocase(p->issuer, "Self");
}

bool
cert_policy_is_unknown(const struct cert_policy *p)
{
    return span_is_str_nocase(p->issuer, "Unknown");
}

unsigned
cert_policy_usage(const struct cert_policy *p)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < p->nusage; i++)
        bits |= 1u << p->usage[i];
    return bits;
}

void
cert_policy_key_ops(const struct cert_policy *p, struct key_detail *d)
{
    enum { SIGNS = KEY_OP_BIT(KEY_SIGN) | KEY_OP_BIT(KEY_VERIFY) };
    enum { WRAPS = KEY_OP_BIT(KEY_WRAP) | KEY_OP_BIT(KEY_UNWRAP) };
    static const struct {
        unsigned usage, ops;
    } ops_of[] = {
        { USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION | USAGE_KEY_CERT_SIGN |
              USAGE_CRL_SIGN,
          SIGNS },
        { USAGE_KEY_ENCIPHERMENT, WRAPS },
        { USAGE_DATA_ENCIPHERMENT, KEY_OP_BIT(KEY_ENCRYPT) | KEY_OP_BIT(KEY_DECRYPT) },
        { USAGE_ENCIPHER_ONLY, KEY_OP_BIT(KEY_ENCRYPT) },
        { USAGE_DECIPHER_ONLY, KEY_OP_BIT(KEY_DECRYPT) },
    };
    /* WIRE: the order that real vaults answer (data-plane.md D3.3). */
    static const enum key_op order[] = { KEY_SIGN,   KEY_VERIFY,  KEY_WRAP,
                                         KEY_UNWRAP, KEY_ENCRYPT, KEY_DECRYPT };
    unsigned usage = cert_policy_usage(p), ops = usage == 0 ? SIGNS | WRAPS : 0;

    for (size_t i = 0; i < sizeof(ops_of) / sizeof(ops_of[0]); i++)
        if ((usage & ops_of[i].usage) != 0)
            ops |= ops_of[i].ops;
    ops &= key_type_ops(p->type);
    d->nops = 0;
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if ((ops & KEY_OP_BIT(order[i])) != 0)
            d->ops[d->nops++] = (uint8_t)order[i];
}

/* ------------------------------------------------------------------------- bytes */

static void
names_pack(struct sink k, const struct policy_names *l)
{
    pack_u8(k, (uint8_t)l->n);
    for (unsigned i = 0; i < l->n; i++)
        pack_bytes(k, l->name[i]);
}

static bool
names_read(struct unpack *u, struct policy_names *out)
{
    unsigned n = unpack_u8(u);

    if (n > POLICY_NAMES_MAX)
        return false;
    for (unsigned i = 0; i < n && u->err == ERR_OK; i++)
        out->name[i] = unpack_bytes(u, POLICY_NAME_BYTES_MAX);
    out->n = n;
    return u->err == ERR_OK;
}

void
cert_policy_pack(struct sink k, const struct cert_policy *p)
{
    unsigned flags = (p->exportable ? POLICY_EXPORTABLE : 0u) | (p->hsm ? POLICY_HSM : 0u) |
                     (p->reuse_key ? POLICY_REUSE : 0u) | (p->ca ? POLICY_CA : 0u) |
                     (p->has_transparency ? POLICY_HAS_TRANSPARENCY : 0u) |
                     (p->has_transparency && p->transparency ? POLICY_TRANSPARENCY : 0u) |
                     (p->enabled ? POLICY_ENABLED : 0u);

    pack_u8(k, POLICY_FORMAT);
    pack_u8(k, (uint8_t)flags);
    pack_u8(k, (uint8_t)p->type);
    pack_u8(k, (uint8_t)p->curve);
    pack_u16(k, (uint16_t)p->bits);
    pack_u8(k, (uint8_t)p->form);
    pack_u16(k, (uint16_t)p->months);
    pack_bytes(k, p->subject);
    for (int i = 0; i < ALT_KIND__MAX; i++)
        names_pack(k, &p->sans[i]);
    names_pack(k, &p->ekus);
    pack_bytes(k, span_of(p->usage, p->nusage));
    pack_u8(k, (uint8_t)p->nactions);
    for (unsigned i = 0; i < p->nactions; i++) {
        pack_u8(k, (uint8_t)p->action[i].deed);
        pack_u8(k, p->action[i].by_days ? 1 : 0);
        pack_u32(k, p->action[i].value);
    }
    pack_bytes(k, p->issuer);
    pack_bytes(k, p->issuer_type);
    pack_i64(k, p->created);
    pack_i64(k, p->updated);
}

static bool
usage_read(struct unpack *u, struct cert_policy *p)
{
    struct span usage = unpack_bytes(u, CERT_USAGES);

    for (size_t i = 0; i < usage.len; i++) {
        if (usage.ptr[i] >= CERT_USAGES)
            return false;
        p->usage[i] = usage.ptr[i];
    }
    p->nusage = (unsigned)usage.len;
    return u->err == ERR_OK;
}

static bool
actions_read(struct unpack *u, struct cert_policy *p)
{
    unsigned n = unpack_u8(u);

    if (n > POLICY_ACTIONS_MAX)
        return false;
    for (unsigned i = 0; i < n; i++) {
        unsigned deed = unpack_u8(u), by = unpack_u8(u);

        if (deed < DEED_EMAIL || deed >= DEED__MAX || by > 1)
            return false;
        p->action[i] = (struct policy_action){ .deed = (enum cert_deed)deed,
                                               .by_days = by == 1,
                                               .value = unpack_u32(u) };
    }
    p->nactions = n;
    return true;
}

static bool
head_read(struct unpack *u, struct cert_policy *p)
{
    unsigned format = unpack_u8(u), flags = unpack_u8(u), type = unpack_u8(u),
             curve = unpack_u8(u);
    unsigned form;

    p->bits = unpack_u16(u);
    form = unpack_u8(u);
    p->months = unpack_u16(u);
    if (format != POLICY_FORMAT || flags > POLICY_ALL_FLAGS ||
        (type != KEY_RSA && type != KEY_EC) || curve >= CURVE__MAX || form <= CERT_FORM_ANY ||
        form >= CERT_FORM__MAX)
        return false;
    p->exportable = (flags & POLICY_EXPORTABLE) != 0;
    p->hsm = (flags & POLICY_HSM) != 0;
    p->reuse_key = (flags & POLICY_REUSE) != 0;
    p->ca = (flags & POLICY_CA) != 0;
    p->has_transparency = (flags & POLICY_HAS_TRANSPARENCY) != 0;
    p->transparency = (flags & POLICY_TRANSPARENCY) != 0;
    p->enabled = (flags & POLICY_ENABLED) != 0;
    p->type = (enum key_type)type;
    p->curve = (enum key_curve)curve;
    p->form = (enum cert_form)form;
    return true;
}

enum err
cert_policy_read(struct span payload, struct cert_policy *out)
{
    struct unpack u = unpack_of(payload);

    *out = (struct cert_policy){ 0 };
    if (!head_read(&u, out))
        return ERR_FORMAT;
    out->subject = unpack_bytes(&u, POLICY_NAME_BYTES_MAX);
    for (int i = 0; i < ALT_KIND__MAX; i++)
        if (!names_read(&u, &out->sans[i]))
            return ERR_FORMAT;
    if (!names_read(&u, &out->ekus) || !usage_read(&u, out) || !actions_read(&u, out))
        return ERR_FORMAT;
    out->issuer = unpack_bytes(&u, POLICY_NAME_BYTES_MAX);
    out->issuer_type = unpack_bytes(&u, POLICY_NAME_BYTES_MAX);
    out->created = unpack_i64(&u);
    out->updated = unpack_i64(&u);
    return unpack_end(&u);
}

/* -------------------------------------------------------------------------- rows */

static struct span
policy_key(struct row_key *k, const struct vault_at *at, const char *name)
{
    return row_key_make(k, object_kind_info(KIND_CERTIFICATE)->policy_prefix,
                        at->vault->id.text, name, NULL);
}

enum err
cert_policy_get(const struct vault_at *at, const char *name, struct cert_policy *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct cert_policy){ 0 };
    e = row_get(at->rows, at->view, policy_key(&k, at, name), &row);
    if (e != ERR_OK)
        return e;
    e = cert_policy_read(row.payload, out);
    if (e != ERR_OK)
        log_error("row %s: %s", k.text, err_text(e));
    out->revision = row.revision;
    return e;
}

void
cert_policy_put(const struct vault_at *at, struct store_write *w, const char *name,
                const struct cert_policy *p)
{
    struct row_key k;
    struct span key = policy_key(&k, at, name);
    struct buf b;

    buf_init(&b, CERT_POLICY_ROW_MAX);
    cert_policy_pack(sink_buf(&b), p);
    store_write_expect(w, key, p->revision);
    row_put_buf(at->rows, w, key, &b);
}
