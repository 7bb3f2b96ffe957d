/* SPDX-License-Identifier: Apache-2.0 */
/* cert_file.c - what is in a file, whatever its form: one key, and certificates. */
#include "crypto/cert_file.h"

#include "crypto/cert_file_int.h"
#include "crypto/cert_read_int.h"
#include "crypto/der_int.h"
#include "crypto/pem_int.h"

enum { KEY_DER_MAX = KEY_PRIVATE_MAX };

/* Which decoder: the algorithm that PKCS#8 names. */
static enum key_type
type_of_pkcs8(struct span der)
{
    struct span key, algorithm, oid, version;
    struct buf text;
    enum key_type type = KEY_NONE;

    buf_init(&text, 256);
    if (der_take_tag(&der, DER_SEQUENCE, &key) && der_take_tag(&key, DER_INTEGER, &version) &&
        der_take_tag(&key, DER_SEQUENCE, &algorithm) &&
        der_take_tag(&algorithm, DER_OID, &oid) && der_oid_text(oid, &text)) {
        type = KEY_OKP; /* some other: to be refused */
        if (span_is_str(buf_span(&text), "1.2.840.113549.1.1.1"))
            type = KEY_RSA;
        else if (span_is_str(buf_span(&text), "1.2.840.10045.2.1"))
            type = KEY_EC;
    }
    buf_release(&text);
    return type;
}

static enum err
decode(enum key_wrap wrap, struct span der, EVP_PKEY **out)
{
    const unsigned char *p = der.ptr;
    enum key_type type;

    *out = NULL;
    if (der.len > KEY_DER_MAX)
        return ERR_ARG; /* longer than any that we keep */
    if (wrap == WRAP_PKCS8) {
        enum err e;

        type = type_of_pkcs8(der);
        if (type == KEY_OKP)
            return ERR_ARG;
        if (type == KEY_NONE)
            return ERR_SYNTAX;
        e = key_decode(type, der, out);
        return e == ERR_FORMAT ? ERR_SYNTAX : e;
    }
    *out = d2i_PrivateKey(wrap == WRAP_PKCS1 ? EVP_PKEY_RSA : EVP_PKEY_EC, NULL, &p,
                          (long)der.len);
    if (*out != NULL && p == der.ptr + der.len)
        return ERR_OK;
    EVP_PKEY_free(*out);
    *out = NULL;
    return key_memory_is_short(der.len) ? ERR_NOMEM : ERR_SYNTAX;
}

/* Files may name a key twice; which of two keys was meant, nobody can say. */
static bool
is_same_key(const struct key_parts *a, const struct key_parts *b)
{
    return a->type == b->type && a->curve == b->curve && span_is_equal(a->n, b->n) &&
           span_is_equal(a->e, b->e) && span_is_equal(a->x, b->x) && span_is_equal(a->y, b->y);
}

enum err
found_key(struct cert_file *f, enum key_wrap wrap, struct span der)
{
    struct secbuf again = { 0 };
    struct key_parts parts;
    EVP_PKEY *pkey = NULL;
    enum err e = decode(wrap, der, &pkey);

    crypto_hush();
    if (e != ERR_OK)
        return e;
    if (f->parts.type == KEY_NONE) {
        e = key_parts_of(pkey, &f->numbers, &f->parts);
    } else {
        e = key_parts_of(pkey, &again, &parts);
        if (e == ERR_OK && !is_same_key(&f->parts, &parts))
            e = ERR_CERT_KEYS;
        secbuf_release(&again);
    }
    EVP_PKEY_free(pkey);
    return e == ERR_UNSUPPORTED ? ERR_ARG : e;
}

enum err
found_cert(struct cert_file *f, struct span der)
{
    X509 *x;

    if (der.len > CERT_MAX)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < f->count; i++)
        if (span_is_equal(f->certs[i], der))
            return ERR_OK;
    x = x509_parse(der);
    X509_free(x);
    if (x == NULL)
        return ERR_SYNTAX;
    if (f->count == CERT_CHAIN_MAX || f->ders.len + der.len > CERT_CHAIN_BYTES_MAX)
        return ERR_TOO_LARGE;
    f->certs[f->count++] = span_of(f->ders.ptr + f->ders.len, der.len);
    buf_put(&f->ders, der); /* does not move: cert_file_read() made the room */
    return f->ders.err;
}

static bool
is_key_block(const struct pem_block *b, enum key_wrap *wrap)
{
    static const char *const labels[] = { [WRAP_PKCS8] = "PRIVATE KEY",
                                          [WRAP_PKCS1] = "RSA PRIVATE KEY",
                                          [WRAP_SEC1] = "EC PRIVATE KEY" };

    for (*wrap = WRAP_PKCS8; *wrap <= WRAP_SEC1; (*wrap)++)
        if (span_is_str(b->label, labels[*wrap]))
            return true;
    return false;
}

