/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_import.c - POST import: a certificate with its key, as PKCS#12 or PEM
 * (data-plane.md D4).
 *
 *   file -> keeper: key kept, certificates -> secret written -> rows, commit
 */
#include <stdlib.h>

#include "api/data/cert_parts.h"
#include "api/data/cert_policy_body.h"
#include "api/data/certs.h"
#include "api/data/object.h"
#include "base/clock.h"
#include "codec/b64.h"
#include "codec/isotime.h"

struct import {
    struct cert_body body;
    struct object_name name;
    struct hex32 id;
    struct cert_policy policy; /* what the request says, then the whole */
    struct secbuf text;        /* backs body.value where that came wrapped */
    struct buf policy_bytes, made;
    struct cert_policy whole; /* backed by policy_bytes */
    struct key_detail key;
    struct span sealed;
    struct cert_bag bag;
    struct span chain[CERT_CHAIN_MAX];
    size_t n;
    char why[KEY_WHY_MAX];
};

static void
import_free(void *state)
{
    struct import *m = state;

    cert_body_release(&m->body);
    cert_bag_release(&m->bag);
    secbuf_release(&m->text);
    buf_release(&m->policy_bytes);
    buf_release(&m->made);
    free(m);
}

static struct import *
import_new(struct exchange *x)
{
    struct import *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return NULL;
    x->state = m;
    x->state_free = import_free;
    secbuf_init(&m->text, CERT_FILE_MAX);
    buf_init(&m->policy_bytes, CERT_POLICY_ROW_MAX);
    buf_init(&m->made, KEY_SEALED_MAX + KEY_PUBLIC_MAX + CERT_FILE_MAX + 1024);
    m->id = object_version_id();
    return m;
}

static enum err
refuse(struct import *m, const char *text)
{
    (void)snprintf(m->why, sizeof(m->why), "%s", text);
    return ERR_BAD_PARAMETER;
}

/* ------------------------------------------------------------------------- asking */

static bool
looks_like_pem(struct span value)
{
    static const char mark[] = "-----BEGIN ";

    for (size_t at = 0; at < value.len; at++) {
        at += span_find(span_tail(value, at), '-');
        if (span_has_prefix(span_tail(value, at), span_str(mark)))
            return true;
    }
    return false;
}

/* WIRE: some clients send PEM in base64 too (azure-keyvault-certificates for Python). */
static enum err
unwrap_pem(struct import *m)
{
    enum err e;

    if (looks_like_pem(m->body.value))
        return ERR_OK;
    e = b64_get(m->body.value, sink_sec(&m->text));
    if (e == ERR_OK && looks_like_pem(secbuf_span(&m->text)))
        m->body.value = secbuf_span(&m->text);
    return m->text.err == ERR_NOMEM ? ERR_NOMEM : ERR_OK;
}

/* The form that the request names, else the one that the value has. */
static enum cert_form
form_of(const struct import *m)
{
    const struct jsn *secret;
    struct span type;

    if (m->body.policy != NULL &&
        jsn_get_object(m->body.policy, "secret_props", &secret) == JSN_OK &&
        jsn_get_str(secret, "contentType", &type) == JSN_OK)
        return m->policy.form;
    return looks_like_pem(m->body.value) ? CERT_FORM_PEM : CERT_FORM_PFX;
}

static enum err
read_request(const struct exchange *x, struct import *m)
{
    enum err e = cert_body_read(x, CERT_BODY_IMPORT, &m->body);

    if (e != ERR_OK)
        return e;
    if (utf16_len(m->body.password) > CERT_PASSWORD_CHARS)
        return refuse(m, "The password char length is too long.");
    if (m->body.value.len > CERT_FILE_MAX)
        return refuse(m, "The size of the X.509 certificate is too long.");
    cert_policy_defaults(&m->policy);
    if (m->body.policy != NULL)
        e = cert_policy_body_read(x, m->body.policy, &m->policy, m->why);
    if (e == ERR_OK)
        e = unwrap_pem(m);
    m->policy.form = form_of(m);
    return e;
}

static enum err
import_begin(struct exchange *x, struct import *m)
{
    struct vault_at at = object_at(x);
    struct cert_heads heads;
    struct key_place place;
    enum key_home home;
    enum err e = cert_new_name(x, &m->name);

    if (e != ERR_OK)
        return e;
    object_note(x, m->name.spelled, NULL);
    e = read_request(x, m);
    if (e == ERR_OK)
        e = cert_check_add(&at, &m->name, &heads);
    if (e == ERR_OK)
        e = cert_check_idle(&at, &m->name);
    if (e != ERR_OK)
        return e;
    m->name = heads.head[TRIO_CERTIFICATE].name; /* as it was first spelled */
    home = cert_key_home(&m->policy, x->site->has_token);
    place = cert_key_place(x->vault, &m->name, &m->id, &m->policy, home);
    keeper_pack_cert_import(sink_sec(&x->ask), &place, m->policy.form, m->body.value,
                            m->body.password);
    x->ask_op = KEEPER_CERT_IMPORT;
    x->ask_of = home;
    return ERR_OK;
}

