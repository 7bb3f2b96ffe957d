/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial.c - the loop: curl_multi beside one descriptor of the owner's. A call is in
 * the list from dial_start() until it is delivered or cancelled, and out of it
 * before its callback runs, so that callbacks may start and cancel what they like.
 */
#include "dial/dial.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dial/dial_int.h"

enum { KEPT_CONNECTIONS = 8 };

enum err
dial_new(const struct dial_config *cfg, struct dial **out)
{
    struct dial *d = calloc(1, sizeof(*d));
    enum err e = d == NULL ? ERR_NOMEM : curl_lib_load(&d->curl);

    *out = NULL;
    if (e != ERR_OK)
        goto out;
    d->ca_pem = cfg->ca_pem;
    d->rules = cfg->rules;
    d->proxy = strdup(cfg->proxy == NULL ? "" : cfg->proxy);
    d->multi = d->curl->multi_init();
    if (d->proxy == NULL || d->multi == NULL) {
        e = ERR_NOMEM;
        goto out;
    }
    (void)d->curl->multi_setopt(d->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    *out = d;
    d = NULL;
out:
    dial_free(d);
    return e;
}

static void
call_unlink(struct dial_call *c)
{
    struct dial *d = c->dial;

    (void)d->curl->multi_remove_handle(d->multi, c->easy);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        d->calls = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    d->count--;
}

void
dial_free(struct dial *d)
{
    if (d == NULL)
        return;
    while (d->calls != NULL)
        dial_cancel(d, d->calls);
    if (d->multi != NULL)
        (void)d->curl->multi_cleanup(d->multi);
    free(d->proxy);
    free(d);
}

enum err
dial_start(struct dial *d, const struct dial_request *q, dial_fn fn, void *arg,
           struct dial_call **out)
{
    struct dial_call *c;
    enum err e;

    if (out != NULL)
        *out = NULL;
    if (d->count >= DIAL_AT_ONCE)
        return ERR_BUSY;
    e = transfer_new(d, q, &c);
    if (e != ERR_OK)
        return e;
    c->fn = fn;
    c->arg = arg;
    /* One that the rules refused already is only delivered. */
    if (c->err == ERR_OK && d->curl->multi_add_handle(d->multi, c->easy) != CURLM_OK) {
        transfer_free(c);
        return ERR_NOMEM;
    }
    c->next = d->calls;
    if (c->next != NULL)
        c->next->prev = c;
    d->calls = c;
    d->count++;
    if (out != NULL)
        *out = c;
    return ERR_OK;
}

void
dial_cancel(struct dial *d, struct dial_call *call)
{
    if (call == NULL)
        return;
    bug_on(call->dial != d);
    call_unlink(call);
    transfer_free(call);
}

static void
deliver(struct dial_call *c, CURLcode rc)
{
    char why[DIAL_WHY_MAX];
    struct dial_answer a;

    call_unlink(c);
    transfer_judge(c, rc, why, &a);
    c->fn(c->arg, &a);
    transfer_free(c);
}

static struct dial_call *
find_refused(const struct dial *d)
{
    for (struct dial_call *c = d->calls; c != NULL; c = c->next)
        if (c->err == ERR_DENIED)
            return c;
    return NULL;
}

/* True if any was delivered. */
static bool
deliver_all(struct dial *d)
{
    bool any = false;
    struct dial_call *refused;
    CURLMsg *m;
    int left;

    while ((refused = find_refused(d)) != NULL) {
        deliver(refused, CURLE_OK);
        any = true;
    }
    while ((m = d->curl->multi_info_read(d->multi, &left)) != NULL) {
        struct dial_call *c = NULL;
        CURLcode rc = m->data.result;

        if (m->msg != CURLMSG_DONE)
            continue;
        (void)d->curl->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&c);
        bug_on(c == NULL);
        deliver(c, rc);
        any = true;
    }
    return any;
}

static bool
wait_plainly(int fd, int timeout_ms)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };

    return poll(&p, fd < 0 ? 0 : 1, timeout_ms) > 0;
}

bool
dial_wait(struct dial *d, int fd, int timeout_ms)
{
    uint64_t until = clock_mono_ms() + (uint64_t)timeout_ms;

    if (d == NULL || d->count == 0)
        return wait_plainly(fd, timeout_ms);
    for (;;) {
        struct curl_waitfd own = { .fd = fd, .events = CURL_WAIT_POLLIN };
        uint64_t now;
        int open = 0, ready = 0;

        (void)d->curl->multi_perform(d->multi, &open);
        now = clock_mono_ms();
        if (deliver_all(d) || now >= until)
            return wait_plainly(fd, 0);
        if (d->curl->multi_poll(d->multi, &own, fd < 0 ? 0 : 1, (int)(until - now), &ready) !=
            CURLM_OK)
            return wait_plainly(fd, (int)(until - now));
        if (own.revents != 0)
            return true;
    }
}

size_t
dial_open_calls(const struct dial *d)
{
    return d == NULL ? 0 : d->count;
}

bool
dial_answer_header(const struct dial_answer *a, const char *name, size_t nth, struct span *out)
{
    struct span rest = a->head;

    *out = (struct span){ 0 };
    while (rest.len > 0) {
        size_t end = span_find(rest, '\n');
        struct span line = span_head(rest, end);
        size_t colon = span_find(line, ':');

        rest = span_tail(rest, end + 1);
        if (colon == line.len || !span_is_str_nocase(span_head(line, colon), name) || nth-- > 0)
            continue;
        line = span_tail(line, colon + 1);
        while (line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t'))
            line = span_tail(line, 1);
        while (line.len > 0 && line.ptr[line.len - 1] <= ' ')
            line.len--;
        *out = line;
        return true;
    }
    return false;
}
