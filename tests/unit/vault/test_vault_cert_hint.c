/* SPDX-License-Identifier: Apache-2.0 */
/* test_vault_cert_hint.c - what an issuer suggests: its row, its place in the schedule, its
 * day. */
#include "vault/cert_hint.h"

#include "codec/pack.h"
#include "world.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

static const struct attrs life = { .enabled = true,
                                   .has_nbf = true,
                                   .has_exp = true,
                                   .nbf = WORLD_NOW,
                                   .created = WORLD_NOW,
                                   .exp = WORLD_NOW + 90 * DAY };

static struct vault_at
at_certs(void)
{
    world.kind = KIND_CERTIFICATE;
    return world_at();
}

static struct cert_hint
hint(int64_t ask)
{
    return (struct cert_hint){ .version = hex32_new(),
                               .issuer = span_str("ISSUER"),
                               .directory = span_str("https://acme.example/dir"),
                               .id = span_str("a.b"),
                               .ask = ask,
                               .from = 5,
                               .until = 9,
                               .when = 7 };
}

static void
put(const struct cert_hint *h)
{
    struct vault_at at = at_certs();
    struct store_write w;

    store_write_init(&w);
    cert_hint_put(&at, &w, "NAME", h);
    assert_int_equal(world_commit(&w), ERR_OK);
}

/* The first row of the schedule, asked about at `now`, and what follows from it committed. */
static enum err
due(int64_t now, struct cert_hint_due *out)
{
    struct vault_at at = at_certs();
    struct store_write w;
    char key[256], text[32];
    struct cert_hint h;
    enum err e;

    assert_int_equal(cert_hint_get(&at, "NAME", &h), ERR_OK);
    (void)snprintf(text, sizeof(text), "%016llx", (unsigned long long)h.ask);
    (void)snprintf(key, sizeof(key), "cq/%s/h/%s/NAME", text, world.vault->id.text);
    store_write_init(&w);
    e = cert_hint_due_get(world.rows, at.view, span_str(key), now, &w, out);
    if (e == ERR_OK && out->stale)
        assert_int_equal(world_commit(&w), ERR_OK);
    else
        store_write_release(&w);
    vault_unref(out->vault);
    return e;
}

static void
a_row_comes_back_as_it_was_put(void **state)
{
    struct cert_hint h = hint(100), got;
    struct vault_at at;

    (void)state;
    put(&h);
    at = at_certs();
    assert_int_equal(cert_hint_get(&at, "NAME", &got), ERR_OK);
    assert_string_equal(got.version.text, h.version.text);
    assert_true(span_is_str(got.issuer, "ISSUER") && span_is_str(got.id, "a.b"));
    assert_true(span_is_str(got.directory, "https://acme.example/dir"));
    assert_true(got.ask == 100 && got.from == 5 && got.until == 9 && got.when == 7);
    assert_int_equal(cert_hint_get(&at, "OTHER", &got), ERR_NOT_FOUND);
}

static void
it_stands_in_the_schedule_once(void **state)
{
    struct cert_hint h = hint(100);
    struct vault_at at;
    struct store_write w;

    (void)state;
    put(&h);
    put(&h);
    h.ask = 200;
    put(&h);
    assert_int_equal(world_rows("cq/"), 1);
    at = at_certs();
    store_write_init(&w);
    cert_hint_drop(&at, &w, "NAME");
    assert_int_equal(world_commit(&w), ERR_OK);
    assert_int_equal(world_rows("cq/") + world_rows("ch/"), 0);
}

static void
what_is_no_hint_is_refused(void **state)
{
    struct cert_hint h;
    struct buf b;

    (void)state;
    assert_int_equal(cert_hint_read(span_str(""), &h), ERR_FORMAT);
    buf_init(&b, 4096);
    pack_u8(sink_buf(&b), 1);
    pack_str(sink_buf(&b), "0123456789abcdef0123456789abcdef");
    for (int i = 0; i < 3; i++)
        pack_str(sink_buf(&b), "x");
    pack_i64(sink_buf(&b), 1);
    pack_i64(sink_buf(&b), 9);
    pack_i64(sink_buf(&b), 5); /* ends before it begins */
    pack_i64(sink_buf(&b), 7);
    assert_int_equal(cert_hint_read(buf_span(&b), &h), ERR_FORMAT);
    b.ptr[0] = 2;
    assert_int_equal(cert_hint_read(buf_span(&b), &h), ERR_FORMAT);
    assert_int_not_equal(cert_hint_read(span_head(buf_span(&b), b.len - 1), &h), ERR_OK);
    buf_release(&b);
}

