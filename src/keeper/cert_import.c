/* SPDX-License-Identifier: Apache-2.0 */
/* cert_import.c - the key in a file is an imported key like another; its certificates go back.
 */
#include "keeper/cert_import.h"

enum err
cert_import(const struct key_provider *provider, void *state, const struct key_question *q,
            struct secbuf *answer)
{
    struct key_question import = { .place = q->place };
    struct cert_file f;
    enum err e;

    if (provider->import == NULL)
        return ERR_UNSUPPORTED;
    e = cert_file_read(q->file, q->password, q->form, &f);
    if (e != ERR_OK)
        return e;
    import.parts = f.parts;
    e = provider->import(state, &import, answer);
    if (e == ERR_OK)
        cert_import_answer_put(sink_sec(answer), f.certs, f.count);
    cert_file_release(&f);
    return e;
}