/* ----------------------------------------------------------------------- the policy */

static void
names_of(const struct cert *leaf, struct cert_policy *p)
{
    unsigned usage = cert_key_usage(leaf);

    for (size_t i = 0; i < cert_alt_count(leaf); i++) {
        struct alt_name a = cert_alt(leaf, i);
        struct policy_names *l = &p->sans[a.kind];

        if (l->n < POLICY_NAMES_MAX)
            l->name[l->n++] = a.text;
    }
    p->ekus.n = 0;
    for (size_t i = 0; i < cert_eku_count(leaf) && i < POLICY_NAMES_MAX; i++)
        p->ekus.name[p->ekus.n++] = cert_eku(leaf, i);
    p->nusage = 0;
    for (unsigned u = 0; u < CERT_USAGES; u++)
        if ((usage & 1u << u) != 0)
            p->usage[p->nusage++] = (uint8_t)u;
}

/* WIRE: begun months count whole (data-plane.md D4). */
static unsigned
months_of(const struct cert *leaf)
{
    unsigned months = 1;

    while (months < POLICY_MONTHS_MAX &&
           isotime_add_months(cert_not_before(leaf), (int)months) < cert_not_after(leaf))
        months++;
    return months;
}

/* What the certificate shows, under what the request says. */
static enum err
derive_policy(const struct exchange *x, struct import *m, const struct cert *leaf)
{
    const struct key_public *key = &m->key.public;
    struct cert_policy *p = &m->policy;
    enum cert_form form = p->form;
    enum err e = ERR_OK;

    cert_policy_defaults(p);
    p->type = key->type;
    p->bits = key->bits;
    p->curve = key->type == KEY_EC ? key->curve : CURVE_NONE;
    if (p->curve == CURVE_P256K)
        p->bits = 256;
    p->form = form;
    p->subject = span_str(cert_subject_dn(leaf));
    p->months = months_of(leaf);
    p->ca = cert_is_ca(leaf);
    names_of(leaf, p);
    if (m->body.policy != NULL)
        e = cert_policy_body_read(x, m->body.policy, p, m->why);
    p->form = form;
    if (e != ERR_OK)
        return e;
    if (p->type != key->type ||
        (key->type == KEY_EC ? p->curve != key->curve : p->bits != key->bits))
        return refuse(m, "The key properties of the certificate policy do not match the key of "
                         "the specified X.509 certificate content.");
    if (p->nactions == 0) {
        p->nactions = 1;
        p->action[0] = (struct policy_action){ .deed = DEED_EMAIL, .value = 80 };
    }
    return cert_policy_copy(p, &m->policy_bytes, &m->whole);
}

/* ------------------------------------------------------------------ the file's content */

#define NO_KEY(kind)                                                                           \
    "Private key is not specified in the specified X.509 " kind "certificate content. Please " \
    "specify private key in the X.509 " kind "certificate content."

/* The failure of KEEPER_CERT_IMPORT, or of what it gave, as ours. */
static enum err
file_err(struct import *m, enum err e)
{
    bool pem = m->policy.form == CERT_FORM_PEM;

    if (e == ERR_SYNTAX || e == ERR_CERT_PASSWORD)
        return refuse(m, pem ? CERT_BAD_PEM
                             : "The specified PKCS#12 X.509 certificate content can not be "
                               "read. Please check if certificate is in valid PKCS#12 format.");
    if (e == ERR_CERT_NO_KEY)
        return refuse(m, pem ? NO_KEY("PEM ") : NO_KEY(""));
    if (e == ERR_TOO_LARGE)
        return refuse(m, "The size of the X.509 certificate is too long.");
    if (e == ERR_ARG || e == ERR_UNSUPPORTED)
        return refuse(m, "The private key of the specified X.509 certificate content is of a "
                         "type or size that is not supported.");
    if (e == ERR_CERT_ENCRYPTED || e == ERR_CERT_KEYS || e == ERR_CERT_NONE ||
        e == ERR_CERT_MISMATCH)
        return e;
    return object_keeper_err(e);
}

static enum err
order_chain(struct import *m, const struct cert_import_answer *a)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < a->count && e == ERR_OK; i++)
        e = cert_bag_add(&m->bag, a->certs[i]);
    if (e == ERR_FORMAT)
        e = ERR_SYNTAX;
    if (e == ERR_OK)
        e = cert_chain_of_key(&m->bag, &m->key.public, m->body.keeps_order, m->chain, &m->n);
    return file_err(m, e);
}

