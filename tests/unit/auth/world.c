/* SPDX-License-Identifier: Apache-2.0 */
/* world.c - see world.h. */
#include "world.h"

#include "auth/mint.h"
#include "auth/role.h"
#include "base/clock.h"
#include "base/log.h"
#include "codec/jsn.h"
#include "codec/pack.h"
#include "crypto/scrypt.h"
#include "crypto/sign.h"
#include "crypto/x509.h"
#include "seal/wrap.h"

enum { SECMEM = 8 * 1024 * 1024 };

struct guid
world_guid(const char *text)
{
    struct guid g;

    assert_true(guid_parse(span_str(text), &g));
    return g;
}

void
world_look(struct world *w)
{
    store_end(w->view);
    assert_int_equal(store_begin(w->store, &w->view), ERR_OK);
}

void
world_commit(struct world *w, struct store_write *sw)
{
    struct store_item item = { .packed = buf_span(&sw->bytes) };

    assert_int_equal(store_write_err(sw), ERR_OK);
    assert_int_equal(store_commit(w->store, &item, 1), ERR_OK);
    assert_int_equal(item.result, ERR_OK);
    store_write_release(sw);
    world_look(w);
}

static void
add_tenant(struct world *w)
{
    struct tenant t = { .tid = w->tid, .created = WORLD_NOW };
    struct store_write sw;

    (void)snprintf(t.name, sizeof(t.name), "Contoso");
    (void)snprintf(t.domain, sizeof(t.domain), WORLD_DOMAIN);
    store_write_init(&sw);
    tenant_store(w->rows, &sw, &t, 0);
    world_commit(w, &sw);
}

struct world *
world_open(void)
{
    static const uint8_t key[ROW_KEY_LEN] = "0123456789abcdef0123456789abcde";
    struct store_config cfg = { .engine = "mem" };
    struct world *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    assert_int_equal(secmem_init(SECMEM), ERR_OK);
    jsn_setup();
    log_set_level(LOG_ERROR);
    clock_set_offset(0);
    clock_set_offset(WORLD_NOW - clock_now());
    assert_int_equal(store_open(&cfg, &w->store), ERR_OK);
    assert_int_equal(rows_new(span_of(key, sizeof(key)), &w->rows), ERR_OK);
    assert_int_equal(root_key_new(&w->root), ERR_OK);
    w->tid = world_guid(WORLD_TENANT);
    add_tenant(w);
    return w;
}

void
world_close(struct world *w)
{
    store_end(w->view);
    store_close(w->store);
    rows_free(w->rows);
    root_key_free(w->root);
    free(w);
    secmem_release();
    clock_set_offset(0);
}

void
world_add_app(struct world *w, const char *appid, const char *oid)
{
    struct principal p = { .tid = w->tid,
                           .oid = world_guid(oid),
                           .kind = PRINCIPAL_APPLICATION,
                           .enabled = true,
                           .appid = world_guid(appid),
                           .created = WORLD_NOW };
    struct application *a = application_new();
    struct store_write sw;

    assert_non_null(a);
    a->appid = p.appid;
    a->tid = w->tid;
    a->enabled = true;
    (void)snprintf(a->name, sizeof(a->name), "app %s", appid);
    (void)snprintf(p.name, sizeof(p.name), "app %s", appid);
    store_write_init(&sw);
    application_store(w->rows, &sw, a, 0);
    principal_store(w->rows, &sw, &p, 0);
    world_commit(w, &sw);
    application_free(a);
}

void
world_add_group(struct world *w, const char *gid)
{
    struct group g = { .tid = w->tid, .id = world_guid(gid), .created = WORLD_NOW };
    struct store_write sw;

    (void)snprintf(g.name, sizeof(g.name), "group %s", gid);
    store_write_init(&sw);
    group_store(w->rows, &sw, &g, 0);
    world_commit(w, &sw);
}

void
world_add_member(struct world *w, const char *gid, const char *member)
{
    struct group g = { .tid = w->tid, .id = world_guid(gid) };
    struct guid m = world_guid(member);
    struct store_write sw;

    store_write_init(&sw);
    group_add_member(w->rows, &sw, &g, &m);
    world_commit(w, &sw);
}

struct guid
world_assign(struct world *w, const char *oid, const char *role, const char *scope)
{
    const struct role *r = role_by_name(span_str(role));
    struct assignment a = { .id = guid_new(),
                            .tid = w->tid,
                            .principal = world_guid(oid),
                            .kind = ASSIGNEE_SERVICE,
                            .created = WORLD_NOW };
    struct store_write sw;

    assert_non_null(r);
    a.role = world_guid(r->guid);
    assert_true(assignment_scope_make(span_str(scope), a.scope));
    store_write_init(&sw);
    assignment_store(w->rows, &sw, &a);
    world_commit(w, &sw);
    return a.id;
}

/* --------------------------------------------------------------- the keeper */

/* RSA keys are dear: a few serve all worlds of a program. They guard nothing. */
enum { KEYS = 3, KEY_BYTES = 2048 };
static struct {
    uint8_t pkcs8[KEY_BYTES], spki[KEY_BYTES], der[KEY_BYTES];
    size_t pkcs8_len, spki_len, der_len;
} keys[KEYS];

static size_t
keep(struct span s, uint8_t out[static KEY_BYTES])
{
    assert_true(s.len <= KEY_BYTES);
    memcpy(out, s.ptr, s.len);
    return s.len;
}