static enum err
read_block(const struct pem_block *b, struct cert_file *f)
{
    bool is_cert = pem_is_certificate(b);
    enum key_wrap wrap = WRAP_PKCS8;
    struct secbuf der;
    enum err e;

    if (span_is_str(b->label, "ENCRYPTED PRIVATE KEY"))
        return ERR_CERT_ENCRYPTED;
    if (!is_cert && !is_key_block(b, &wrap))
        return ERR_OK; /* EC PARAMETERS, and whatever else people keep in such files */
    if (b->encrypted)
        return ERR_CERT_ENCRYPTED;
    secbuf_init(&der, CERT_MAX);
    e = pem_base64(b->body, sink_sec(&der));
    if (e == ERR_OK)
        e = is_cert ? found_cert(f, secbuf_span(&der)) : found_key(f, wrap, secbuf_span(&der));
    secbuf_release(&der);
    return e;
}

static enum err
read_pem(struct span text, struct cert_file *f)
{
    struct pem_block b;
    size_t keys = 0;
    enum err e;

    for (;;) {
        e = pem_next(&text, &b);
        if (e == ERR_NOT_FOUND)
            return ERR_OK;
        if (e == ERR_OK && !pem_is_certificate(&b) && ++keys > CERT_FILE_KEYS_MAX)
            e = ERR_TOO_LARGE;
        if (e == ERR_OK)
            e = read_block(&b, f);
        if (e != ERR_OK)
            return e;
    }
}

static void
reset(struct cert_file *f)
{
    secbuf_release(&f->numbers);
    secbuf_init(&f->numbers, KEY_PRIVATE_MAX);
    f->parts = (struct key_parts){ .type = KEY_NONE };
    f->count = 0;
    buf_clear(&f->ders);
}

/* Nobody agrees on what no password is: an empty one, or none (RFC 7292 B.1 has two forms). */
static enum err
read_pfx(struct span text, struct span password, struct cert_file *f)
{
    uint64_t work = CERT_FILE_WORK_MAX;
    struct secbuf der, phrase;
    enum err e;

    secbuf_init(&der, CERT_FILE_MAX);
    secbuf_init(&phrase, CERT_FILE_PASSWORD_MAX + 1);
    secbuf_put(&phrase, password);
    secbuf_put_byte(&phrase, '\0');
    e = phrase.err;
    if (e == ERR_OK)
        e = pem_base64(text, sink_sec(&der));
    if (e == ERR_OK)
        e = pfx_read(secbuf_span(&der), &phrase, &work, f);
    if (e == ERR_CERT_PASSWORD && password.len == 0) {
        reset(f);
        e = pfx_read(secbuf_span(&der), NULL, &work, f);
    }
    secbuf_release(&der);
    secbuf_release(&phrase);
    return e;
}

static enum err
read_any(struct span text, struct span password, enum cert_form form, struct cert_file *f)
{
    bool pem = pem_is_likely(text);
    enum err e;

    if (text.len > CERT_FILE_MAX || password.len > CERT_FILE_PASSWORD_MAX)
        return ERR_TOO_LARGE;
    if (text.len == 0 || (form == CERT_FORM_PEM && !pem) || (form == CERT_FORM_PFX && pem))
        return ERR_SYNTAX;
    if (buf_grow(&f->ders, CERT_CHAIN_BYTES_MAX) == NULL)
        return f->ders.err;
    buf_clear(&f->ders);
    e = pem ? read_pem(text, f) : read_pfx(text, password, f);
    if (e != ERR_OK)
        return e;
    if (f->parts.type == KEY_NONE)
        return ERR_CERT_NO_KEY;
    return f->count == 0 ? ERR_CERT_NONE : ERR_OK;
}

enum err
cert_file_read(struct span text, struct span password, enum cert_form form,
               struct cert_file *out)
{
    enum err e;

    *out = (struct cert_file){ .count = 0 };
    buf_init(&out->ders, CERT_CHAIN_BYTES_MAX);
    secbuf_init(&out->numbers, KEY_PRIVATE_MAX);
    e = read_any(text, password, form, out);
    crypto_hush();
    if (e != ERR_OK)
        cert_file_release(out);
    return e;
}

void
cert_file_release(struct cert_file *f)
{
    secbuf_release(&f->numbers);
    buf_release(&f->ders);
    *f = (struct cert_file){ .count = 0 };
}
