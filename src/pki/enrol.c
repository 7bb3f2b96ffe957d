/* SPDX-License-Identifier: Apache-2.0 */
/* enrol.c - from a policy to what an authority is asked for. */
#include "pki/enrol.h"

#include <stdio.h>
#include <stdlib.h>

bool
enrol_is_keyhold(const struct issuer *i)
{
    return span_is_str_nocase(i->provider, ISSUER_KEYHOLD);
}

static enum err
refuse(struct enrol *n, enum err e, const char *text)
{
    (void)snprintf(n->why, sizeof(n->why), "%s", text);
    return e;
}

enum err
enrol_init(struct enrol *n, const struct issuer *i)
{
    *n = (struct enrol){ .setter = i->setter };
    issue_made_init(&n->made);
    buf_init(&n->chain, CERT_CHAIN_BYTES_MAX);
    if (!i->enabled)
        return refuse(n, ERR_DISABLED, "The issuer is disabled.");
    if (i->setter.text[0] == '\0' ||
        !span_copy_str(i->account, n->resource, sizeof(n->resource)) ||
        !span_copy_str(i->organisation, n->profile, sizeof(n->profile)))
        return refuse(n, ERR_DISABLED,
                      "The issuer does not name a certificate authority: set it anew.");
    return ERR_OK;
}

void
enrol_release(struct enrol *n)
{
    issue_made_release(&n->made);
    buf_release(&n->chain);
}

/* One answer for an authority that is not there and for one that may not be used. */
static enum err
find(const struct rows *rows, struct store_view *view, struct enrol *n, struct ca *ca)
{
    enum err e = ca_find(rows, view, span_str(n->resource), ca);

    if (e == ERR_OK)
        e = issue_check_principal(rows, view, ca, &n->setter);
    if (e == ERR_NOT_FOUND || e == ERR_DENIED)
        return refuse(n, ERR_DENIED,
                      "The certificate authority does not exist, or who set the issuer may not "
                      "have certificates of it.");
    return e;
}

static enum err
open_hand(const struct rows *rows, struct store_view *view, struct enrol *n, struct ca *ca,
          int64_t now, struct ca_hand *h)
{
    enum err e = find(rows, view, n, ca);

    return e == ERR_OK ? ca_hand_open(rows, view, ca, CA_ISSUES, now, h, n->why) : e;
}

static struct issue_asked
asked_of(const struct cert_making *m, const struct enrol *n, struct cert_spec_room *room)
{
    struct cert_spec s;

    cert_making_spec(m, room, &s);
    return (struct issue_asked){ .profile = span_str(n->profile),
                                 .subject = s.subject,
                                 .alts = s.alts,
                                 .alt_count = s.alt_count,
                                 .ekus = s.ekus,
                                 .eku_count = s.eku_count,
                                 .key_usage = s.key_usage,
                                 .key = &m->key.public,
                                 .not_after = s.not_after,
                                 .path_length = -1 };
}

enum err
enrol_begin(const struct rows *rows, struct store_view *view, const struct vault *vault,
            const struct cert_making *making, struct enrol *n, struct sink k,
            enum key_home *home)
{
    struct ca_hand h = { .ca = NULL };
    struct issue_asked asked;
    struct cert_spec_room room;
    struct ca *ca = malloc(sizeof(*ca)); /* too much for a stack */
    enum err e = ca == NULL ? ERR_NOMEM : open_hand(rows, view, n, ca, making->now, &h);

    if (e == ERR_OK && !guid_is_equal(&ca->tenant, &vault->tenant))
        e = refuse(n, ERR_DENIED, "The certificate authority is of another tenant.");
    if (e == ERR_OK && making->policy.ca)
        e = refuse(n, ERR_DENIED, "The policy asks for an authority's certificate.");
    if (e == ERR_OK) {
        asked = asked_of(making, n, &room);
        e = issue_begin(&h, &asked, making->now, &n->made, n->why);
    }
    if (e == ERR_SYNTAX || e == ERR_ARG || e == ERR_TOO_LARGE)
        e = ERR_DENIED; /* issue_begin() has said why */
    if (e == ERR_OK) {
        ca_ask_signature(&h, &n->made.digest, k);
        *home = h.detail.home;
    }
    ca_hand_release(&h);
    free(ca);
    return e;
}

static enum err
copy_chain(const struct ca *ca, struct enrol *n, struct cert_making *m)
{
    struct span chain[CA_CHAIN_MAX + 1];
    unsigned count = issue_chain(ca, &n->made, chain);
    size_t at = 0;

    buf_clear(&n->chain);
    for (unsigned i = 0; i < count; i++)
        buf_put(&n->chain, chain[i]);
    if (n->chain.err != ERR_OK)
        return n->chain.err;
    for (unsigned i = 0; i < count; i++) {
        m->chain[i] = span_of(n->chain.ptr + at, chain[i].len);
        at += chain[i].len;
    }
    m->n = count;
    return ERR_OK;
}

enum err
enrol_end(const struct rows *rows, struct store_view *view, struct enrol *n,
          struct cert_making *making, struct span answer)
{
    struct ca_hand h = { .ca = NULL };
    struct key_use_answer a;
    struct ca *ca = malloc(sizeof(*ca));
    enum err e = ca == NULL ? ERR_NOMEM : key_use_answer_read(answer, &a);

    if (e == ERR_OK)
        e = open_hand(rows, view, n, ca, making->now, &h);
    if (e == ERR_OK)
        e = issue_end(&h, &n->made, a.value);
    if (e == ERR_OK)
        e = copy_chain(ca, n, making);
    ca_hand_release(&h);
    free(ca);
    return e;
}

enum err
enrol_put(const struct rows *rows, struct store_view *view, struct store_write *w,
          struct enrol *n, struct span what, int64_t now)
{
    struct issue_who who = { .principal = n->setter, .what = what };
    struct ca_hand h = { .ca = NULL };
    struct ca *ca = malloc(sizeof(*ca));
    enum err e = ca == NULL ? ERR_NOMEM : open_hand(rows, view, n, ca, now, &h);

    if (e == ERR_OK)
        issue_put(rows, w, &h, &n->made, &who, now);
    ca_hand_release(&h);
    free(ca);
    return e;
}