static enum err
check_leaf(const struct exchange *x, struct import *m)
{
    struct cert *leaf;
    enum err e = cert_new(m->chain[0], &leaf);

    if (e != ERR_OK)
        return e;
    if (cert_not_after(leaf) <= clock_now())
        e = refuse(m, "The specified X.509 certificate has expired.");
    else
        e = derive_policy(x, m, leaf);
    cert_free(leaf);
    return e;
}

static enum err
import_take(struct exchange *x, struct import *m)
{
    struct cert_import_answer a;
    enum err e = file_err(m, x->answer_err);

    if (e != ERR_OK)
        return e;
    buf_put(&m->made, secbuf_span(&x->answer)); /* sealed, and public */
    e = m->made.err;
    if (e == ERR_OK)
        e = cert_import_answer_read(buf_span(&m->made), &a);
    if (e != ERR_OK)
        return e;
    m->sealed = a.key.sealed;
    m->key.public = a.key.public;
    e = order_chain(m, &a);
    if (e == ERR_OK)
        e = check_leaf(x, m);
    if (e != ERR_OK)
        return e;
    cert_key_detail(&m->whole, cert_key_home(&m->whole, x->site->has_token), &m->key);
    m->key.public = a.key.public;
    cert_ask_secret(x,
                    &(struct cert_secret){ .name = &m->name,
                                           .id = &m->id,
                                           .sealed = m->sealed,
                                           .in_secret = cert_key_in_secret(&m->whole, &m->key),
                                           .form = m->whole.form,
                                           .chain = m->chain,
                                           .n = m->n });
    return ERR_OK;
}

/* ------------------------------------------------------------------------ the end */

static enum err
fill_parts(const struct exchange *x, const struct import *m, struct cert_parts *out)
{
    const struct object_change *c = &m->body.change;

    *out = (struct cert_parts){ .id = m->id,
                                .tags = c->tags,
                                .key = m->key,
                                .key_sealed = m->sealed,
                                .secret_sealed = secbuf_span(&x->answer),
                                .form = m->whole.form,
                                .policy = &m->whole };
    out->attrs.enabled = !c->attrs.has_enabled || c->attrs.enabled;
    out->detail.has_key = cert_key_in_secret(&m->whole, &m->key);
    out->detail.wants_enabled = out->attrs.enabled;
    out->detail.keeps_order = m->body.keeps_order;
    return cert_parts_complete(out, m->chain, m->n);
}

/* What was made before is not what is there now. */
static enum err
drop_operation(struct exchange *x, const struct import *m)
{
    struct vault_at at = object_at(x);
    struct cert_operation op;
    enum err e = cert_operation_get(&at, m->name.key, &op);

    if (e == ERR_OK)
        cert_operation_drop(&at, &x->write, m->name.key, &op);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err
import_end(struct exchange *x, struct import *m, struct buf *room)
{
    struct vault_at at = object_at(x);
    struct cert_shown shown = { .policy = &m->whole };
    struct cert_heads heads;
    struct cert_parts parts;
    struct object out;
    enum err e = cert_secret_err(x->answer_err, m->why);

    if (e == ERR_OK)
        e = cert_check_add(&at, &m->name, &heads);
    if (e == ERR_OK)
        e = cert_check_idle(&at, &m->name);
    if (e == ERR_OK)
        e = fill_parts(x, m, &parts);
    if (e == ERR_OK)
        e = cert_put(&at, &heads, &parts, clock_now(), &x->write, room, &out);
    if (e == ERR_OK)
        e = cert_policy_replace(&at, m->name.key, &m->whole, clock_now(), &x->write);
    if (e == ERR_OK)
        e = drop_operation(x, m);
    if (e != ERR_OK)
        return e;
    object_note(x, m->name.spelled, m->id.text);
    object_reply(x, 200);
    e = cert_note(x, &out);
    return e == ERR_OK ? cert_put_bundle(x, &out, &shown, sink_sec(&x->resp.body)) : e;
}

enum next
api_cert_import(struct exchange *x)
{
    struct import *m = x->step == 0 ? import_new(x) : x->state;
    struct buf room;
    enum err e;

    if (m == NULL)
        return cert_fail(x, ERR_NOMEM, "import", "");
    if (x->step < 2) {
        e = x->step == 0 ? import_begin(x, m) : import_take(x, m);
        return e == ERR_OK ? NEXT_KEEPER : cert_fail(x, e, "import", m->why);
    }
    buf_init(&room, DETAIL_MAX);
    e = import_end(x, m, &room);
    buf_release(&room);
    return e == ERR_OK ? object_finish(x, NEXT_COMMIT) : cert_fail(x, e, "import", m->why);
}
