/* SPDX-License-Identifier: Apache-2.0 */
/* What a key says of itself, and the whole table of what may be done with it. */
#include "vault/key.h"
#include "world.h"

/* ------------------------------------------------------------------- details */

static struct key_detail
rsa(void)
{
    static uint8_t n[256] = { 0xc1 };
    static const uint8_t e[] = { 1, 0, 1 };
    struct key_detail d = { .hsm = true,
                            .home = HOME_TOKEN,
                            .exportable = true,
                            .public = { .type = KEY_RSA,
                                        .bits = 2048,
                                        .n = span_of(n, sizeof(n)),
                                        .e = span_of(e, sizeof(e)) },
                            .release = { .is_set = true,
                                         .immutable = true,
                                         .content_type = span_str("application/json"),
                                         .data = span_str("{\"version\":\"1.0.0\"}") } };

    n[255] = 1;
    key_default_ops(KEY_RSA, &d);
    return d;
}

static struct buf
packed(const struct key_detail *d)
{
    struct buf b;

    buf_init(&b, DETAIL_MAX);
    key_detail_pack(sink_buf(&b), d);
    assert_int_equal(b.err, ERR_OK);
    return b;
}

static void
details_survive_their_bytes(void **state)
{
    struct key_detail all[] = {
        rsa(), world_ec(), { .home = HOME_SOFTWARE, .public = { .type = KEY_OCT, .bits = 256 } }
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct key_detail *d = &all[i];
        struct buf b = packed(d);
        struct key_detail got;

        assert_int_equal(key_detail_read(buf_span(&b), &got), ERR_OK);
        assert_int_equal(got.hsm, d->hsm);
        assert_int_equal(got.home, d->home);
        assert_int_equal(got.exportable, d->exportable);
        assert_int_equal(got.nops, d->nops);
        assert_memory_equal(got.ops, d->ops, KEY_OPS_MAX);
        assert_int_equal(got.public.type, d->public.type);
        assert_int_equal(got.public.bits, d->public.bits);
        assert_true(span_is_equal(got.public.n, d->public.n));
        assert_true(span_is_equal(got.public.x, d->public.x));
        assert_int_equal(got.release.is_set, d->release.is_set);
        assert_int_equal(got.release.immutable, d->release.immutable);
        assert_true(span_is_equal(got.release.content_type, d->release.content_type));
        assert_true(span_is_equal(got.release.data, d->release.data));
        buf_release(&b);
    }
}

static void
details_cut_or_lengthened_are_refused(void **state)
{
    struct key_detail d = rsa(), got;
    struct buf b = packed(&d);

    (void)state;
    for (size_t n = 0; n < b.len; n++)
        assert_int_equal(key_detail_read(span_head(buf_span(&b), n), &got), ERR_FORMAT);
    assert_int_equal(got.nops, 0); /* nothing half-read comes out */
    buf_put_byte(&b, 0);
    assert_int_equal(key_detail_read(buf_span(&b), &got), ERR_FORMAT);
    buf_release(&b);
}

static void
details_with_impossible_fields_are_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } bad[] = {
        { 0, 0 },    { 0, 2 },          /* format */
        { 1, 0x10 }, { 1, 0x08 },       /* flags: unknown; immutable without a policy */
        { 2, 0 },    { 2, HOME__MAX },  /* home */
        { 7, 8 },    { 7, KEY_VERIFY }, /* key_ops: unknown; twice */
        { 9, 0 },    { 9, 99 },         /* type */
        { 10, 0 },   { 10, CURVE_P384 } /* curve */
    };
    struct key_detail d = world_ec(), got;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf b = packed(&d);

        b.ptr[bad[i].at] = bad[i].value;
        assert_int_equal(key_detail_read(buf_span(&b), &got), ERR_FORMAT);
        buf_release(&b);
    }
}

static void
release_policy_has_a_limit(void **state)
{
    struct key_detail d = world_ec(), got;
    char *text = calloc(1, RELEASE_POLICY_MAX + 1);
    struct buf b;

    (void)state;
    assert_non_null(text);
    d.release =
        (struct release_policy){ .is_set = true, .data = span_of(text, RELEASE_POLICY_MAX) };
    b = packed(&d);
    assert_int_equal(key_detail_read(buf_span(&b), &got), ERR_OK);
    buf_release(&b);
    d.release.data = span_of(text, RELEASE_POLICY_MAX + 1);
    b = packed(&d);
    assert_int_equal(key_detail_read(buf_span(&b), &got), ERR_FORMAT);
    buf_release(&b);
    free(text);
}

/* ------------------------------------------------------------------- key_ops */

