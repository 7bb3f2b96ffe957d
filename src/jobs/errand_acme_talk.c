/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errand_acme_talk.c - how we talk to an ACME server (RFC 8555 6): nonces, signatures
 * by the keeper, problems; and the account.
 *
 * The account's key lies sealed in a row of the issuer (ea/) and is used where keys
 * are. A key is stored before the directory hears of it, so a crash in between makes
 * no second account: newAccount with the same key answers with the first.
 */
#include <stdio.h>

#include "base/log.h"
#include "base/wipe.h"
#include "jobs/errand_acme_int.h"

enum {
    QUESTION_BYTES = 256 * 1024,
    ANSWER_BYTES = 16 * 1024,
    PAYLOAD_MAX = 64 * 1024,
    RATE_LIMIT_WAIT = 3600,
    SERVER_WAIT = 30,
    SENTENCE_MAX = ACME_TEXT_MAX + 128
};

static void send_post(struct errand *x);

void
acmec_fail_syntax(struct errand *x, const char *what)
{
    char why[160];

    (void)snprintf(why, sizeof(why), "The ACME server's %s cannot be understood.", what);
    errand_fail(x, why);
}

unsigned
acmec_patience(const struct dial_answer *a, unsigned otherwise)
{
    struct span value;

    return dial_answer_header(a, "Retry-After", 0, &value) ? acmec_retry_after(value, otherwise)
                                                           : otherwise;
}

/* -------------------------------------------------------------------------- nonces */

static void
keep_nonce(struct acmec_state *s, const struct dial_answer *a)
{
    struct span nonce;

    s->nonce[0] = '\0';
    if (dial_answer_header(a, "Replay-Nonce", 0, &nonce) && acmec_nonce_is_ok(nonce))
        (void)span_copy_str(nonce, s->nonce, sizeof(s->nonce));
}

static void
on_nonce(struct errand *x, const struct dial_answer *a)
{
    struct acmec_state *s = x->state;

    if (errand_no_answer(x, a))
        return;
    keep_nonce(s, a);
    if (s->nonce[0] == '\0')
        errand_retry(x, "The ACME server gives no nonce.", SERVER_WAIT);
    else
        send_post(x);
}

/* ----------------------------------------------------------------------- signatures */

static enum err
sign(struct errand *x, const uint8_t digest[static SHA256_LEN], struct secbuf *answer,
     struct span *signature)
{
    struct acmec_state *s = x->state;
    struct key_use use = { .op = KEY_SIGN,
                           .alg = ALG_ES256,
                           .bytes = span_of(digest, SHA256_LEN) };
    struct key_use_answer read;
    struct errand_look l;
    struct key_place place;
    struct secbuf question;
    enum err e = errand_look(x, &l);

    secbuf_init(&question, QUESTION_BYTES);
    if (e == ERR_OK) {
        place = directory_account_place(l.vault, x->issuer, s->sealed);
        keeper_pack_key_use(sink_sec(&question), &place, &use);
    }
    errand_leave(&l);
    if (e == ERR_OK)
        e = desk_ask(x->desk, KEEPER_KEY_USE, &question, answer);
    if (e == ERR_OK)
        e = key_use_answer_read(secbuf_span(answer), &read);
    if (e == ERR_OK)
        *signature = read.value;
    secbuf_release(&question);
    return e;
}

static enum err
make_body(struct errand *x, struct buf *body)
{
    struct acmec_state *s = x->state;
    struct acmec_jws j = { .key = &s->key,
                           .kid = span_str(s->kid),
                           .nonce = span_str(s->nonce),
                           .url = span_str(s->post_url),
                           .has_payload = s->post_has_payload,
                           .payload = buf_span(&s->post_payload) };
    uint8_t digest[SHA256_LEN];
    struct span signature = { 0 };
    struct secbuf answer;
    struct buf input;
    enum err e;

    secbuf_init(&answer, ANSWER_BYTES);
    buf_init(&input, ACME_JWS_MAX);
    e = acmec_jws_begin(&j, &input, digest);
    if (e == ERR_OK)
        e = sign(x, digest, &answer, &signature);
    if (e == ERR_OK)
        e = acmec_jws_end(buf_span(&input), signature, body);
    s->nonce[0] = '\0'; /* used */
    buf_release(&input);
    secbuf_release(&answer);
    return e;
}

/* -------------------------------------------------------------------------- problems */

/* The directory forgot the account: another try makes a new one, with the same key. */
static void
forget_account(struct errand *x, const char *why)
{
    struct acmec_state *s = x->state;
    struct directory_account_row row = { .directory = span_str(x->account),
                                         .sealed = s->sealed,
                                         .public = s->key };
    struct errand_look l;
    struct store_write w;
    enum err e = errand_look(x, &l);

    store_write_init(&w);
    if (e == ERR_OK) {
        directory_account_put(&l.at, &w, x->issuer, &row);
        e = errand_commit(x, &w, &l, "AcmeAccountForget");
    }
    if (e != ERR_OK)
        log_warn("issuer %s: %s", x->issuer, err_text(e));
    store_write_release(&w);
    errand_leave(&l);
    errand_retry(x, why, 0);
}

