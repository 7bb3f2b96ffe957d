/* SPDX-License-Identifier: Apache-2.0 */
/* ticket.c - random bytes as base64url, and their hash as hex. */
#include "auth/ticket.h"

#include "base/rand.h"
#include "base/wipe.h"
#include "codec/b64.h"
#include "crypto/digest.h"

enum err
ticket_hash(struct span text, struct ticket_id *id)
{
    uint8_t hash[SHA256_LEN];
    struct buf hex;
    enum err e;

    id->text[0] = '\0';
    e = digest_sha256(text, hash);
    if (e != ERR_OK)
        return e;
    buf_init(&hex, TICKET_ID_LEN);
    hex_put(sink_buf(&hex), span_of(hash, sizeof(hash)));
    e = hex.err;
    if (e == ERR_OK)
        (void)span_copy_str(buf_span(&hex), id->text, sizeof(id->text));
    buf_release(&hex);
    return e;
}

enum err
ticket_new(struct secbuf *text, struct ticket_id *id)
{
    WIPED32 uint8_t random[32];
    size_t at = text->len;

    rand_fill(random, sizeof(random));
    b64url_put(sink_sec(text), span_of(random, sizeof(random)));
    if (text->err != ERR_OK)
        return text->err;
    return ticket_hash(span_tail(secbuf_span(text), at), id);
}

enum err
ticket_read(struct span text, struct ticket_id *id)
{
    id->text[0] = '\0';
    return text.len == TICKET_LEN ? ticket_hash(text, id) : ERR_NOT_FOUND;
}
