/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailer.c - one row at a time, and of it one contact at a time:
 *
 *   IDLE --row due--> CHOOSING --mail composed--> ASKING --answer--> ANSWERED
 *     ^                  ^  |                                           |
 *     |                  |  +--nobody left, or moot: the row is put off or dropped
 *     |                  +------------committed: the next contact-------+
 *     +-------- the row was put off or dropped; the relay is in trouble
 *
 * An answer is kept until it was committed: a scribe that is away for a while does not
 * make a second mail of one that was accepted. Addresses stand in no log and no record.
 */
#include "jobs/mailer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "jobs/mailer_int.h"

enum {
    SCAN_MAX = 64,
    SCAN_EVERY_MS = 1000,
    RETRY_FIRST = 2,
    RETRY_LAST = 4 * 3600,
    PAUSE_LAST = 600,
    BACKOFF_STEPS = 16,
    LINK_MAX = 1024,
};
_Static_assert((int)CERT_MAIL_TAG == (int)MAIL_TAG_LEN, "rows hold tags");

struct mailer *
mailer_new(struct desk *d)
{
    struct mailer *m = calloc(1, sizeof(*m));

    if (m != NULL)
        m->desk = d;
    return m;
}

void
mailer_free(struct mailer *m)
{
    if (m != NULL && m->call != NULL)
        dial_cancel(m->desk->mail->dial, m->call);
    free(m);
}

static int64_t
backoff(unsigned failed, int64_t last)
{
    int64_t wait = (int64_t)RETRY_FIRST << (failed > BACKOFF_STEPS ? BACKOFF_STEPS
                                            : failed > 0           ? failed - 1
                                                                   : 0);

    return wait > last ? last : wait;
}

/* ------------------------------------------------------------------------ the row */

struct walk {
    struct mailer *m;
    int64_t now;
    size_t seen;
    bool found;
    enum err damage;
};

static bool
see_row(void *arg, const struct store_row *row)
{
    struct walk *walk = arg;
    struct mailer *m = walk->m;
    enum err e = cert_mail_read(m->desk->rows, row, &m->job);

    walk->seen++;
    memcpy(m->after, row->key.ptr, row->key.len);
    m->after_len = row->key.len;
    if (e != ERR_OK)
        walk->damage = e;
    else
        walk->found = m->job.next <= walk->now || m->desk->mail == NULL;
    return !walk->found;
}

/* Some of the rows at a time, so that many that rest do not keep the others waiting. */
static enum err
take_row(struct mailer *m, int64_t now)
{
    struct walk walk = { .m = m, .now = now };
    struct store_view *view;
    enum err e = store_begin(m->desk->store, &view);

    if (e != ERR_OK)
        return e;
    e = store_scan(view, span_str("cm/"), span_of(m->after, m->after_len), SCAN_MAX, see_row,
                   &walk);
    store_end(view);
    if (!walk.found && walk.seen < SCAN_MAX)
        m->after_len = 0;
    if (walk.found) {
        m->state = CHOOSING;
        m->deferred.n = 0;
        m->later[0] = '\0';
    } else {
        m->scan_ms = clock_mono_ms() + SCAN_EVERY_MS;
    }
    return e == ERR_OK ? walk.damage : e;
}

/* The row is over. */
static enum err
drop_row(struct mailer *m, const char *note)
{
    enum err e = mailer_commit(m, ROW_GOES, (struct mail_figures){ 0 }, "", note);

    if (e == ERR_OK)
        m->state = IDLE;
    return e;
}

/* Everybody was asked who could be, and somebody was not told. */
static enum err
end_round(struct mailer *m, int64_t now)
{
    struct mail_figures none = { 0 }, lost = { .failed = m->left };
    char why[MAIL_WHY_MAX + 64];
    enum err e;

    m->job.tries++;
    m->job.next = now + backoff(m->job.tries, RETRY_LAST);
    if (m->job.tries >= MAIL_TRIES_MAX) {
        (void)snprintf(why, sizeof(why), "Given up after %d tries: %s", MAIL_TRIES_MAX,
                       m->later);
        e = mailer_commit(m, ROW_GOES, lost, why, "");
    } else {
        e = mailer_commit(m, ROW_STAYS, none, m->later, "");
    }
    if (e != ERR_OK) {
        m->job.tries--;
        return e;
    }
    m->state = IDLE;
    log_warn("certificate %s of vault %s: mail to its contacts %s: %s", m->job.name.spelled,
             m->job.vault, m->job.tries >= MAIL_TRIES_MAX ? "is given up" : "is tried again",
             m->later);
    return ERR_OK;
}