static void
judge(struct errand *x, const struct dial_answer *a)
{
    struct acmec_state *s = x->state;
    char why[SENTENCE_MAX];
    struct buf text;
    enum acmec_problem kind;

    if (s->resumed && a->status == 404) {
        acmec_order_anew(x);
        return;
    }
    buf_init(&text, SENTENCE_MAX);
    kind = acmec_problem_read(a->body, a->status, &text);
    (void)snprintf(why, sizeof(why), "The ACME server refused: %s.", buf_str(&text));
    buf_release(&text);
    if (kind == ACME_BAD_NONCE && ++s->bad_nonces <= ACME_BAD_NONCES_MAX)
        send_post(x); /* RFC 8555 6.5: its answer brought another */
    else if (kind == ACME_BAD_NONCE || kind == ACME_SERVER)
        errand_retry(x, why, acmec_patience(a, SERVER_WAIT));
    else if (kind == ACME_RATE_LIMITED)
        errand_retry(x, why, acmec_patience(a, RATE_LIMIT_WAIT));
    else if (kind == ACME_NO_ACCOUNT && !s->account_is_new)
        forget_account(x, why);
    else if (s->resumed || s->replaces) /* another order may do */
        acmec_order_anew(x);
    else
        errand_fail(x, why);
}

static void
on_posted(struct errand *x, const struct dial_answer *a)
{
    struct acmec_state *s = x->state;

    if (errand_no_answer(x, a))
        return;
    keep_nonce(s, a);
    if (a->status >= 200 && a->status < 300) {
        s->bad_nonces = 0;
        s->post_then(x, a);
    } else
        judge(x, a);
}

/* --------------------------------------------------------------------------- asking */

static void
send_post(struct errand *x)
{
    struct acmec_state *s = x->state;
    struct dial_header h[] = { { "Content-Type", span_str("application/jose+json") },
                               { "Accept", span_str("application/pem-certificate-chain") } };
    struct dial_request q = { .method = DIAL_POST,
                              .url = span_str(s->post_url),
                              .headers = h,
                              .header_count = s->post_wants_chain ? 2 : 1,
                              .answer_max = ACME_CHAIN_MAX };
    struct dial_request fetch = { .method = DIAL_HEAD, .url = s->directory.new_nonce };
    struct buf body;
    enum err e;

    if (s->nonce[0] == '\0') {
        errand_dial(x, &fetch, on_nonce);
        return;
    }
    buf_init(&body, ACME_JWS_MAX + 1024);
    e = make_body(x, &body);
    q.body = buf_span(&body);
    if (e == ERR_OK)
        errand_dial(x, &q, on_posted);
    else
        errand_retry(x, err_text(e), 0);
    buf_release(&body);
}

static void
post(struct errand *x, struct span url, const struct span *payload, bool chain, errand_fn then)
{
    struct acmec_state *s = x->state;

    buf_clear(&s->post_payload);
    if (payload != NULL)
        buf_put(&s->post_payload, *payload);
    if (s->post_payload.err != ERR_OK ||
        !span_copy_str(url, s->post_url, sizeof(s->post_url))) {
        errand_retry(x, err_text(ERR_TOO_LARGE), 0);
        return;
    }
    s->post_has_payload = payload != NULL;
    s->post_wants_chain = chain;
    s->post_then = then;
    send_post(x);
}

void
acmec_post(struct errand *x, struct span url, const struct span *payload, errand_fn then)
{
    post(x, url, payload, false, then);
}

void
acmec_post_for_chain(struct errand *x, struct span url, errand_fn then)
{
    post(x, url, NULL, true, then);
}

/* -------------------------------------------------------------------------- the account */

static enum err
put_account(struct errand *x, const char *deed)
{
    struct acmec_state *s = x->state;
    struct directory_account_row row = { .directory = span_str(x->account),
                                         .url = span_str(s->kid),
                                         .sealed = s->sealed,
                                         .public = s->key };
    struct errand_look l;
    struct store_write w;
    enum err e = errand_look(x, &l);

    store_write_init(&w);
    if (e == ERR_OK) {
        directory_account_put(&l.at, &w, x->issuer, &row);
        e = errand_commit(x, &w, &l, deed);
    }
    store_write_release(&w);
    errand_leave(&l);
    return e;
}

static void
on_account(struct errand *x, const struct dial_answer *a)
{
    struct acmec_state *s = x->state;
    struct span kid;
    enum err e;

    if (!dial_answer_header(a, "Location", 0, &kid) || !acmec_url_is_ok(kid) ||
        !span_copy_str(kid, s->kid, sizeof(s->kid))) {
        acmec_fail_syntax(x, "account");
        return;
    }
    s->account_is_new = true;
    e = put_account(x, "AcmeAccountSet");
    if (e == ERR_OK)
        acmec_order_begin(x);
    else
        errand_retry(x, err_text(e), 0);
}

