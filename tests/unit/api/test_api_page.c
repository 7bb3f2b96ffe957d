/* SPDX-License-Identifier: Apache-2.0 */
/* Skip tokens: ours come back, all others are refused. */
#include "api/page.h"

#include "codec/b64.h"
#include "drive.h"

static struct buf
token_for(const char *path, const char *position)
{
    struct buf b;

    buf_init(&b, 1024);
    assert_int_equal(skiptoken_put(world.rows, &world.vault->id, path, position, sink_buf(&b)),
                     ERR_OK);
    return b;
}

static enum err
read_token(const char *path, struct span text, char position[static MAX_OBJECT_NAME + 1])
{
    return skiptoken_get(world.rows, &world.vault->id, path, text, position);
}

static void
token_comes_back_as_its_position(void **state)
{
    char longest[MAX_OBJECT_NAME + 1], got[MAX_OBJECT_NAME + 1];
    const char *const positions[] = { "A", "NAME-1", longest };

    (void)state;
    memset(longest, 'X', sizeof(longest));
    longest[MAX_OBJECT_NAME] = '\0';
    for (size_t i = 0; i < 3; i++) {
        struct buf b = token_for("/secrets", positions[i]);

        assert_int_equal(read_token("/secrets", buf_span(&b), got), ERR_OK);
        assert_string_equal(got, positions[i]);
        buf_release(&b);
    }
}

static void
token_is_good_for_its_collection_only(void **state)
{
    struct buf b = token_for("/secrets/db/versions", "A");
    char got[MAX_OBJECT_NAME + 1];

    (void)state;
    assert_int_equal(read_token("/secrets/DB/versions", buf_span(&b), got), ERR_OK);
    assert_int_equal(read_token("/secrets/db2/versions", buf_span(&b), got), ERR_BAD_PAGE);
    assert_int_equal(read_token("/secrets", buf_span(&b), got), ERR_BAD_PAGE);
    assert_int_equal(read_token("/deletedsecrets", buf_span(&b), got), ERR_BAD_PAGE);
    assert_string_equal(got, "");
    world_add_vault("second", WORLD_SUBSCRIPTION, 90, false);
    assert_int_equal(read_token("/secrets/db/versions", buf_span(&b), got), ERR_BAD_PAGE);
    buf_release(&b);
}

static void
token_of_another_installation_is_refused(void **state)
{
    uint8_t key[ROW_KEY_LEN] = { 7 };
    char got[MAX_OBJECT_NAME + 1];
    struct rows *other;
    struct buf b;

    (void)state;
    buf_init(&b, 1024);
    assert_int_equal(rows_new(span_of(key, sizeof(key)), &other), ERR_OK);
    assert_int_equal(skiptoken_put(other, &world.vault->id, "/secrets", "A", sink_buf(&b)),
                     ERR_OK);
    assert_int_equal(read_token("/secrets", buf_span(&b), got), ERR_BAD_PAGE);
    rows_free(other);
    buf_release(&b);
}

static void
every_changed_bit_and_length_is_refused(void **state)
{
    struct buf text = token_for("/secrets", "NAME"), raw, again;
    char got[MAX_OBJECT_NAME + 1];

    (void)state;
    buf_init(&raw, 1024);
    buf_init(&again, 1024);
    assert_int_equal(b64url_get(buf_span(&text), sink_buf(&raw)), ERR_OK);
    for (size_t i = 0; i < raw.len * 8; i++) {
        raw.ptr[i / 8] ^= (uint8_t)(1u << (i % 8));
        buf_clear(&again);
        b64url_put(sink_buf(&again), buf_span(&raw));
        assert_int_equal(read_token("/secrets", buf_span(&again), got), ERR_BAD_PAGE);
        raw.ptr[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    for (size_t n = 0; n < text.len; n++)
        assert_int_equal(read_token("/secrets", span_head(buf_span(&text), n), got),
                         ERR_BAD_PAGE);
    buf_put_str(&text, "AAAA");
    assert_int_equal(read_token("/secrets", buf_span(&text), got), ERR_BAD_PAGE);
    buf_release(&text);
    buf_release(&raw);
    buf_release(&again);
}

static void
junk_is_refused(void **state)
{
    static const char *const junk[] = {
        "", "=", "!!!!", "A", "AQ", "eyJOZXh0TWFya2VyIjoiMiJ9"
    };
    char got[MAX_OBJECT_NAME + 1], huge[4096];

    (void)state;
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
        assert_int_equal(read_token("/secrets", span_str(junk[i]), got), ERR_BAD_PAGE);
    memset(huge, 'A', sizeof(huge));
    assert_int_equal(read_token("/secrets", span_of(huge, sizeof(huge)), got), ERR_BAD_PAGE);
}

static void
next_link_escapes_what_the_client_sent(void **state)
{
    struct http_request req = { .host = span_str("h.vault.keyhold.localhost"), .port = 8443 };
    struct exchange x = { .req = &req,
                          .rows = world.rows,
                          .vault = world.vault,
                          .version_text = span_str("7.9\"&x=<\r\n") };
    struct page p = { .list = { .max = 3, .more = true, .last = "A" }, .has_max = true };
    struct buf b;
    struct jsw w;

    (void)state;
    buf_init(&b, 4096);
    w = jsw_of(sink_buf(&b));
    jsw_object(&w, NULL);
    assert_int_equal(page_put_link(&x, "/secrets", &p, &w), ERR_OK);
    jsw_end(&w);
    assert_non_null(strstr(buf_str(&b),
                           "{\"nextLink\":\"https://h.vault.keyhold.localhost:8443/"
                           "secrets?api-version=7.9%22%26x%3D%3C%0D%0A&$skiptoken="));
    assert_non_null(strstr(buf_str(&b), "&maxresults=3\"}"));
    buf_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        D(token_comes_back_as_its_position),
        D(token_is_good_for_its_collection_only),
        D(token_of_another_installation_is_refused),
        D(every_changed_bit_and_length_is_refused),
        D(junk_is_refused),
        D(next_link_escapes_what_the_client_sent),
    };

    return cmocka_run_group_tests_name("api/page", tests, drive_open, drive_close);
}
