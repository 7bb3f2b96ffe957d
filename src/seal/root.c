/* SPDX-License-Identifier: Apache-2.0 */
/* root.c - the root key and what is derived from it once: its id and the wrapping key. */
#include "seal/root.h"

#include "base/rand.h"
#include "base/secbuf.h"
#include "base/wipe.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"

struct root_key {
    uint8_t bytes[ROOT_KEY_LEN];
    uint8_t kek[AEAD_KEY_LEN];
    uint8_t id[ROOT_ID_LEN];
};

enum err
root_key_from(struct span bytes, struct root_key **out)
{
    uint8_t mac[MAC_LEN];
    struct root_key *r;
    enum err e;

    *out = NULL;
    if (bytes.len != ROOT_KEY_LEN)
        return ERR_FORMAT;
    r = secmem_alloc(sizeof(*r));
    if (r == NULL)
        return ERR_NOMEM;
    memcpy(r->bytes, bytes.ptr, ROOT_KEY_LEN);
    e = hmac_sha256(root_key_bytes(r), span_str("keyhold root id"), mac);
    if (e == ERR_OK)
        e = hkdf_sha256(root_key_bytes(r), span_of(NULL, 0), span_str("keyhold wrap v1"),
                        r->kek, sizeof(r->kek));
    if (e != ERR_OK) {
        root_key_free(r);
        return e;
    }
    memcpy(r->id, mac, ROOT_ID_LEN);
    *out = r;
    return ERR_OK;
}

enum err
root_key_new(struct root_key **out)
{
    WIPED32 uint8_t bytes[ROOT_KEY_LEN];

    rand_fill(bytes, sizeof(bytes));
    return root_key_from(span_of(bytes, sizeof(bytes)), out);
}

void
root_key_free(struct root_key *r)
{
    secmem_free(r);
}

struct span
root_key_id(const struct root_key *r)
{
    return span_of(r->id, ROOT_ID_LEN);
}

struct span
root_key_bytes(const struct root_key *r)
{
    return span_of(r->bytes, ROOT_KEY_LEN);
}

const uint8_t *
root_key_kek(const struct root_key *r)
{
    return r->kek;
}
