/* SPDX-License-Identifier: Apache-2.0 */
/* hkdf.c - RFC 5869 over our HMAC; EVP_KDF would fetch and allocate for every row. */
#include "crypto/hkdf.h"

#include "base/wipe.h"

enum err
hkdf_extract(struct span ikm, struct span salt, uint8_t prk[static 32])
{
    return hmac_sha256(salt, ikm, prk);
}

enum err
hkdf_expand(const struct mac_key *prk, struct span info, uint8_t *out, size_t len)
{
    WIPED32 uint8_t block[32] = { 0 };
    size_t done = 0;

    if (len > HKDF_MAX)
        return ERR_ARG;
    for (uint8_t i = 1; done < len; i++) {
        struct span parts[3] = { span_of(block, i == 1 ? 0 : sizeof(block)), info,
                                 span_of(&i, 1) };
        size_t take = len - done < sizeof(block) ? len - done : sizeof(block);
        enum err e = mac_key_make(prk, parts, 3, block);

        if (e != ERR_OK)
            return e;
        memcpy(out + done, block, take);
        done += take;
    }
    return ERR_OK;
}

enum err
hkdf_sha256(struct span ikm, struct span salt, struct span info, uint8_t *out, size_t len)
{
    WIPED32 uint8_t prk[32];
    struct mac_key *key = NULL;
    enum err e;

    e = hkdf_extract(ikm, salt, prk);
    if (e != ERR_OK)
        return e;
    e = mac_key_new(span_of(prk, sizeof(prk)), &key);
    if (e == ERR_OK)
        e = hkdf_expand(key, info, out, len);
    mac_key_free(key);
    return e;
}
