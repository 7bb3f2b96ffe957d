/* SPDX-License-Identifier: Apache-2.0 */
/* challenge.c - a look at one row. Not recorded: anybody may ask, as often as he likes. */
#include "api/pki/challenge.h"

#include "base/clock.h"
#include "vault/cert_wait.h"

enum next
api_challenge_get(struct exchange *x)
{
    struct span answer;
    enum err e = challenge_get(x->rows, x->view, x->bind[0], clock_now(), &answer);

    x->note.skip = true;
    if (e != ERR_OK)
        return exchange_fail(x, e, (struct span){ 0 });
    x->resp.status = 200;
    http_response_header(&x->resp, "Content-Type", "application/octet-stream");
    secbuf_put(&x->resp.body, answer);
    return NEXT_REPLY;
}
