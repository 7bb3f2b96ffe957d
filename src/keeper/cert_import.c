/* SPDX-License-Identifier: Apache-2.0 */
/* cert_import.c - the key in a file is an imported key like another; its certificates go back.
 */
#include "keeper/cert_import.h"

/* Before the key is kept: what a token keeps, somebody must destroy again. */
static enum err
check_belongs(const struct cert_file *f)
{
    const struct key_public key = { .type = f->parts.type,
                                    .curve = f->parts.curve,
                                    .n = f->parts.n,
                                    .e = f->parts.e,
                                    .x = f->parts.x,
                                    .y = f->parts.y };
    enum err e = ERR_OK;
    bool found = false;

    for (size_t i = 0; i < f->count && e == ERR_OK && !found; i++) {
        struct cert *c = NULL;

        e = cert_new(f->certs[i], &c);
        found = e == ERR_OK && cert_is_of_key(c, &key);
        cert_free(c);
    }
    if (e != ERR_OK)
        return e == ERR_FORMAT ? ERR_SYNTAX : e;
    return found ? ERR_OK : ERR_CERT_MISMATCH;
}

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
    e = check_belongs(&f);
    import.parts = f.parts;
    if (e == ERR_OK)
        e = provider->import(state, &import, answer);
    if (e == ERR_OK)
        cert_import_answer_put(sink_sec(answer), f.certs, f.count);
    cert_file_release(&f);
    return e;
}