static void
make_key(unsigned i)
{
    struct secbuf pkcs8;
    struct buf spki, der;
    struct signkey *key;

    secbuf_init(&pkcs8, KEY_BYTES);
    buf_init(&spki, KEY_BYTES);
    buf_init(&der, KEY_BYTES);
    assert_int_equal(signkey_new(SIGNKEY_RSA, &key), ERR_OK);
    assert_int_equal(signkey_put_pkcs8(key, &pkcs8), ERR_OK);
    assert_int_equal(signkey_put_spki(key, &spki), ERR_OK);
    assert_int_equal(x509_make_self(key, "token", WORLD_NOW - 3600, WORLD_NOW + 86400, &der),
                     ERR_OK);
    keys[i].pkcs8_len = keep(secbuf_span(&pkcs8), keys[i].pkcs8);
    keys[i].spki_len = keep(buf_span(&spki), keys[i].spki);
    keys[i].der_len = keep(buf_span(&der), keys[i].der);
    signkey_free(key);
    buf_release(&der);
    buf_release(&spki);
    secbuf_release(&pkcs8);
}

static enum err
keeper_signkey_new(struct world *w, const struct keeper_question *q, struct secbuf *answer)
{
    unsigned i = w->keys_made++ % KEYS;
    struct buf wrapped;

    assert_int_equal(q->purpose, PURPOSE_TOKEN);
    if (keys[i].pkcs8_len == 0)
        make_key(i);
    buf_init(&wrapped, WRAPPED_MAX);
    assert_int_equal(wrap_seal(w->root, PURPOSE_TOKEN, q->name,
                               span_of(keys[i].pkcs8, keys[i].pkcs8_len), sink_buf(&wrapped)),
                     ERR_OK);
    pack_bytes(sink_sec(answer), buf_span(&wrapped));
    pack_bytes(sink_sec(answer), span_of(keys[i].spki, keys[i].spki_len));
    pack_bytes(sink_sec(answer), span_of(keys[i].der, keys[i].der_len));
    buf_release(&wrapped);
    return answer->err;
}

static enum err
keeper_sign(struct world *w, const struct keeper_question *q, struct secbuf *answer)
{
    struct signkey *key = NULL;
    struct secbuf pkcs8;
    uint8_t sig[SIG_MAX];
    size_t len = 0;
    enum err e;

    assert_int_equal(q->key.purpose, PURPOSE_TOKEN);
    assert_int_equal(q->alg, SIGN_RS256);
    secbuf_init(&pkcs8, WRAPPED_MAX);
    e = wrap_open(w->root, PURPOSE_TOKEN, q->key.id, q->key.bytes, &pkcs8);
    if (e == ERR_OK)
        e = signkey_load(secbuf_span(&pkcs8), &key);
    if (e == ERR_OK)
        e = signkey_sign(key, SIG_RS256, DIGEST_SHA256, q->bytes, sig, sizeof(sig), &len);
    secbuf_put(answer, span_of(sig, len));
    signkey_free(key);
    secbuf_release(&pkcs8);
    return e;
}

enum err
world_keeper(struct world *w, enum keeper_op op, struct span ask, struct secbuf *answer)
{
    static const struct scrypt_cost cheap = { 4, 8, 1 };
    struct keeper_question q;

    assert_int_equal(keeper_unpack(op, ask, &q), ERR_OK);
    if (op == KEEPER_SIGNKEY_NEW)
        return keeper_signkey_new(w, &q, answer);
    if (op == KEEPER_SIGN)
        return keeper_sign(w, &q, answer);
    if (op == KEEPER_PASSWORD_HASH)
        return scrypt_record_make(q.bytes, &cheap, sink_sec(answer));
    assert_int_equal(op, KEEPER_PASSWORD_CHECK);
    return scrypt_record_check(q.record, q.bytes);
}

void
world_add_signing_key(struct world *w, int64_t now, char kid[static KID_LEN + 1])
{
    struct secbuf ask, answer;
    struct store_write sw;

    secbuf_init(&ask, 1024);
    secbuf_init(&answer, WRAPPED_MAX * 3);
    signing_key_new_kid(kid);
    keeper_pack_signkey_new(sink_sec(&ask), PURPOSE_TOKEN, span_str(kid));
    assert_int_equal(world_keeper(w, KEEPER_SIGNKEY_NEW, secbuf_span(&ask), &answer), ERR_OK);
    store_write_init(&sw);
    assert_int_equal(signing_key_add(w->rows, &sw, kid, secbuf_span(&answer), now), ERR_OK);
    world_commit(w, &sw);
    secbuf_release(&answer);
    secbuf_release(&ask);
}

void
world_mint(struct world *w, const struct claims *c, struct secbuf *token)
{
    struct secbuf ask, sig;
    struct buf text;

    secbuf_init(&ask, 64 * 1024);
    secbuf_init(&sig, SIGNATURE_MAX);
    buf_init(&text, MAX_TOKEN);
    world_look(w);
    assert_int_equal(mint_begin(w->rows, w->view, c, &text, &ask), ERR_OK);
    assert_int_equal(world_keeper(w, KEEPER_SIGN, secbuf_span(&ask), &sig), ERR_OK);
    assert_int_equal(mint_end(buf_span(&text), secbuf_span(&sig), token), ERR_OK);
    buf_release(&text);
    secbuf_release(&sig);
    secbuf_release(&ask);
}

struct claims
world_claims(const struct world *w, const char *appid, const char *oid)
{
    return (struct claims){ .origin = WORLD_ORIGIN,
                            .version = 1,
                            .tid = w->tid,
                            .oid = world_guid(oid),
                            .appid = world_guid(appid),
                            .aud = span_str("https://vault.keyhold.test:8443"),
                            .appidacr = "1",
                            .now = WORLD_NOW,
                            .not_before = WORLD_NOW,
                            .expires = WORLD_NOW + 3599 };
}
