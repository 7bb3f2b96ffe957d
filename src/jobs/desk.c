/* SPDX-License-Identifier: Apache-2.0 */
/* desk.c - blocking questions; one open at a time, so ids need no bookkeeping. */
#include "jobs/desk.h"

#include "base/clock.h"
#include "base/log.h"
#include "codec/isotime.h"
#include "codec/jsw.h"
#include "codec/pack.h"
#include "scribe/ask.h"

static enum err
call(const struct desk *d, struct peer **link, uint16_t op, struct span question,
     struct secbuf *answer)
{
    unsigned ms = d->timeout_ms == 0 ? DESK_TIMEOUT_MS : d->timeout_ms;
    enum err e;

    if (*link == NULL)
        return ERR_UNAVAILABLE;
    e = peer_call(*link, op, question, answer, ms);
    if (peer_is_dead(*link)) {
        /* How it was lost is the link's to log; what was asked may be asked again. */
        peer_free(*link);
        *link = NULL;
        e = ERR_UNAVAILABLE;
    }
    return e;
}

static enum err
ask(const struct desk *d, struct peer **link, enum keeper_op op, const struct secbuf *question,
    struct secbuf *answer)
{
    struct span bytes = { 0 };

    if (question != NULL) {
        if (question->err != ERR_OK)
            return question->err;
        bytes = secbuf_span(question);
    }
    return call(d, link, (uint16_t)op, bytes, answer);
}

enum err
desk_ask(struct desk *d, enum keeper_op op, const struct secbuf *question,
         struct secbuf *answer)
{
    return ask(d, &d->keeper, op, question, answer);
}

enum err
desk_ask_home(struct desk *d, enum key_home home, enum keeper_op op,
              const struct secbuf *question, struct secbuf *answer)
{
    return ask(d, home == HOME_TOKEN ? &d->token : &d->keeper, op, question, answer);
}

/* ARM ids stand in capitals in records (monitoring.md A.2). */
static void
put_resource_id(struct jsw *w, const struct vault *v)
{
    struct buf id;

    buf_init(&id, 1024);
    for (const char *p = v == NULL ? "" : v->arm_id; *p != '\0'; p++)
        buf_put_byte(&id, (uint8_t)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p));
    jsw_span(w, "resourceId", buf_span(&id));
    buf_release(&id);
}

static void
put_record(struct buf *out, const struct desk_deed *deed)
{
    struct jsw w = jsw_of(sink_buf(out));
    char when[ISOTIME_MAX];
    struct guid id = guid_new();
    bool failed = deed->failed.len > 0;

    isotime_put_100ns(clock_now_100ns(), when);
    jsw_object(&w, NULL);
    jsw_str(&w, "time", when);
    jsw_str(&w, "category", "AuditEvent");
    jsw_str(&w, "operationName", deed->operation);
    jsw_str(&w, "resultType", "Success"); /* monitoring.md A.3: always */
    if (failed)
        jsw_span(&w, "resultDescription", deed->failed);
    else if (deed->note.len > 0)
        jsw_span(&w, "resultDescription", deed->note);
    jsw_str(&w, "correlationId", id.text);
    jsw_str(&w, "callerIpAddress", "");
    jsw_object(&w, "identity");
    jsw_end(&w);
    jsw_object(&w, "properties");
    if (deed->object_url.len > 0)
        jsw_span(&w, "id", deed->object_url);
    jsw_str(&w, "clientInfo", "keyhold-clerk/" KEYHOLD_VERSION);
    jsw_i64(&w, "httpStatusCode", failed ? 500 : 200);
    jsw_end(&w);
    put_resource_id(&w, deed->vault);
    jsw_str(&w, "resultSignature", failed ? "Internal Server Error" : "OK");
    jsw_end(&w);
}

enum err
desk_commit(struct desk *d, const struct store_write *w, const struct desk_deed *deed)
{
    struct buf question, record; /* rows are sealed: nothing in them is secret */
    enum err e = store_write_err(w);

    if (e != ERR_OK)
        return e;
    buf_init(&question, MAX_IPC_MESSAGE);
    buf_init(&record, AUDIT_RECORD_MAX);
    put_record(&record, deed);
    scribe_pack_submit(sink_buf(&question), buf_span(&w->bytes), buf_span(&record));
    e = record.err != ERR_OK ? record.err : question.err;
    if (e == ERR_OK)
        e = call(d, &d->scribe, SCRIBE_SUBMIT, buf_span(&question), NULL);
    buf_release(&record);
    buf_release(&question);
    return e;
}

enum err
desk_hello(struct desk *d)
{
    struct wrapped w = { .purpose = PURPOSE_INTEGRITY, .id = span_str("rows") };
    struct secbuf question, answer;
    struct store_view *view;
    struct store_row row;
    enum err e;

    if (d->store == NULL)
        return ERR_NOT_FOUND;
    e = store_begin(d->store, &view);
    if (e != ERR_OK)
        return e;
    secbuf_init(&question, WRAPPED_MAX * 2);
    secbuf_init(&answer, 256);
    e = store_get(view, span_str("k/integrity"), &row);
    if (e == ERR_OK) {
        w.bytes = row.value;
        keeper_pack_hello(sink_sec(&question), &w);
        e = desk_ask(d, KEEPER_HELLO, &question, &answer);
    }
    if (e == ERR_OK && d->rows == NULL) /* an integrity key is for ever */
        e = rows_new(secbuf_span(&answer), &d->rows);
    store_end(view);
    secbuf_release(&question);
    secbuf_release(&answer);
    return e;
}

enum err
desk_new_key(struct desk *d, enum key_purpose purpose, struct span id, struct buf *out)
{
    struct secbuf question, answer;
    struct unpack u;
    enum err e;

    secbuf_init(&question, 1024);
    secbuf_init(&answer, WRAPPED_MAX + 64);
    keeper_pack_key_new(sink_sec(&question), purpose, id);
    e = desk_ask(d, KEEPER_KEY_NEW, &question, &answer);
    if (e == ERR_OK) {
        u = unpack_of(secbuf_span(&answer));
        buf_put(out, unpack_bytes(&u, WRAPPED_MAX));
        e = unpack_end(&u);
    }
    if (e == ERR_OK)
        e = out->err;
    secbuf_release(&question);
    secbuf_release(&answer);
    return e;
}