static void
ask_account(struct errand *x)
{
    struct acmec_state *s = x->state;
    char eab[ISSUER_PASSWORD_MAX + 1];
    struct buf payload;
    struct span bytes;
    enum err e = ERR_SYNTAX;

    buf_init(&payload, PAYLOAD_MAX);
    if (span_copy_str(secbuf_span(&x->password), eab, sizeof(eab)))
        e = acmec_account_payload(&s->key, s->directory.new_account, span_str(x->contact),
                                  span_str(eab), &payload);
    wipe(eab, sizeof(eab));
    bytes = buf_span(&payload);
    if (e == ERR_OK && s->directory.needs_eab && x->password.len == 0)
        errand_fail(x, "The ACME server wants an external account: pwd must be \"kid:hmac\".");
    else if (e == ERR_OK)
        acmec_post(x, s->directory.new_account, &bytes, on_account);
    else if (e == ERR_SYNTAX)
        errand_fail(x, "The issuer's pwd is not of the form \"kid:hmac\" (base64url).");
    else
        errand_retry(x, err_text(e), 0);
    buf_release(&payload);
}

/* From the row, if there is one of this directory. */
static enum err
load_account(struct errand *x)
{
    struct acmec_state *s = x->state;
    struct directory_account_row row = { 0 };
    struct errand_look l;
    struct unpack u;
    enum err e = errand_look(x, &l);

    if (e == ERR_OK)
        e = directory_account_get(&l.at, x->issuer, &row);
    if (e == ERR_OK && !span_is_str(row.directory, x->account))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK) {
        pack_bytes(sink_buf(&s->key_room), row.sealed);
        key_public_pack(sink_buf(&s->key_room), &row.public);
        e = s->key_room.err;
    }
    if (e == ERR_OK && !span_copy_str(row.url, s->kid, sizeof(s->kid)))
        e = ERR_FORMAT;
    errand_leave(&l);
    if (e != ERR_OK)
        return e;
    u = unpack_of(buf_span(&s->key_room));
    s->sealed = unpack_bytes(&u, KEY_SEALED_MAX);
    key_public_unpack(&u, &s->key);
    return unpack_end(&u);
}

static enum err
make_key(struct errand *x)
{
    static const struct key_spec spec = { .type = KEY_EC, .curve = CURVE_P256 };
    struct acmec_state *s = x->state;
    struct secbuf question, answer;
    struct keypair_answer made;
    struct errand_look l;
    struct key_place place;
    enum err e = errand_look(x, &l);

    secbuf_init(&question, QUESTION_BYTES);
    secbuf_init(&answer, ANSWER_BYTES);
    if (e == ERR_OK) {
        place = directory_account_place(l.vault, x->issuer, (struct span){ 0 });
        keeper_pack_keypair_new(sink_sec(&question), &place, &spec);
    }
    errand_leave(&l);
    if (e == ERR_OK)
        e = desk_ask(x->desk, KEEPER_KEYPAIR_NEW, &question, &answer);
    if (e == ERR_OK) {
        buf_clear(&s->key_room);
        buf_put(&s->key_room, secbuf_span(&answer)); /* sealed, and public */
        e = s->key_room.err;
    }
    if (e == ERR_OK)
        e = keypair_answer_read(buf_span(&s->key_room), &made);
    if (e == ERR_OK) {
        s->sealed = made.sealed;
        s->key = made.public;
        e = put_account(x, "AcmeAccountKeyCreate");
    }
    secbuf_release(&answer);
    secbuf_release(&question);
    return e;
}

static void
on_directory(struct errand *x, const struct dial_answer *a)
{
    struct acmec_state *s = x->state;
    enum err e;

    if (errand_no_answer(x, a))
        return;
    if (a->status != 200) {
        judge(x, a);
        return;
    }
    if (acmec_directory_read(a->body, &s->directory) != ERR_OK) {
        acmec_fail_syntax(x, "directory");
        return;
    }
    x->says_when = s->directory.renewal_info.len > 0;
    e = load_account(x);
    if (e == ERR_NOT_FOUND)
        e = make_key(x);
    if (e == ERR_OK)
        e = acmec_thumbprint(&s->key, s->thumbprint);
    if (e != ERR_OK)
        errand_retry(x, err_text(e), 0);
    else if (s->kid[0] == '\0')
        ask_account(x);
    else
        acmec_order_begin(x);
}

void
acmec_talk_begin(struct errand *x)
{
    struct dial_request q = { .method = DIAL_GET, .url = span_str(x->account) };

    if (!acmec_url_is_ok(q.url))
        errand_fail(x, "The issuer's account_id is no https URL of an ACME directory.");
    else
        errand_dial(x, &q, on_directory);
}