static const char *
ops_text(const struct key_detail *d)
{
    static char text[128];
    size_t n = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < d->nops; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i > 0 ? " " : "",
                              key_op_name((enum key_op)d->ops[i]));
    return text;
}

static void
each_type_has_its_default_ops(void **state)
{
    struct key_detail d = { .nops = 5 };

    (void)state;
    key_default_ops(KEY_RSA, &d);
    assert_string_equal(ops_text(&d), "encrypt decrypt sign verify wrapKey unwrapKey");
    key_default_ops(KEY_EC, &d);
    assert_string_equal(ops_text(&d), "sign verify");
    key_default_ops(KEY_OKP, &d);
    assert_string_equal(ops_text(&d), "sign verify");
    key_default_ops(KEY_OCT, &d);
    assert_string_equal(ops_text(&d), "encrypt decrypt wrapKey unwrapKey");
}

static void
ops_keep_the_clients_order(void **state)
{
    static const enum key_op ops[] = { KEY_UNWRAP, KEY_SIGN, KEY_EXPORT, KEY_DECRYPT };
    static const enum key_op import[] = { KEY_IMPORT };
    struct key_detail d = { .nops = 0 };

    (void)state;
    assert_int_equal(key_set_ops(&d, KEY_RSA, ops, 4), ERR_OK);
    assert_string_equal(ops_text(&d), "unwrapKey sign export decrypt");
    assert_true(key_has_op(&d, KEY_SIGN));
    assert_false(key_has_op(&d, KEY_VERIFY));
    assert_int_equal(key_set_ops(&d, KEY_RSA, import, 1), ERR_OK);
    assert_string_equal(ops_text(&d), "import");
    assert_int_equal(key_set_ops(&d, KEY_RSA, ops, 0), ERR_OK);
    assert_string_equal(ops_text(&d), "");
}

static void
ops_that_a_type_cannot_do_are_refused(void **state)
{
    static const enum key_op twice[] = { KEY_SIGN, KEY_SIGN };
    static const enum key_op transport[] = { KEY_IMPORT, KEY_SIGN };
    static const enum key_op many[KEY_OPS_MAX + 1] = { KEY_SIGN };
    static const enum key_op unknown[] = { KEY_OP__MAX };
    struct key_detail d = world_ec();

    (void)state;
    for (enum key_type t = KEY_RSA; t < KEY_TYPE__MAX; t++)
        for (enum key_op op = 0; op < KEY_OP__MAX; op++) {
            bool six = t == KEY_RSA || t == KEY_OCT;
            bool can = op == KEY_EXPORT || op == KEY_SIGN || op == KEY_VERIFY ||
                       (six && op <= KEY_UNWRAP) || (op == KEY_IMPORT && t == KEY_RSA);

            assert_int_equal(key_set_ops(&d, t, &op, 1), can ? ERR_OK : ERR_ARG);
        }
    d = world_ec();
    assert_int_equal(key_set_ops(&d, KEY_RSA, twice, 2), ERR_ARG);
    assert_int_equal(key_set_ops(&d, KEY_RSA, transport, 2), ERR_ARG);
    assert_int_equal(key_set_ops(&d, KEY_RSA, many, KEY_OPS_MAX + 1), ERR_ARG);
    assert_int_equal(key_set_ops(&d, KEY_RSA, unknown, 1), ERR_ARG);
    assert_string_equal(ops_text(&d), "sign verify"); /* a refusal changes nothing */
}

/* ------------------------------------------------- the table of what may be done */

enum { NOW = 1000 };

/* Moments of nbf and exp around now; valid when nbf <= now < exp. */
static const struct {
    bool set;
    int64_t at;
} moments[] = { { false, 0 }, { true, NOW - 1 }, { true, NOW }, { true, NOW + 1 } };
enum { NMOMENTS = 4 };

/* Said again, slowly, and from the reference rather than from the code (data-plane.md C9). */
static enum err
expected(bool enabled, bool exportable, bool listed, enum key_op op, int nbf, int exp)
{
    bool makes_new = op == KEY_ENCRYPT || op == KEY_WRAP || op == KEY_SIGN;

    if (!enabled)
        return ERR_DISABLED;
    if (op == KEY_EXPORT)
        return exportable ? ERR_OK : ERR_KEY_OP;
    if (!listed)
        return ERR_KEY_OP;
    if (!makes_new)
        return ERR_OK;
    if (nbf == 3)
        return ERR_NOT_YET;
    return exp == 1 || exp == 2 ? ERR_EXPIRED : ERR_OK;
}

