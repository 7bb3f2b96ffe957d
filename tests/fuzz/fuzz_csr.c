/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_csr.c - any bytes as a request, DER or PEM. What is accepted has a key that certificates
 * can be made of and nothing in it that they could not say.
 */
#include <stdlib.h>

#include "crypto/csr.h"
#include "crypto/dn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
look(const struct csr *c)
{
    for (size_t i = 0; i < csr_alt_count(c); i++) {
        struct alt_name a = csr_alt(c, i);

        if (!alt_name_is_ok(&a))
            abort();
    }
    for (size_t i = 0; i < csr_eku_count(c); i++)
        if (!cert_oid_is_ok(csr_eku(c, i)))
            abort();
    for (size_t i = 0; i < csr_common_count(c); i++)
        if (csr_common(c, i).len == 0)
            abort();
    if ((csr_key_usage(c) & ~(unsigned)USAGE_ALL) != 0 || csr_path_length(c) < -1 ||
        csr_subject_der(c).len == 0 || csr_subject_dn(c) == NULL ||
        !key_public_is_ok(csr_key(c)))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct csr *c = NULL;

    if (csr_new(span_of(data, len), &c) == ERR_OK)
        look(c);
    csr_free(c);
    if (csr_new_pem(span_of(data, len), &c) == ERR_OK)
        look(c);
    csr_free(c);
    return 0;
}
