/* SPDX-License-Identifier: Apache-2.0 */
/* cert_operation.c - rows co/<vault>/<NAME>. */
#include "vault/cert_operation.h"

#include "base/log.h"
#include "codec/pack.h"
#include "vault/cert_wait.h"

enum { OPERATION_FORMAT = 1, OPERATION_ROW_MAX = CSR_MAX + 8 * 1024 };
enum operation_flag {
    OPERATION_CANCEL = 1 << 0,
    OPERATION_KEEPS_ORDER = 1 << 1,
    OPERATION_HAS_TRANSPARENCY = 1 << 2,
    OPERATION_TRANSPARENCY = 1 << 3,
    OPERATION_HAS_FAILED = 1 << 4, /* how often follows */
    OPERATION_ALL_FLAGS = (1 << 5) - 1
};

static void
operation_pack(struct sink k, const struct cert_operation *op)
{
    unsigned flags = (op->cancel_wanted ? OPERATION_CANCEL : 0u) |
                     (op->keeps_order ? OPERATION_KEEPS_ORDER : 0u) |
                     (op->has_transparency ? OPERATION_HAS_TRANSPARENCY : 0u) |
                     (op->has_transparency && op->transparency ? OPERATION_TRANSPARENCY : 0u) |
                     (op->failures > 0 ? OPERATION_HAS_FAILED : 0u);

    pack_u8(k, OPERATION_FORMAT);
    pack_u8(k, (uint8_t)op->state);
    pack_u8(k, (uint8_t)flags);
    pack_str(k, op->request.text);
    pack_str(k, op->version.text);
    pack_bytes(k, op->issuer);
    pack_bytes(k, op->issuer_type);
    pack_bytes(k, op->csr);
    pack_bytes(k, op->error_code);
    pack_bytes(k, op->error_message);
    pack_i64(k, op->created);
    if (op->failures > 0)
        pack_u32(k, op->failures);
}

enum err
cert_operation_read(struct span payload, struct cert_operation *out)
{
    struct unpack u = unpack_of(payload);
    unsigned format = unpack_u8(&u), state = unpack_u8(&u), flags = unpack_u8(&u);
    char request[HEX32_LEN + 1], version[HEX32_LEN + 1];

    *out = (struct cert_operation){ 0 };
    unpack_str(&u, request, sizeof(request));
    unpack_str(&u, version, sizeof(version));
    if (format != OPERATION_FORMAT || state < OPERATION_RUNS || state >= OPERATION__MAX ||
        flags > OPERATION_ALL_FLAGS || u.err != ERR_OK ||
        !hex32_parse(span_str(request), &out->request) ||
        !hex32_parse(span_str(version), &out->version))
        return ERR_FORMAT;
    out->state = (enum operation_state)state;
    out->cancel_wanted = (flags & OPERATION_CANCEL) != 0;
    out->keeps_order = (flags & OPERATION_KEEPS_ORDER) != 0;
    out->has_transparency = (flags & OPERATION_HAS_TRANSPARENCY) != 0;
    out->transparency = (flags & OPERATION_TRANSPARENCY) != 0;
    out->issuer = unpack_bytes(&u, OPERATION_TEXT_MAX);
    out->issuer_type = unpack_bytes(&u, OPERATION_TEXT_MAX);
    out->csr = unpack_bytes(&u, CSR_MAX);
    out->error_code = unpack_bytes(&u, OPERATION_TEXT_MAX);
    out->error_message = unpack_bytes(&u, OPERATION_TEXT_MAX);
    out->created = unpack_i64(&u);
    if ((flags & OPERATION_HAS_FAILED) != 0)
        out->failures = unpack_u32(&u);
    if (out->failures > OPERATION_FAILURES_MAX)
        return ERR_FORMAT;
    return unpack_end(&u);
}

static struct span
operation_key(struct row_key *k, const struct vault_at *at, const char *name)
{
    return row_key_make(k, "co", at->vault->id.text, name, NULL);
}

enum err
cert_operation_get(const struct vault_at *at, const char *name, struct cert_operation *out)
{
    struct row_key k;
    struct row row;
    enum err e;

    *out = (struct cert_operation){ 0 };
    e = row_get(at->rows, at->view, operation_key(&k, at, name), &row);
    if (e != ERR_OK)
        return e;
    e = cert_operation_read(row.payload, out);
    if (e != ERR_OK)
        log_error("row %s: %s", k.text, err_text(e));
    out->revision = row.revision;
    return e;
}

/* Somebody with a name of his own is to issue it: the clerk goes through the list of these. */
static bool
is_clerks(const struct cert_operation *op)
{
    return op->state == OPERATION_RUNS && !span_is_str_nocase(op->issuer, "Unknown") &&
           !span_is_str_nocase(op->issuer, "Self");
}

void
cert_operation_put(const struct vault_at *at, struct store_write *w, const char *name,
                   const struct cert_operation *op)
{
    struct row_key k;
    struct span key = operation_key(&k, at, name);
    struct buf b;

    buf_init(&b, OPERATION_ROW_MAX);
    operation_pack(sink_buf(&b), op);
    store_write_expect(w, key, op->revision);
    row_put_buf(at->rows, w, key, &b);
    if (is_clerks(op))
        cert_wait_put(at, w, name, &op->request);
    else
        cert_wait_drop(at, w, name);
}

void
cert_operation_drop(const struct vault_at *at, struct store_write *w, const char *name,
                    const struct cert_operation *op)
{
    struct row_key k;
    struct span key = operation_key(&k, at, name);

    store_write_expect(w, key, op->revision);
    store_write_delete(w, key);
    cert_wait_drop(at, w, name);
}

void
cert_operation_sweep(const struct vault_at *at, struct store_write *w, const char *name)
{
    struct row_key k;

    store_write_delete(w, operation_key(&k, at, name));
    cert_wait_drop(at, w, name);
}
