/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_pkcs12.c - any bytes as a file with a key and certificates. First byte: 0 what follows
 * is PKCS#12, anything else it is the text that a client sends. What is read is within its
 * bounds, and can be written and read again if it belongs together.
 */
#include <stdlib.h>

#include "codec/b64.h"
#include "crypto/cert_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { TEXT_ROOM = 512 * 1024 };

static void
check(const struct cert_file *f)
{
    struct secbuf text;
    struct cert_file again;
    struct key *k = NULL;

    if (f->count == 0 || f->count > CERT_CHAIN_MAX || f->parts.type == KEY_NONE ||
        !key_parts_fit(&f->parts))
        abort();
    if (key_import(&f->parts, &k) != ERR_OK)
        return;
    secbuf_init(&text, TEXT_ROOM);
    if (cert_file_write(CERT_FORM_PEM, k, f->certs, f->count, &text) == ERR_OK) {
        if (text.len < CERT_FILE_MAX) {
            if (cert_file_read(secbuf_span(&text), span_str(""), CERT_FORM_PEM, &again) !=
                    ERR_OK ||
                again.count != f->count)
                abort();
            cert_file_release(&again);
        }
    }
    secbuf_release(&text);
    key_free(k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static bool ready;
    struct span rest;
    struct cert_file f;
    struct buf text;

    if (!ready && secmem_init(4 * 1024 * 1024) != ERR_OK)
        abort();
    ready = true;
    if (len == 0)
        return 0;
    rest = span_of(data + 1, len - 1);
    buf_init(&text, TEXT_ROOM);
    if (data[0] == 0)
        b64_put(sink_buf(&text), rest);
    else
        buf_put(&text, rest);
    if (cert_file_read(buf_span(&text), span_str("x"), CERT_FORM_ANY, &f) == ERR_OK) {
        check(&f);
        cert_file_release(&f);
    } else if (f.count != 0 || f.numbers.ptr != NULL) {
        abort();
    }
    buf_release(&text);
    return 0;
}
