/* SPDX-License-Identifier: Apache-2.0 */
/* world.c - see world.h. */
#include "world.h"

#include "base/secbuf.h"
#include "codec/jsn.h"
#include "crypto/setup.h"
#include "play_keeper.h"

struct world world;

int
world_open(void **state)
{
    (void)state;
    if (secmem_init(8 * 1024 * 1024) != ERR_OK || crypto_setup() != ERR_OK)
        return -1;
    jsn_setup();
    play_keeper_begin();
    return 0;
}

int
world_close(void **state)
{
    size_t used, total;

    (void)state;
    play_keeper_end();
    secmem_usage(&used, &total);
    secmem_release();
    return used == 0 ? 0 : -1;
}

int
world_setup(void **state)
{
    struct store_config cfg = { .engine = "mem", .path = "" };
    uint8_t key[ROW_KEY_LEN] = { 1, 2, 3 };

    (void)state;
    world.kind = KIND_SECRET;
    if (store_open(&cfg, &world.store) != ERR_OK ||
        rows_new(span_of(key, sizeof(key)), &world.rows) != ERR_OK)
        return -1;
    world_add_vault("Contoso", WORLD_SUBSCRIPTION, 90, false);
    return 0;
}

int
world_teardown(void **state)
{
    (void)state;
    vault_unref(world.vault);
    store_end(world.view);
    store_close(world.store);
    rows_free(world.rows);
    world = (struct world){ 0 };
    return 0;
}

static void
fresh_view(void)
{
    store_end(world.view);
    world.view = NULL;
    assert_int_equal(store_begin(world.store, &world.view), ERR_OK);
}

struct vault_at
world_at(void)
{
    fresh_view();
    return (struct vault_at){ world.rows, world.view, world.vault, world.kind };
}

enum err
world_commit(struct store_write *w)
{
    struct store_item item = { .packed = buf_span(&w->bytes) };
    enum err e = store_write_err(w);

    store_end(world.view);
    world.view = NULL;
    if (e == ERR_OK)
        e = store_commit(world.store, &item, 1);
    if (e == ERR_OK)
        e = item.result;
    store_write_release(w);
    return e;
}

void
world_tamper(struct span key, const struct span *value)
{
    struct store_write w;

    store_write_init(&w);
    if (value != NULL)
        store_write_put(&w, key, *value);
    else
        store_write_delete(&w, key);
    assert_int_equal(world_commit(&w), ERR_OK);
}

struct buf
world_raw(struct span key)
{
    struct store_row row;
    struct buf b;

    fresh_view();
    buf_init(&b, MAX_STORE_VALUE);
    assert_int_equal(store_get(world.view, key, &row), ERR_OK);
    buf_put(&b, row.value);
    return b;
}

void
world_add_vault(const char *name, const char *subscription, unsigned retention,
                bool purge_protection)
{
    struct vault_settings s = { .name = span_str(name),
                                .resource_group = span_str("RG-1"),
                                .location = span_str("local"),
                                .rbac = true,
                                .purge_protection = purge_protection,
                                .retention_days = retention };
    struct guid id = guid_new();
    struct secbuf ask, answer;
    struct store_write w;
    struct vault *v;

    assert_true(guid_parse(span_str(WORLD_TENANT), &s.tenant));
    assert_true(guid_parse(span_str(subscription), &s.subscription));
    secbuf_init(&ask, 4096);
    secbuf_init(&answer, 4096);
    keeper_pack_key_new(sink_sec(&ask), PURPOSE_VAULT, span_str(id.text));
    assert_int_equal(play_keeper(KEEPER_KEY_NEW, secbuf_span(&ask), &answer), ERR_OK);
    assert_int_equal(vault_new(&s, &id, secbuf_span(&answer), &v), ERR_OK);
    store_write_init(&w);
    vault_store(world.rows, &w, v, 0);
    assert_int_equal(world_commit(&w), ERR_OK);
    vault_unref(v);
    secbuf_release(&ask);
    secbuf_release(&answer);
    vault_unref(world.vault);
    fresh_view();
    assert_int_equal(vault_load(world.rows, world.view, span_str(name), &world.vault), ERR_OK);
}

static bool
count_row(void *arg, const struct store_row *row)
{
    (void)row;
    ++*(size_t *)arg;
    return true;
}

size_t
world_rows(const char *prefix)
{
    size_t n = 0;

    fresh_view();
    assert_int_equal(
        store_scan(world.view, span_str(prefix), (struct span){ 0 }, SIZE_MAX, count_row, &n),
        ERR_OK);
    return n;
}

struct object_name
world_name(const char *text)
{
    struct object_name name;

    assert_true(object_name_parse(span_str(text), &name));
    return name;
}

enum err
world_set(const char *name, const char *value, const struct object_change *change, int64_t now,
          struct hex32 *id)
{
    static const struct object_change none;
    struct object_name n = world_name(name);
    struct vault_at at = world_at();
    struct hex32 version = object_version_id();
    struct secbuf ask, answer;
    struct store_write w;
    struct object out;
    enum err e;