static void
one_version_has_one_moment_in_the_window_and_others_have_others(void **state)
{
    int64_t first = 0;
    unsigned differ = 0;

    (void)state;
    for (int i = 0; i < 64; i++) {
        struct hex32 version = hex32_new();
        int64_t when = cert_hint_choose(&version, WORLD_NOW, WORLD_NOW + DAY);

        assert_true(when >= WORLD_NOW && when <= WORLD_NOW + DAY);
        assert_int_equal(cert_hint_choose(&version, WORLD_NOW, WORLD_NOW + DAY), when);
        assert_int_equal(cert_hint_choose(&version, 8, 8), 8);
        differ += when != first;
        first = when;
    }
    assert_true(differ > 50);
}

static void
a_moment_of_the_past_waits_for_hours_behind_the_issuance(void **state)
{
    struct cert_hint h = hint(1);
    struct attrs brief = life;

    (void)state;
    h.when = WORLD_NOW - DAY;
    assert_int_equal(cert_hint_time(&h, &life), WORLD_NOW + HINT_SOONEST);
    brief.exp = brief.nbf + 10 * HOUR;
    assert_int_equal(cert_hint_time(&h, &brief), WORLD_NOW + HOUR);
    h.when = WORLD_NOW + 30 * DAY;
    assert_int_equal(cert_hint_time(&h, &life), h.when);
    h.when = 0;
    assert_int_equal(cert_hint_time(&h, &life), 0);
}

/* A head alone: what the schedule needs to know of a certificate. */
static void
put_head(enum head_state state, const struct hex32 *current)
{
    struct object_head head = { .name = world_name("Name"),
                                .current = *current,
                                .newest = *current };
    struct vault_at at = at_certs();
    struct store_write w;

    store_write_init(&w);
    object_head_put(&at, &w, state, &head);
    assert_int_equal(world_commit(&w), ERR_OK);
}

static void
it_is_due_when_its_time_has_come_and_it_is_about_the_current_version(void **state)
{
    struct cert_hint h = hint(WORLD_NOW);
    struct cert_hint_due d;

    (void)state;
    put(&h);
    put_head(HEAD_LIVE, &h.version);
    assert_int_equal(due(WORLD_NOW - 1, &d), ERR_NOT_FOUND);
    assert_int_equal(due(WORLD_NOW, &d), ERR_OK);
    assert_false(d.stale);
    assert_string_equal(d.name.spelled, "Name");
}

static void
another_version_or_none_drops_it(void **state)
{
    struct cert_hint h = hint(WORLD_NOW);
    struct hex32 other = hex32_new();
    struct cert_hint_due d;

    (void)state;
    put(&h);
    put_head(HEAD_LIVE, &other);
    assert_int_equal(due(WORLD_NOW, &d), ERR_OK);
    assert_true(d.stale);
    assert_int_equal(world_rows("cq/") + world_rows("ch/"), 0);
}

static void
what_is_purged_drops_it(void **state)
{
    struct cert_hint h = hint(WORLD_NOW);
    struct cert_hint_due d;

    (void)state;
    put(&h);
    assert_int_equal(due(WORLD_NOW, &d), ERR_OK);
    assert_true(d.stale);
    assert_int_equal(world_rows("cq/") + world_rows("ch/"), 0);
}

static void
what_is_deleted_is_looked_at_a_day_later(void **state)
{
    struct cert_hint h = hint(WORLD_NOW), got;
    struct cert_hint_due d;
    struct vault_at at;

    (void)state;
    put(&h);
    put_head(HEAD_DELETED, &h.version);
    assert_int_equal(due(WORLD_NOW, &d), ERR_OK);
    assert_true(d.stale);
    at = at_certs();
    assert_int_equal(cert_hint_get(&at, "NAME", &got), ERR_OK);
    assert_int_equal(got.ask, WORLD_NOW + DAY);
    assert_int_equal(world_rows("cq/"), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_row_comes_back_as_it_was_put),
        T(it_stands_in_the_schedule_once),
        T(what_is_no_hint_is_refused),
        T(one_version_has_one_moment_in_the_window_and_others_have_others),
        T(a_moment_of_the_past_waits_for_hours_behind_the_issuance),
        T(it_is_due_when_its_time_has_come_and_it_is_about_the_current_version),
        T(another_version_or_none_drops_it),
        T(what_is_purged_drops_it),
        T(what_is_deleted_is_looked_at_a_day_later),
    };

    return cmocka_run_group_tests_name("vault/cert_hint", tests, world_open, world_close);
}
