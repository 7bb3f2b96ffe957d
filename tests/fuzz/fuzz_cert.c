/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_cert.c - any bytes as certificates, DER or PEM: everything about each is asked, and they
 * are put in order. Nothing is lost on the way.
 */
#include <stdlib.h>

#include "crypto/cert_chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
look(const struct cert *c)
{
    for (size_t i = 0; i < cert_alt_count(c); i++) {
        struct alt_name a = cert_alt(c, i);

        (void)alt_name_is_ok(&a);
        if (a.text.len == 0 || a.text.len > CERT_ALT_MAX)
            abort();
    }
    for (size_t i = 0; i < cert_eku_count(c); i++)
        if (!cert_oid_is_ok(cert_eku(c, i)))
            abort();
    if ((cert_key_usage(c) & ~(unsigned)USAGE_ALL) != 0 || cert_subject_dn(c) == NULL ||
        cert_path_length(c) < -1)
        abort();
    if (cert_key(c)->type != KEY_NONE &&
        (!key_public_is_ok(cert_key(c)) || !cert_is_of_key(c, cert_key(c))))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct cert_bag b = { .count = 0 };
    struct key_public key = { .type = KEY_NONE };
    size_t count;

    if (cert_bag_add(&b, span_of(data, len)) == ERR_OK && b.count == 0)
        abort();
    count = b.count;
    for (size_t i = 0; i < count; i++)
        look(b.certs[i]);
    if (count > 0)
        key = *cert_key(b.certs[count - 1]);
    if (cert_bag_order(&b, &key) == ERR_OK &&
        (b.chain == 0 || b.chain > count || !cert_is_of_key(b.certs[0], &key)))
        abort();
    if (b.count != count || cert_bag_complete(&b, b.certs, b.count) != ERR_OK ||
        b.count != count)
        abort();
    cert_bag_release(&b);
    return 0;
}