/* ------------------------------------------------------------------------- asking */

static void
on_answer(void *arg, const struct dial_answer *a)
{
    struct mailer *m = arg;

    m->call = NULL;
    m->state = ANSWERED;
    m->outcome = a->err == ERR_OK                        ? SENT
                 : a->about_mail && a->status / 100 == 5 ? REFUSED
                 : a->about_mail && a->status / 100 == 4 ? DEFERRED
                                                         : TROUBLE;
    /* Of what the relay says only the number: its text may name the contact. */
    if (a->about_mail)
        (void)snprintf(m->why, sizeof(m->why), "The mail server answered %u.", a->status);
    else
        (void)snprintf(m->why, sizeof(m->why), "The mail server could not be used: %s", a->why);
}

static void
put_link(const struct mailer *m, char out[static LINK_MAX])
{
    const struct mail_config *c = m->desk->mail;
    char port[16] = "";

    if (c->port != 443)
        (void)snprintf(port, sizeof(port), ":%u", c->port);
    (void)snprintf(out, LINK_MAX, "https://%s.vault.%s%s/certificates/%s/%s", m->job.vault,
                   c->domain, port, m->job.name.spelled, m->job.version.text);
}

/* Composes and begins. ERR_ARG: not to this contact. */
static enum err
ask(struct mailer *m, const struct cert_contact *to, int64_t expires, int64_t now)
{
    const struct mail_config *c = m->desk->mail;
    char link[LINK_MAX], address[CONTACT_TEXT_MAX + 1];
    struct mail_notice notice = { c->from,      c->domain,    to->email,       to->name,
                                  m->job.vault, &m->job.name, &m->job.version, link,
                                  expires,      now,          m->tag };
    struct dial_mail mail = {
        .from = c->from, .to_count = 1, .user = c->user, .password = c->password, .tls = c->tls
    };
    struct dial_request q = {
        .method = DIAL_MAIL, .url = span_str(c->url), .by_operator = true, .mail = &mail
    };
    struct buf text;
    enum err e;

    put_link(m, link);
    mail.to[0] = address;
    buf_init(&text, MAIL_TEXT_MAX);
    e = mail_compose(&notice, &text);
    if (e == ERR_OK && !span_copy_str(to->email, address, sizeof(address)))
        e = ERR_ARG;
    q.body = buf_span(&text);
    if (e == ERR_OK && c->dial == NULL)
        e = ERR_UNAVAILABLE;
    if (e == ERR_OK)
        e = dial_start(c->dial, &q, on_answer, m, &m->call);
    buf_release(&text);
    return e;
}

/* The next contact who is neither done with nor deferred; NULL: none. */
static enum err
next_contact(struct mailer *m, const struct cert_contacts *all, const struct cert_contact **out)
{
    *out = NULL;
    m->of = all->n;
    m->left = 0;
    for (unsigned i = 0; i < all->n; i++) {
        struct mail_tag tag;
        enum err e = mail_tag_make(&m->job.version, all->contact[i].email, &tag);

        if (e != ERR_OK)
            return e;
        if (cert_mail_is_done(&m->job, tag.bytes))
            continue;
        m->left++;
        if (*out != NULL || cert_mail_is_done(&m->deferred, tag.bytes))
            continue;
        *out = &all->contact[i];
        m->tag = tag;
        m->which = i + 1;
    }
    return ERR_OK;
}

/* Is there still what they are to be told of? *expires: when. */
static enum err
find_cause(const struct mailer *m, const struct mailer_look *l, struct cert_contacts *contacts,
           int64_t *expires, bool *stands)
{
    struct object o;
    enum err e = l->vault == NULL
                     ? ERR_NOT_FOUND
                     : object_head_get(&l->at, HEAD_LIVE, m->job.name.key, &o.head);

    *stands = false;
    if (e == ERR_OK)
        e = object_get_current(&l->at, &o.head, &o);
    if (e == ERR_OK && strcmp(o.v.id.text, m->job.version.text) == 0 && o.v.attrs.enabled &&
        o.v.attrs.has_exp) {
        *expires = o.v.attrs.exp;
        e = cert_contacts_get(&l->at, contacts);
        *stands = e == ERR_OK;
    }
    return e == ERR_NOT_FOUND || e == ERR_CERTIFICATE_NOT_FOUND ? ERR_OK : e;
}

