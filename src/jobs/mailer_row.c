/* SPDX-License-Identifier: Apache-2.0 */
/* mailer_row.c - the row of a mail, looked at and committed. */
#include <string.h>

#include "jobs/cert_desk.h"
#include "jobs/mailer_int.h"

enum err
mailer_look(const struct mailer *m, struct mailer_look *out)
{
    enum err e;

    *out = (struct mailer_look){ .at = { .rows = m->desk->rows, .kind = KIND_CERTIFICATE } };
    e = store_begin(m->desk->store, &out->at.view);
    if (e != ERR_OK) {
        out->at.view = NULL;
        return e;
    }
    e = vault_load(m->desk->rows, out->at.view, span_str(m->job.vault), &out->vault);
    if (e == ERR_OK && strcmp(out->vault->id.text, m->job.vault_id.text) != 0) {
        vault_unref(out->vault); /* another that took the name */
        out->vault = NULL;
    }
    out->at.vault = out->vault;
    return e == ERR_NO_VAULT ? ERR_OK : e;
}

void
mailer_leave(struct mailer_look *l)
{
    vault_unref(l->vault);
    if (l->at.view != NULL)
        store_end(l->at.view);
}

/* Puts or drops the row, unless a newer notice took its place, and counts. */
static enum err
compose_write(struct mailer *m, const struct mailer_look *l, enum mailer_fate fate,
              struct mail_figures more, struct store_write *w)
{
    struct mail_figures all;
    struct cert_mail row;
    enum err e =
        cert_mail_get(m->desk->rows, l->at.view, &m->job.vault_id, m->job.name.key, &row);

    if (e == ERR_OK && strcmp(row.version.text, m->job.version.text) == 0) {
        if (fate == ROW_GOES)
            cert_mail_drop(w, &m->job);
        else
            cert_mail_put(m->desk->rows, w, &m->job);
    }
    if (e == ERR_OK || e == ERR_NOT_FOUND)
        e = mail_figures_get(m->desk->rows, l->at.view, &all);
    if (e == ERR_OK && more.sent + more.failed > 0) {
        all.sent += more.sent;
        all.failed += more.failed;
        mail_figures_put(m->desk->rows, w, &all);
    }
    return e;
}

enum err
mailer_commit(struct mailer *m, enum mailer_fate fate, struct mail_figures more,
              const char *failed, const char *note)
{
    struct desk_deed deed = { .operation = "CertificateContactsMail",
                              .failed = span_str(failed),
                              .note = span_str(note) };
    char url[CERT_PLACE_MAX];
    struct store_write w;
    struct mailer_look l;
    enum err e = mailer_look(m, &l);

    store_write_init(&w);
    if (e == ERR_OK)
        e = compose_write(m, &l, fate, more, &w);
    if (e == ERR_OK) {
        deed.vault = l.vault;
        if (l.vault != NULL)
            deed.object_url = cert_url(l.vault, &m->job.name, &m->job.version, url);
        e = desk_commit(m->desk, &w, &deed);
    }
    store_write_release(&w);
    mailer_leave(&l);
    return e;
}
