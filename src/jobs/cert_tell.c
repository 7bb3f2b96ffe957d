/* SPDX-License-Identifier: Apache-2.0 */
/* cert_tell.c - the contacts of a vault are told that a certificate expires. */
#include "base/log.h"
#include "jobs/cert_desk.h"
#include "jobs/cert_renew_int.h"

/* Nobody is there to send mail: the record is the event. */
enum err
cert_tell(struct desk *d, struct store_view *view, struct cert_due *due, int64_t now)
{
    struct vault_at at = {
        .rows = d->rows, .view = view, .vault = due->vault, .kind = KIND_CERTIFICATE
    };
    struct desk_deed deed = { .operation = "CertificateNearExpiryEventGridNotification",
                              .vault = due->vault };
    char url[CERT_PLACE_MAX];
    struct store_write w;
    enum err e;

    store_write_init(&w);
    e = cert_due_told(&at, &w, &due->cert.head, now);
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