/* Begins with the next contact. *moot: why the row may go; NULL: it may not. */
static enum err
ask_next(struct mailer *m, int64_t now, const char **moot)
{
    struct cert_contacts *contacts = calloc(1, sizeof(*contacts)); /* too much for a stack */
    const struct cert_contact *to = NULL;
    int64_t expires = 0;
    bool stands = false;
    struct mailer_look l = { .vault = NULL };
    enum err e = contacts == NULL ? ERR_NOMEM : mailer_look(m, &l);

    *moot = NULL;
    if (e == ERR_OK)
        e = find_cause(m, &l, contacts, &expires, &stands);
    if (e == ERR_OK && stands)
        e = next_contact(m, contacts, &to);
    if (e == ERR_OK && !stands)
        *moot = "Nothing is left to be told, or nobody to tell it.";
    else if (e == ERR_OK && m->left == 0)
        *moot = "All contacts are done with.";
    else if (e == ERR_OK && to != NULL) {
        m->state = ASKING;
        e = ask(m, to, expires, now);
    }
    mailer_leave(&l);
    free(contacts);
    return e;
}

static enum err
choose(struct mailer *m, int64_t now)
{
    const char *moot;
    enum err e;

    if (m->desk->mail == NULL)
        return drop_row(m, "No mail is sent any more: smtp.url is not set.");
    e = ask_next(m, now, &moot);
    if (m->state == ASKING && e == ERR_OK)
        return ERR_OK;
    if (m->state == ASKING && e == ERR_ARG) {
        m->outcome = REFUSED;
        (void)snprintf(m->why, sizeof(m->why), "The contact's address cannot be used.");
    } else if (m->state == ASKING) {
        m->outcome = TROUBLE;
        (void)snprintf(m->why, sizeof(m->why), "The mail cannot be sent: %s.", err_text(e));
    }
    if (m->state == ASKING) {
        m->state = ANSWERED;
        return ERR_OK;
    }
    if (e != ERR_OK)
        return e;
    return moot != NULL ? drop_row(m, moot) : end_round(m, now);
}

/* ---------------------------------------------------------------------- its answer */

/* This contact is done with. */
static enum err
settle_contact(struct mailer *m)
{
    bool sent = m->outcome == SENT;
    struct mail_figures more = { .sent = sent, .failed = !sent };
    char what[MAIL_WHY_MAX + 64];
    enum err e;

    (void)snprintf(what, sizeof(what), "Contact %u of %u %s%s", m->which, m->of,
                   sent ? "was sent mail." : "cannot be told by mail: ", sent ? "" : m->why);
    cert_mail_set_done(&m->job, m->tag.bytes);
    m->job.tries = sent ? 0 : m->job.tries;
    e = mailer_commit(m, m->left == 1 ? ROW_GOES : ROW_STAYS, more, sent ? "" : what,
                      sent ? what : "");
    if (e != ERR_OK)
        return e;
    m->state = m->left == 1 ? IDLE : CHOOSING;
    if (sent)
        log_info("certificate %s of vault %s: %s", m->job.name.spelled, m->job.vault, what);
    else
        log_warn("certificate %s of vault %s: %s", m->job.name.spelled, m->job.vault, what);
    return ERR_OK;
}

static enum err
settle(struct mailer *m, int64_t now)
{
    switch (m->outcome) {
    case SENT:
    case REFUSED:
        m->pauses = 0;
        return settle_contact(m);
    case DEFERRED:
        m->pauses = 0;
        memcpy(m->later, m->why, sizeof(m->later));
        cert_mail_set_done(&m->deferred, m->tag.bytes);
        m->state = CHOOSING;
        return ERR_OK;
    case TROUBLE:
        break;
    }
    memcpy(m->later, m->why, sizeof(m->later));
    if (m->pause_ms == 0) { /* once, however often the commit is tried */
        m->pauses++;
        m->pause_ms = clock_mono_ms() + (uint64_t)backoff(m->pauses, PAUSE_LAST) * 1000;
    }
    return end_round(m, now);
}

enum err
mailer_turn(struct mailer *m, int64_t now)
{
    uint64_t ms = clock_mono_ms();
    enum err e = ERR_OK;

    if (m->desk->rows == NULL || m->desk->store == NULL)
        return ERR_UNAVAILABLE;
    if (m->state == ANSWERED)
        e = settle(m, now);
    if (e == ERR_OK && m->state == IDLE && ms >= m->pause_ms && ms >= m->scan_ms) {
        m->pause_ms = 0;
        e = take_row(m, now);
    }
    if (e == ERR_OK && m->state == CHOOSING)
        e = choose(m, now);
    /* A damaged row must not keep the others from their mail: the walk has passed it. */
    if (err_class_of(e) == ERR_CLASS_INTEGRITY)
        m->state = IDLE;
    return e;
}
