/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <sys/wait.h>
#include <unistd.h>

struct store_config
fixture_config(const struct fixture *f)
{
    return (struct store_config){
        .engine = f->engine, .path = f->path, .map_size = f->map_size, .no_sync = !f->sync
    };
}

void
fixture_start(struct fixture *f, const char *engine, size_t map_size)
{
    struct store_config cfg;

    *f = (struct fixture){ .engine = engine, .map_size = map_size };
    if (map_size == 0)
        f->map_size = 256 * 1024 * 1024;
    (void)snprintf(f->path, sizeof(f->path), "/tmp/keyhold-store-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    store_write_init(&f->write);
    cfg = fixture_config(f);
    assert_int_equal(store_open(&cfg, &f->store), ERR_OK);
    assert_non_null(f->store);
}

void
fixture_stop(struct fixture *f)
{
    static const char *const names[] = { "data.mdb", "lock.mdb", "writer.lock" };
    char name[96];

    store_close(f->store);
    f->store = NULL;
    store_write_release(&f->write);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s/%s", f->path, names[i]);
        (void)unlink(name);
    }
    (void)rmdir(f->path);
}

void
fixture_reopen(struct fixture *f)
{
    struct store_config cfg = fixture_config(f);

    store_close(f->store);
    assert_int_equal(store_open(&cfg, &f->store), ERR_OK);
}

enum err
commit(struct fixture *f, uint64_t *revision)
{
    struct store_item item = { .packed = buf_span(&f->write.bytes) };
    enum err e;

    assert_int_equal(store_write_err(&f->write), ERR_OK);
    e = store_commit(f->store, &item, 1);
    if (revision != NULL)
        *revision = item.revision;
    store_write_clear(&f->write);
    return e != ERR_OK ? e : item.result;
}

uint64_t
put(struct fixture *f, const char *key, const char *value)
{
    uint64_t revision;

    store_write_put(&f->write, span_str(key), span_str(value));
    assert_int_equal(commit(f, &revision), ERR_OK);
    return revision;
}

uint64_t
del(struct fixture *f, const char *key)
{
    uint64_t revision;

    store_write_delete(&f->write, span_str(key));
    assert_int_equal(commit(f, &revision), ERR_OK);
    return revision;
}

enum err
put_big(struct fixture *f, const char *key, size_t len)
{
    uint8_t *value = calloc(1, len);
    enum err e;

    assert_non_null(value);
    store_write_put(&f->write, span_str(key), span_of(value, len));
    e = commit(f, NULL);
    free(value);
    return e;
}

struct store_view *
view(struct fixture *f)
{
    struct store_view *v;

    assert_int_equal(store_begin(f->store, &v), ERR_OK);
    assert_non_null(v);
    return v;
}

void
assert_value(struct store_view *v, const char *key, const char *value)
{
    struct store_row row;
    enum err e = store_get(v, span_str(key), &row);

    if (value == NULL) {
        assert_int_equal(e, ERR_NOT_FOUND);
        return;
    }
    assert_int_equal(e, ERR_OK);
    assert_true(span_is_str(row.key, key));
    assert_true(span_is_str(row.value, value));
    assert_true(row.revision > 0 && row.revision <= store_revision(v));
}

void
assert_now(struct fixture *f, const char *key, const char *value)
{
    struct store_view *v = view(f);

    assert_value(v, key, value);
    store_end(v);
}

static bool
note_key(void *arg, const struct store_row *row)
{
    buf_put(arg, row->key);
    buf_put_byte(arg, ' ');
    return true;
}

void
assert_scan(struct store_view *v, const char *prefix, const char *after, size_t limit,
            const char *keys)
{
    struct buf b;

    buf_init(&b, 1024 * 1024);
    assert_int_equal(store_scan(v, span_str(prefix), span_str(after), limit, note_key, &b),
                     ERR_OK);
    assert_string_equal(buf_str(&b), keys);
    buf_release(&b);
}

static bool
note_change(void *arg, const struct store_row *row)
{
    buf_put(arg, row->key);
    buf_put_fmt(arg, "=%llu%s ", (unsigned long long)row->revision,
                span_is_empty(row->value) ? "" : "!");
    return true;
}

void
assert_watch(struct store_view *v, uint64_t since, size_t limit, const char *want)
{
    struct buf b;

    buf_init(&b, 1024 * 1024);
    assert_int_equal(store_watch(v, since, limit, note_change, &b), ERR_OK);
    assert_string_equal(buf_str(&b), want);
    buf_release(&b);
}

int
in_child(int (*fn)(struct fixture *f), struct fixture *f)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(fn(f));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}
