/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_attester.c - the file of trusted issuers, and a token behind its last line. A token that
 * was verified names an issuer that the file names; a file that is refused changes nothing.
 */
#include <stdlib.h>

#include "auth/attester.h"
#include "base/log.h"
#include "base/secbuf.h"
#include "codec/jsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { NOW = 1800000000 };

static enum err
verify(struct attesters *a, struct span file, struct span token)
{
    struct span iss;
    struct jwt j;
    enum err e = attesters_verify(a, token, NOW, &j);

    if (e == ERR_OK && (jsn_get_str(j.claims, "iss", &iss) != JSN_OK || iss.len < 9 ||
                        memmem(file.ptr, file.len, "https:", 6) == NULL))
        abort();
    jwt_release(&j);
    return e;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool ready;
    struct span file = span_of(data, len), token;
    struct attesters *a;
    size_t at = len;
    enum err first;

    if (!ready) {
        log_set_level(LOG_ERROR);
        if (secmem_init(32 * 1024 * 1024) != ERR_OK)
            abort();
        jsn_setup();
        ready = true;
    }
    while (at > 0 && data[at - 1] != '\n')
        at--;
    token = span_tail(file, at);
    file = span_head(file, at);
    if (attesters_read(file, &a) != ERR_OK) {
        if (a != NULL || attesters_read(span_str("{}"), &a) != ERR_OK ||
            attesters_replace(a, file) == ERR_OK)
            abort();
        attesters_free(a);
        return 0;
    }
    first = verify(a, file, token);
    if (attesters_replace(a, file) != ERR_OK || verify(a, file, token) != first)
        abort();
    if (attesters_replace(a, span_str("{}")) != ERR_OK || verify(a, file, token) == ERR_OK)
        abort();
    attesters_free(a);
    return 0;
}