    secbuf_init(&ask, 256 * 1024);
    secbuf_init(&answer, 256 * 1024);
    store_write_init(&w);
    secret_ask_seal(&at, &n, &version, span_str(value), sink_sec(&ask));
    e = play_keeper(KEEPER_SEAL, secbuf_span(&ask), &answer);
    if (e == ERR_OK)
        e = object_add(&at, &n, &version, change == NULL ? &none : change, secbuf_span(&answer),
                       now, &w, &out);
    if (e == ERR_OK)
        e = world_commit(&w);
    else
        store_write_release(&w);
    secbuf_release(&ask);
    secbuf_release(&answer);
    if (id != NULL)
        *id = version;
    return e;
}

struct key_detail
world_ec(void)
{
    static const uint8_t x[32] = { 1 }, y[32] = { 2 };
    struct key_detail d = { .home = HOME_SOFTWARE,
                            .public = { .type = KEY_EC,
                                        .curve = CURVE_P256,
                                        .bits = 256,
                                        .x = span_of(x, sizeof(x)),
                                        .y = span_of(y, sizeof(y)) } };

    key_default_ops(KEY_EC, &d);
    return d;
}

enum err
world_add_key(const char *name, const struct key_detail *d, const struct object_change *change,
              int64_t now, struct hex32 *id)
{
    struct object_change c = change != NULL ? *change : (struct object_change){ 0 };
    struct object_name n = world_name(name);
    struct wrapped key = vault_key(world.vault);
    struct hex32 version = object_version_id();
    struct object_id oid = object_id_of(&world.vault->id, KIND_KEY, n.key, &version);
    struct secbuf ask, answer;
    struct store_write w;
    struct vault_at at;
    struct object out;
    struct buf detail;
    enum err e;

    world.kind = KIND_KEY;
    at = world_at();
    buf_init(&detail, DETAIL_MAX);
    key_detail_pack(sink_buf(&detail), d);
    c.has_detail = true;
    c.detail = buf_span(&detail);
    secbuf_init(&ask, 64 * 1024);
    secbuf_init(&answer, 64 * 1024);
    store_write_init(&w);
    keeper_pack_seal(sink_sec(&ask), &key, &oid, span_str("private"));
    e = play_keeper(KEEPER_SEAL, secbuf_span(&ask), &answer);
    if (e == ERR_OK)
        e = object_add(&at, &n, &version, &c, secbuf_span(&answer), now, &w, &out);
    if (e == ERR_OK)
        e = world_commit(&w);
    else
        store_write_release(&w);
    secbuf_release(&ask);
    secbuf_release(&answer);
    buf_release(&detail);
    if (id != NULL)
        *id = version;
    return e;
}

void
world_add_versions(const char *name, unsigned n)
{
    enum { A_COMMIT = 2000 };
    struct object_name of = world_name(name);
    struct object_head head;

    while (n > 0) {
        struct object_version v = { .generation = 1 };
        struct vault_at at = world_at();
        struct store_write w;

        store_write_init(&w);
        assert_int_equal(object_head_get(&at, HEAD_LIVE, of.key, &head), ERR_OK);
        for (unsigned i = 0; i < A_COMMIT && n > 0; i++, n--) {
            v.older = head.newest;
            v.id = head.newest = object_version_id();
            object_version_put(&at, &w, of.key, &v);
        }
        object_head_put(&at, &w, HEAD_LIVE, &head);
        assert_int_equal(world_commit(&w), ERR_OK);
    }
}

struct object_change
world_typed(const char *content_type)
{
    static uint8_t room[SECRET_DETAIL_MAX];
    struct object_change c = { 0 };

    assert_true(secret_detail_set(&c, span_str(content_type), room));
    return c;
}

const char *
world_type(const struct object *o)
{
    static char text[MAX_CONTENT_TYPE_BYTES + 1];
    struct secret_detail d;

    assert_int_equal(secret_detail_read(o->v.detail, &d), ERR_OK);
    assert_true(span_copy_str(d.content_type, text, sizeof(text)));
    return d.has_type ? text : "(none)";
}

enum err
world_open_value(const struct object *s, char *out, size_t cap)
{
    struct vault_at at = { world.rows, world.view, world.vault, KIND_SECRET };
    struct secbuf ask, answer;
    enum err e;

    secbuf_init(&ask, 256 * 1024);
    secbuf_init(&answer, 256 * 1024);
    secret_ask_open(&at, s, sink_sec(&ask));
    e = play_keeper(KEEPER_OPEN, secbuf_span(&ask), &answer);
    if (e == ERR_OK)
        assert_true(span_copy_str(secbuf_span(&answer), out, cap));
    secbuf_release(&ask);
    secbuf_release(&answer);
    return e;
}

enum err
world_keeper(enum keeper_op op, struct span question, struct secbuf *answer)
{
    return play_keeper(op, question, answer);
}
