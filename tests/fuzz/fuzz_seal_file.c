/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_seal_file.c - the text of a key file or passphrase-sealed file. A plain
 * key file that is accepted holds exactly the key it gives. Sealed files are
 * tried with the cheap cost of the corpus only: dear ones test scrypt's speed.
 */
#include <stdlib.h>

#include "base/secbuf.h"
#include "codec/b64.h"
#include "seal/keyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
setup_once(void)
{
    static bool done;

    if (done)
        return;
    if (secmem_init(1024 * 1024) != ERR_OK)
        abort();
    done = true;
}

static void
try_plain(struct span text)
{
    struct secbuf *line = secbuf_new(KEYFILE_MAX);
    struct root_key *root = NULL;

    if (line == NULL)
        return;
    if (keyfile_parse(text, "fuzz", SEAL_KEYFILE, span_of(NULL, 0), &root) == ERR_OK) {
        sink_put_str(sink_sec(line), "keyhold-root-key-v1 ");
        b64_put(sink_sec(line), root_key_bytes(root));
        if (!span_has_prefix(text, secbuf_span(line)))
            abort(); /* one key, one text */
    } else if (root != NULL)
        abort();
    root_key_free(root);
    secbuf_free(line);
}

static void
try_sealed(struct span text)
{
    struct span cheap = span_str("keyhold-sealed-root-v1 scrypt:4:8:1 ");
    struct root_key *root = NULL;
    enum err e;

    if (span_has_prefix(text, span_str("keyhold-sealed-root-v1 scrypt:")) &&
        !span_has_prefix(text, cheap))
        return;
    e = keyfile_parse(text, "fuzz", SEAL_PASSPHRASE, span_str("correct horse"), &root);
    if ((e == ERR_OK) != (root != NULL))
        abort();
    root_key_free(root);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    setup_once();
    try_plain(span_of(data, len));
    try_sealed(span_of(data, len));
    return 0;
}
