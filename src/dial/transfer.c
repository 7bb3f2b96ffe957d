/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transfer.c - one call: libcurl told what it may do, and its bytes counted as
 * they come. Whatever is not needed is off: HTTP/2, compression, cookies,
 * redirects, .netrc, proxies of the environment, caches across owners.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secbuf.h"
#include "base/wipe.h"
#include "dial/dial_int.h"
#include "dial/mailbox.h"
#include "dial/url.h"

enum { HEADER_LINE_MAX = 16 * 1024, REDIRECTS = 0, SMTP_REPLY_S = 10 };

/* Sticky setting of options: the first that fails is kept. */
struct options {
    const struct curl_lib *curl;
    CURL *easy;
    CURLcode rc;
};

static void
keep(struct options *o, CURLcode rc)
{
    if (o->rc == CURLE_OK)
        o->rc = rc;
}

static void
set_long(struct options *o, CURLoption what, long value)
{
    keep(o, o->curl->easy_setopt(o->easy, what, value));
}

static void
set_text(struct options *o, CURLoption what, const char *value)
{
    keep(o, o->curl->easy_setopt(o->easy, what, value));
}

static void
set_ptr(struct options *o, CURLoption what, void *value)
{
    keep(o, o->curl->easy_setopt(o->easy, what, value));
}

/* ---------------------------------------------------------------------- callbacks */

/* The address that is really connected to, after all resolving: no second look-up can differ.
 */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct dial_call *c = arg;
    const struct dial *d = c->dial;

    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKET_BAD;
    /* Through a proxy the address is the operator's; how far the proxy goes is its affair. */
    if (!c->by_operator && d->proxy[0] == '\0' && !dial_rules_admit(&d->rules, &to->addr))
        return CURL_SOCKET_BAD;
    c->admitted = true;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t
take_body(char *bytes, size_t one, size_t n, void *arg)
{
    struct dial_call *c = arg;

    buf_put(&c->body, span_of(bytes, one * n));
    if (c->body.err == ERR_OK)
        return one * n;
    c->err = c->body.err;
    return 0;
}

static size_t
take_head(char *bytes, size_t one, size_t n, void *arg)
{
    struct dial_call *c = arg;
    struct span line = span_of(bytes, one * n);

    /* An interim answer is followed by another head: the last one counts. */
    if (span_has_prefix(line, span_str("HTTP/")))
        buf_clear(&c->head);
    c->head_bytes += line.len;
    c->head_lines++;
    if (c->head_bytes > DIAL_HEAD_MAX || c->head_lines > DIAL_HEAD_LINES_MAX)
        c->err = ERR_TOO_LARGE;
    buf_put(&c->head, line);
    if (c->err == ERR_OK)
        c->err = c->head.err;
    return c->err == ERR_OK ? line.len : 0;
}

static size_t
give_mail(char *room, size_t one, size_t n, void *arg)
{
    struct dial_call *c = arg;
    struct span part = span_head(span_tail(buf_span(&c->question), c->sent), one * n);

    if (part.len > 0)
        memcpy(room, part.ptr, part.len);
    c->sent += part.len;
    return part.len;
}

/* ------------------------------------------------------------------------ options */

