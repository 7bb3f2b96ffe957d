/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_ocsp.c - what is taken for a question has an answer that repeats it. */
#include <stdlib.h>

#include "crypto/ocsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t coordinate[32] = { 1 };
    struct key_public key = { .type = KEY_EC,
                              .curve = CURVE_P256,
                              .bits = 256,
                              .x = { coordinate, sizeof(coordinate) },
                              .y = { coordinate, sizeof(coordinate) } };
    struct ocsp_fact facts[OCSP_IDS_MAX] = { { OCSP_REVOKED, 1700000000, 1 } };
    struct ocsp_question q;
    struct buf tbs;

    if (ocsp_request_read(span_of(data, len), &q) != ERR_OK)
        return 0;
    if (q.n == 0 || q.n > OCSP_IDS_MAX || q.nonce.len > OCSP_NONCE_MAX + 4)
        abort();
    buf_init(&tbs, OCSP_RESPONSE_MAX);
    if (ocsp_tbs_put(&q, facts, &key, 1700000000, 1700003600, &tbs) != ERR_OK ||
        tbs.len < q.id[0].whole.len)
        abort();
    buf_release(&tbs);
    return 0;
}
