/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_pem.c - any text as PEM: block by block, as certificates, as a file with a key. What was
 * taken out goes in again; two ways to read certificates find as many.
 */
#include <stdlib.h>

#include "crypto/cert_chain.h"
#include "crypto/cert_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { ROOM = 1024 * 1024 };

/* Each block with that label, written and read again. */
static void
walk(struct span text, const char *label)
{
    struct buf der, again, pem;
    struct span rest = text;

    buf_init(&der, ROOM);
    buf_init(&again, ROOM);
    buf_init(&pem, 2 * ROOM);
    while (pem_get(rest, label, &der, &rest) == ERR_OK) {
        if (rest.len >= text.len)
            abort(); /* it goes forward */
        text = rest;
        if (pem_put(buf_span(&der), label, &pem) != ERR_OK ||
            pem_get(buf_span(&pem), label, &again, NULL) != ERR_OK ||
            !span_is_equal(buf_span(&der), buf_span(&again)))
            abort();
        buf_clear(&der);
        buf_clear(&again);
        buf_clear(&pem);
    }
    buf_release(&der);
    buf_release(&again);
    buf_release(&pem);
}

static void
compare(struct span text)
{
    struct cert_bag bag = { .count = 0 };
    struct cert_file f;

    if (cert_file_read(text, span_str(""), CERT_FORM_PEM, &f) == ERR_OK) {
        if (f.count == 0 || f.count > CERT_CHAIN_MAX || f.parts.type == KEY_NONE)
            abort();
        if (cert_bag_add(&bag, text) == ERR_OK && bag.count != f.count)
            abort();
        cert_file_release(&f);
    } else if (f.count != 0 || f.numbers.ptr != NULL) {
        abort();
    }
    cert_bag_release(&bag);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool ready;
    struct span text = span_of(data, len);

    if (!ready && secmem_init(4 * 1024 * 1024) != ERR_OK)
        abort();
    ready = true;
    if (len > ROOM / 4)
        return 0;
    walk(text, "CERTIFICATE");
    walk(text, "PUBLIC KEY");
    compare(text);
    return 0;
}
