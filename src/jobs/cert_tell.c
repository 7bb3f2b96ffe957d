/* SPDX-License-Identifier: Apache-2.0 */
/* cert_tell.c - the contacts of a vault are told that a certificate expires. */
#include <stdlib.h>

#include "base/log.h"
#include "jobs/cert_desk.h"
#include "jobs/cert_renew_int.h"
#include "vault/cert_mail.h"

/* The mail is put beside what says that they are told, and sent by who finds it there
 * (jobs/mailer.h). *note: what is to be said of it. */
static enum err
put_mail(const struct vault_at *at, struct store_write *w, const struct object *cert,
         const char **note)
{
    struct cert_contacts *contacts = calloc(1, sizeof(*contacts)); /* too much for a stack */
    struct cert_mail mail = { .vault_id = at->vault->id,
                              .name = cert->head.name,
                              .version = cert->v.id };
    enum err e = contacts == NULL ? ERR_NOMEM : cert_contacts_get(at, contacts);

    *note = "The vault has no certificate contacts.";
    if (e == ERR_OK && contacts->n > 0) {
        *note = "The certificate contacts are told by mail.";
        (void)span_copy_str(span_str(at->vault->name), mail.vault, sizeof(mail.vault));
        cert_mail_put(at->rows, w, &mail);
    }
    free(contacts);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Without mail the record is the event. */
enum err
cert_tell(struct desk *d, struct store_view *view, struct cert_due *due, int64_t now)
{
    struct vault_at at = {
        .rows = d->rows, .view = view, .vault = due->vault, .kind = KIND_CERTIFICATE
    };
    struct desk_deed deed = { .operation = "CertificateNearExpiryEventGridNotification",
                              .vault = due->vault };
    char url[CERT_PLACE_MAX];
    const char *note = "";
    struct store_write w;
    enum err e;

    store_write_init(&w);
    e = cert_due_told(&at, &w, &due->cert.head, now);
    if (e == ERR_OK && d->mail != NULL)
        e = put_mail(&at, &w, &due->cert, &note);
    deed.note = span_str(note);
    deed.object_url = cert_url(due->vault, &due->cert.head.name, &due->cert.v.id, url);
    if (e == ERR_OK)
        log_info("certificate %s of vault %s expires soon", due->cert.head.name.spelled,
                 due->vault->name);
    store_end(view);
    if (e == ERR_OK)
        e = desk_commit(d, &w, &deed);
    store_write_release(&w);
    return e;
}