static void
check_row(enum key_type type, enum key_op op, unsigned bits, int nbf, int exp)
{
    bool listed = (bits & 1) != 0, enabled = (bits & 2) != 0, exportable = (bits & 4) != 0;
    struct key_detail d = { .exportable = exportable, .public = { .type = type } };
    struct attrs a = { .enabled = enabled,
                       .has_nbf = moments[nbf].set,
                       .nbf = moments[nbf].at,
                       .has_exp = moments[exp].set,
                       .exp = moments[exp].at };
    enum key_op other = op == KEY_SIGN ? KEY_VERIFY : KEY_SIGN;

    d.ops[d.nops++] = (uint8_t)(listed ? op : other);
    if (key_may(&d, &a, op, NOW) != expected(enabled, exportable, listed, op, nbf, exp))
        fail_msg("type %d, op %s, bits %u, nbf %d, exp %d: %s", (int)type, key_op_name(op),
                 bits, nbf, exp, err_name(key_may(&d, &a, op, NOW)));
}

static void
what_may_be_done_follows_the_table(void **state)
{
    unsigned rows = 0;

    (void)state;
    for (enum key_type type = KEY_RSA; type < KEY_TYPE__MAX; type++)
        for (enum key_op op = 0; op < KEY_OP__MAX; op++)
            for (unsigned bits = 0; bits < 8; bits++)
                for (int nbf = 0; nbf < NMOMENTS; nbf++)
                    for (int exp = 0; exp < NMOMENTS; exp++, rows++)
                        check_row(type, op, bits, nbf, exp);
    assert_int_equal(rows, 4 * 8 * 8 * 16);
}

/* What the list cannot hold cannot be done: no row of the table opens it. */
static void
type_that_cannot_never_may(void **state)
{
    struct attrs a = { .enabled = true };

    (void)state;
    for (enum key_type t = KEY_RSA; t < KEY_TYPE__MAX; t++) {
        struct key_detail d = { .public = { .type = t } };

        key_default_ops(t, &d);
        for (enum key_op op = 0; op <= KEY_UNWRAP; op++)
            if ((key_type_ops(t) & KEY_OP_BIT(op)) == 0)
                assert_int_equal(key_may(&d, &a, op, NOW), ERR_KEY_OP);
    }
}

/* -------------------------------------------------------------------- in place */

static void
place_names_vault_name_and_version(void **state)
{
    struct object_name name = world_name("k1");
    struct key_detail d = world_ec();
    struct key_place place;
    struct wrapped vault;
    struct vault_at at;
    struct hex32 id;
    struct object o;

    (void)state;
    assert_int_equal(world_add_key("K1", &d, NULL, WORLD_NOW, &id), ERR_OK);
    at = world_at();
    vault = vault_key(world.vault);
    assert_int_equal(object_get(&at, &name, NULL, &o), ERR_OK);
    place = key_place_of(&at, &o, &vault);
    assert_int_equal(place.id.kind, KIND_KEY);
    assert_true(span_is_str(place.id.name, "K1"));
    assert_true(span_is_str(place.id.version, id.text));
    assert_true(guid_is_equal(&place.id.vault, &world.vault->id));
    assert_true(span_is_equal(place.sealed, o.v.sealed));
    assert_true(place.sealed.len > 0);
}

/* The same name in each kind is three objects. */
static void
kinds_do_not_see_each_other(void **state)
{
    struct object_name name = world_name("same");
    struct key_detail d = world_ec();
    struct vault_at at;
    struct object o;

    (void)state;
    assert_int_equal(world_set("same", "s", NULL, WORLD_NOW, NULL), ERR_OK);
    world.kind = KIND_KEY;
    at = world_at();
    assert_int_equal(object_get(&at, &name, NULL, &o), ERR_KEY_NOT_FOUND);
    assert_int_equal(world_add_key("same", &d, NULL, WORLD_NOW, NULL), ERR_OK);
    assert_int_equal(world_rows("kn/"), 1);
    assert_int_equal(world_rows("sn/"), 1);
    at = world_at();
    at.kind = KIND_CERTIFICATE;
    assert_int_equal(object_get(&at, &name, NULL, &o), ERR_CERTIFICATE_NOT_FOUND);
    at.kind = KIND_SECRET;
    assert_int_equal(object_get(&at, &name, NULL, &o), ERR_OK);
    assert_string_equal(world_type(&o), "(none)");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(details_survive_their_bytes),
        T(details_cut_or_lengthened_are_refused),
        T(details_with_impossible_fields_are_refused),
        T(release_policy_has_a_limit),
        T(each_type_has_its_default_ops),
        T(ops_keep_the_clients_order),
        T(ops_that_a_type_cannot_do_are_refused),
        T(what_may_be_done_follows_the_table),
        T(type_that_cannot_never_may),
        T(place_names_vault_name_and_version),
        T(kinds_do_not_see_each_other),
    };

    return cmocka_run_group_tests_name("vault/key", tests, world_open, world_close);
}