static void
set_limits(struct options *o, struct dial_call *c, const struct dial_request *q)
{
    static const struct {
        CURLoption what;
        long value;
    } longs[] = {
        { CURLOPT_NOSIGNAL, 1 },
        { CURLOPT_FOLLOWLOCATION, REDIRECTS },
        { CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
        { CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
        { CURLOPT_SSL_VERIFYPEER, 1 },
        { CURLOPT_SSL_VERIFYHOST, 2 },
        { CURLOPT_CONNECTTIMEOUT_MS, DIAL_CONNECT_MS },
        { CURLOPT_NETRC, CURL_NETRC_IGNORED },
    };

    for (size_t i = 0; i < sizeof(longs) / sizeof(longs[0]); i++)
        set_long(o, longs[i].what, longs[i].value);
    set_long(o, CURLOPT_TIMEOUT_MS,
             (long)(q->timeout_ms == 0 ? DIAL_TIMEOUT_MS : q->timeout_ms));
    set_text(o, CURLOPT_PROXY, c->dial->proxy);
    set_text(o, CURLOPT_NOPROXY, "");
    /* A connection made for the operator, past the rules, serves nobody else. */
    set_long(o, CURLOPT_FRESH_CONNECT, c->by_operator ? 1 : 0);
    set_long(o, CURLOPT_FORBID_REUSE, c->by_operator ? 1 : 0);
}

static void
set_trust(struct options *o, const struct dial *d)
{
    struct curl_blob pem = { .data = (void *)(uintptr_t)d->ca_pem.ptr,
                             .len = d->ca_pem.len,
                             .flags = CURL_BLOB_NOCOPY };

    /* The library's own places would be looked for in a file system that is shut. */
    set_text(o, CURLOPT_CAPATH, NULL);
    set_text(o, CURLOPT_CAINFO, NULL);
    if (d->ca_pem.len > 0)
        keep(o, o->curl->easy_setopt(o->easy, CURLOPT_CAINFO_BLOB, &pem));
}

static void
set_callbacks(struct options *o, struct dial_call *c)
{
    curl_opensocket_callback opener = open_socket;
    curl_write_callback body = take_body, head = take_head;

    keep(o, o->curl->easy_setopt(o->easy, CURLOPT_OPENSOCKETFUNCTION, opener));
    set_ptr(o, CURLOPT_OPENSOCKETDATA, c);
    keep(o, o->curl->easy_setopt(o->easy, CURLOPT_WRITEFUNCTION, body));
    set_ptr(o, CURLOPT_WRITEDATA, c);
    keep(o, o->curl->easy_setopt(o->easy, CURLOPT_HEADERFUNCTION, head));
    set_ptr(o, CURLOPT_HEADERDATA, c);
    set_ptr(o, CURLOPT_ERRORBUFFER, c->detail);
    set_ptr(o, CURLOPT_PRIVATE, c);
}

static bool
is_clean(struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((value.ptr[i] < ' ' && value.ptr[i] != '\t') || value.ptr[i] == 0x7f)
            return false;
    return true;
}

static enum err
append(const struct curl_lib *curl, struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl->slist_append(*list, text);

    if (longer == NULL)
        return ERR_NOMEM;
    *list = longer;
    return ERR_OK;
}

static enum err
set_headers(struct options *o, struct dial_call *c, const struct dial_request *q)
{
    enum err e = q->header_count > DIAL_HEADERS_MAX ? ERR_TOO_LARGE : ERR_OK;
    struct secbuf line;

    /* No waiting for a 100. */
    if (e == ERR_OK)
        e = append(o->curl, &c->headers, "Expect:");
    for (size_t i = 0; i < q->header_count && e == ERR_OK; i++) {
        if (!is_clean(span_str(q->headers[i].name)) || !is_clean(q->headers[i].value))
            return ERR_ARG;
        secbuf_init(&line, HEADER_LINE_MAX);
        secbuf_put(&line, span_str(q->headers[i].name));
        secbuf_put(&line, span_str(": "));
        secbuf_put(&line, q->headers[i].value);
        secbuf_put(&line, span_of("", 1));
        e = line.err;
        if (e == ERR_OK)
            e = append(o->curl, &c->headers, (const char *)line.ptr);
        secbuf_release(&line);
    }
    set_ptr(o, CURLOPT_HTTPHEADER, c->headers);
    return e;
}

static enum err
set_web(struct options *o, struct dial_call *c, const struct dial_request *q)
{
    set_text(o, CURLOPT_PROTOCOLS_STR, "http,https");
    set_text(o, CURLOPT_USERAGENT, "keyhold/" KEYHOLD_VERSION);
    if (q->method == DIAL_HEAD)
        set_long(o, CURLOPT_NOBODY, 1);
    if (q->method == DIAL_POST) {
        keep(o, o->curl->easy_setopt(o->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                     (curl_off_t)c->question.len));
        set_text(o, CURLOPT_POSTFIELDS, c->question.len == 0 ? "" : buf_str(&c->question));
        set_long(o, CURLOPT_POST, 1);
    }
    return set_headers(o, c, q);
}

static enum err
set_mail(struct options *o, struct dial_call *c, const struct dial_request *q)
{
    static const long use_ssl[] = { [DIAL_TLS_REQUIRED] = CURLUSESSL_ALL,
                                    [DIAL_TLS_OFFERED] = CURLUSESSL_TRY,
                                    [DIAL_TLS_OFF] = CURLUSESSL_NONE };
    const struct dial_mail *m = q->mail;
    curl_read_callback give = give_mail;
    struct secbuf password;
    enum err e = m->to_count == 0 ? ERR_ARG : ERR_OK;

    if (m->to_count > DIAL_RECIPIENTS_MAX)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < m->to_count && e == ERR_OK; i++)
        e = mailbox_is_ok(span_str(m->to[i])) ? append(o->curl, &c->to, m->to[i]) : ERR_ARG;
    if (e != ERR_OK || !mailbox_is_ok(span_str(m->from)) ||
        (m->tls != DIAL_TLS_REQUIRED && m->user != NULL))
        return e != ERR_OK ? e : ERR_ARG;
    set_text(o, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set_text(o, CURLOPT_PROXY, ""); /* which is for HTTP */
    set_long(o, CURLOPT_USE_SSL, use_ssl[m->tls]);
    set_long(o, CURLOPT_SERVER_RESPONSE_TIMEOUT, SMTP_REPLY_S);
    set_text(o, CURLOPT_MAIL_FROM, m->from);
    set_ptr(o, CURLOPT_MAIL_RCPT, c->to);
    set_long(o, CURLOPT_UPLOAD, 1);
    keep(o, o->curl->easy_setopt(o->easy, CURLOPT_READFUNCTION, give));
    set_ptr(o, CURLOPT_READDATA, c);
    if (m->user == NULL)
        return ERR_OK;
    secbuf_init(&password, HEADER_LINE_MAX);
    secbuf_put(&password, m->password);
    secbuf_put(&password, span_of("", 1));
    e = password.err;
    if (e == ERR_OK) {
        set_text(o, CURLOPT_USERNAME, m->user);
        set_text(o, CURLOPT_PASSWORD, (const char *)password.ptr);
    }
    secbuf_release(&password);
    return e;
}

/* ----------------------------------------------------------------------- one call */

static enum err
check_url(const struct dial *d, const struct dial_request *q)
{
    struct dial_url url;
    enum err e = dial_url_read(q->url, &url);

    if (e != ERR_OK)
        return e;
    if (dial_url_is_web(&url) != (q->method != DIAL_MAIL) ||
        (q->method == DIAL_MAIL) != (q->mail != NULL))
        return ERR_ARG;
    /* Through a proxy no address is seen: what is one in the URL is judged here. */
    if (!q->by_operator && d->proxy[0] != '\0' && !dial_rules_admit_host(&d->rules, url.host))
        return ERR_DENIED;
    return ERR_OK;
}

static enum err
set_up(struct dial_call *c, const struct dial_request *q)
{
    struct options o = { .curl = c->dial->curl, .easy = c->easy };
    char url[DIAL_URL_MAX + 1];
    enum err e = check_url(c->dial, q);

    if (e == ERR_DENIED) { /* told like every other refusal: by the answer */
        c->err = e;
        return ERR_OK;
    }
    if (e != ERR_OK)
        return e;
    buf_put(&c->question, q->body);
    if (c->question.err != ERR_OK)
        return c->question.err;
    bug_on(!span_copy_str(q->url, url, sizeof(url)));
    set_text(&o, CURLOPT_URL, url);
    set_limits(&o, c, q);
    set_trust(&o, c->dial);
    set_callbacks(&o, c);
    e = q->method == DIAL_MAIL ? set_mail(&o, c, q) : set_web(&o, c, q);
    if (e == ERR_OK && o.rc != CURLE_OK)
        e = o.rc == CURLE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_ARG;
    return e;
}

enum err
transfer_new(struct dial *d, const struct dial_request *q, struct dial_call **out)
{
    struct dial_call *c = calloc(1, sizeof(*c));
    enum err e = ERR_NOMEM;

    *out = NULL;
    if (c == NULL)
        return e;
    c->dial = d;
    c->by_operator = q->by_operator;
    buf_init(&c->question, DIAL_BODY_MAX);
    buf_init(&c->body, q->answer_max == 0 ? DIAL_ANSWER_MAX : q->answer_max);
    buf_init(&c->head, DIAL_HEAD_MAX);
    c->easy = d->curl->easy_init();
    if (c->easy != NULL)
        e = set_up(c, q);
    if (e == ERR_OK)
        *out = c;
    else
        transfer_free(c);
    return e;
}

static void
wipe_list(struct curl_slist *list)
{
    for (; list != NULL; list = list->next)
        wipe(list->data, strlen(list->data));
}

void
transfer_free(struct dial_call *c)
{
    if (c == NULL)
        return;
    if (c->easy != NULL)
        c->dial->curl->easy_cleanup(c->easy);
    wipe_list(c->headers); /* a bearer secret */
    c->dial->curl->slist_free_all(c->headers);
    c->dial->curl->slist_free_all(c->to);
    buf_release(&c->question);
    buf_release(&c->body);
    buf_release(&c->head);
    free(c);
}

/* ---------------------------------------------------------------------- judgement */

static enum err
err_of(const struct dial_call *c, CURLcode rc)
{
    if (c->err != ERR_OK)
        return c->err;
    if (rc == CURLE_OK)
        return ERR_OK;
    if (rc == CURLE_OUT_OF_MEMORY)
        return ERR_NOMEM;
    if (rc == CURLE_OPERATION_TIMEDOUT)
        return ERR_TIMEOUT;
    if (rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_CONNECT_ERROR ||
        rc == CURLE_SSL_CIPHER || rc == CURLE_USE_SSL_FAILED || rc == CURLE_SSL_CACERT_BADFILE)
        return ERR_INTEGRITY;
    if (rc == CURLE_COULDNT_CONNECT && !c->admitted)
        return ERR_DENIED;
    if (rc == CURLE_WEIRD_SERVER_REPLY || rc == CURLE_UNSUPPORTED_PROTOCOL ||
        rc == CURLE_BAD_CONTENT_ENCODING)
        return ERR_PROTOCOL;
    return ERR_UNAVAILABLE;
}

static void
put_why(const struct dial_call *c, CURLcode rc, enum err e, char why[static DIAL_WHY_MAX])
{
    const char *text = "";

    if (e == ERR_DENIED)
        text = "the address is none that may be dialled";
    else if (e == ERR_TOO_LARGE)
        text = "the answer is too large";
    else if (e != ERR_OK)
        text = c->detail[0] != '\0' ? c->detail : c->dial->curl->easy_strerror(rc);
    (void)span_copy_str(span_head(span_str(text), DIAL_WHY_MAX - 1), why, DIAL_WHY_MAX);
    for (char *p = why; *p != '\0'; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}

/* Sending fails by an answer to MAIL, RCPT or DATA, what was sent by one to its end. */
static bool
is_about_mail(const struct dial_call *c, CURLcode rc, long status)
{
    return c->to != NULL && status >= 400 && status < 600 &&
           (rc == CURLE_SEND_ERROR || (rc == CURLE_WEIRD_SERVER_REPLY && c->sent > 0));
}

void
transfer_judge(const struct dial_call *c, CURLcode rc, char why[static DIAL_WHY_MAX],
               struct dial_answer *a)
{
    long status = 0;

    (void)c->dial->curl->easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    *a = (struct dial_answer){ .err = err_of(c, rc), .why = why };
    put_why(c, rc, a->err, why);
    a->status = (unsigned)status;
    a->about_mail = is_about_mail(c, rc, status);
    a->body = buf_span(&c->body);
    a->head = buf_span(&c->head);
}
