/* SPDX-License-Identifier: Apache-2.0 */
/* ask_cert.c - questions about keys that have certificates, and their answers, as bytes. */
#include "keeper/ask_cert.h"

#include "keeper/ask_int.h"

void
keeper_pack_cert_import(struct sink k, const struct key_place *place, enum cert_form form,
                        struct span text, struct span password)
{
    place_pack(k, place);
    pack_u8(k, (uint8_t)form);
    pack_bytes(k, text);
    pack_bytes(k, password);
}

void
cert_import_answer_put(struct sink k, const struct span *certs, size_t count)
{
    pack_u8(k, (uint8_t)count);
    for (size_t i = 0; i < count; i++)
        pack_bytes(k, certs[i]);
}

void
keeper_pack_cert_secret(struct sink k, const struct key_place *place,
                        const struct object_id *secret, enum cert_form form,
                        const struct span *chain, size_t count)
{
    place_pack(k, place);
    object_pack(k, secret);
    pack_u8(k, (uint8_t)form);
    cert_import_answer_put(k, chain, count);
}

/* 1 to CERT_CHAIN_MAX certificates, none empty, within the bounds of one and of all. */
static bool
chain_get(struct unpack *u, struct span *chain, size_t *count)
{
    size_t n = unpack_u8(u), bytes = 0;
    bool ok = n > 0 && n <= CERT_CHAIN_MAX;

    *count = ok ? n : 0;
    for (size_t i = 0; i < *count; i++) {
        chain[i] = unpack_bytes(u, CERT_MAX);
        ok = ok && chain[i].len > 0;
        bytes += chain[i].len;
    }
    return ok && bytes <= CERT_CHAIN_BYTES_MAX;
}

bool
cert_import_get(struct unpack *u, struct key_question *q)
{
    uint8_t form = unpack_u8(u);

    q->form = (enum cert_form)form;
    q->file = unpack_bytes(u, CERT_FILE_MAX);
    q->password = unpack_bytes(u, CERT_FILE_PASSWORD_MAX);
    return form < CERT_FORM__MAX;
}

bool
cert_secret_get(struct unpack *u, struct key_question *q)
{
    bool ok = object_id_get(u, &q->secret);
    uint8_t form = unpack_u8(u);

    q->form = (enum cert_form)form;
    return chain_get(u, q->chain, &q->chain_count) && ok &&
           (form == CERT_FORM_PFX || form == CERT_FORM_PEM);
}

enum err
cert_import_answer_read(struct span payload, struct cert_import_answer *out)
{
    struct cert_import_answer a = { .count = 0 };
    struct unpack u = unpack_of(payload);
    bool ok;

    *out = a;
    a.key.sealed = unpack_bytes(&u, KEY_SEALED_MAX);
    key_public_unpack(&u, &a.key.public);
    ok = chain_get(&u, a.certs, &a.count);
    if (!ok || unpack_end(&u) != ERR_OK || a.key.sealed.len == 0)
        return ERR_PROTOCOL;
    *out = a;
    return ERR_OK;
}
