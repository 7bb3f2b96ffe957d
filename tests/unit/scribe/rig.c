/* SPDX-License-Identifier: Apache-2.0 */
/* rig.c - every step asserts, so that a test reads as what it is about. */
#include "rig.h"

void
rig_remove_tree(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;

    while (d != NULL && (e = readdir(d)) != NULL) {
        char sub[512];

        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        (void)snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name);
        if (unlink(sub) != 0 && errno == EISDIR)
            rig_remove_tree(sub);
    }
    if (d != NULL)
        closedir(d);
    (void)rmdir(path);
}

enum err
rig_open_with(struct rig *r, uint64_t max_bytes, uint64_t accept_loss)
{
    int dir;
    enum err e = store_open(&r->store_cfg, &r->store);

    assert_int_equal(e, ERR_OK);
    dir = open(r->audit, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0);
    e = committer_open(&r->c, r->store, dir, max_bytes, accept_loss);
    r->open = e == ERR_OK;
    if (e != ERR_OK) {
        store_close(r->store);
        r->store = NULL;
    }
    return e;
}

void
rig_open(struct rig *r)
{
    assert_int_equal(rig_open_with(r, 0, 0), ERR_OK);
}

/* As a kill would: nothing is synced or noted on the way out. */
void
rig_close(struct rig *r)
{
    if (!r->open)
        return;
    committer_close(&r->c);
    store_close(r->store);
    r->store = NULL;
    r->open = false;
}

int
rig_setup(void **state)
{
    static unsigned count;
    struct rig *r = calloc(1, sizeof(*r));
    const char *base = getenv("TMPDIR"), *memory = "/dev/shm";

    assert_non_null(r);
    /* In memory if there is such a place: thousands of small files, and nothing to survive. */
    if (base == NULL)
        base = access(memory, W_OK) == 0 ? memory : "/tmp";
    (void)snprintf(r->root, sizeof(r->root), "%.30s/scribe-%d-%u", base, (int)getpid(),
                   count++);
    (void)snprintf(r->audit, sizeof(r->audit), "%s/audit", r->root);
    (void)snprintf(r->path, sizeof(r->path), "%s/store", r->root);
    assert_int_equal(mkdir(r->root, 0700), 0);
    assert_int_equal(mkdir(r->audit, 0700), 0);
    r->store_cfg = (struct store_config){
        .engine = "lmdb", .path = r->path, .map_size = 64 * 1024 * 1024, .no_sync = true
    };
    assert_int_equal(batch_init(&r->batch), ERR_OK);
    rig_open(r);
    *state = r;
    return 0;
}

int
rig_teardown(void **state)
{
    struct rig *r = *state;

    scribe_fault = NULL;
    store_fault = NULL;
    rig_close(r);
    batch_release(&r->batch);
    rig_remove_tree(r->root);
    free(r);
    return 0;
}

/* Adds a submit to the batch. */
void
rig_add_as(struct rig *r, enum ipc_role role, const struct store_write *w, const char *record)
{
    struct buf payload;

    buf_init(&payload, 64 * 1024);
    scribe_pack_submit(sink_buf(&payload), w == NULL ? (struct span){ 0 } : buf_span(&w->bytes),
                       span_str(record));
    assert_int_equal(batch_add(&r->batch, NULL, role, r->batch.count, buf_span(&payload)),
                     ERR_OK);
    buf_release(&payload);
}

void
rig_add(struct rig *r, const struct store_write *w, const char *record)
{
    rig_add_as(r, ROLE_FRONT, w, record);
}

/* Adds a write of one row; expect -1 is no precondition. */
void
rig_add_put(struct rig *r, const char *key, const char *value, int64_t expect,
            const char *record)
{
    struct store_write w;

    store_write_init(&w);
    if (expect >= 0)
        store_write_expect(&w, span_str(key), (uint64_t)expect);
    store_write_put(&w, span_str(key), span_str(value));
    rig_add(r, &w, record);
    store_write_release(&w);
}

/* The results stay in r->batch until the next rig_begin. */
void
rig_run(struct rig *r)
{
    committer_run(&r->c, &r->batch);
}

void
rig_begin(struct rig *r)
{
    batch_clear(&r->batch);
}

enum err
rig_put(struct rig *r, const char *key, const char *value, int64_t expect)
{
    char record[160];

    (void)snprintf(record, sizeof(record), "{\"category\":\"AuditEvent\",\"put\":\"%s\"}", key);
    rig_begin(r);
    rig_add_put(r, key, value, expect, record);
    rig_run(r);
    return r->batch.items[0].result;
}

enum err
rig_read(struct rig *r, const char *what)
{
    char record[160];

    (void)snprintf(record, sizeof(record), "{\"category\":\"AuditEvent\",\"read\":\"%s\"}",
                   what);
    rig_begin(r);
    rig_add(r, NULL, record);
    rig_run(r);
    return r->batch.items[0].result;
}

void
rig_sync(struct rig *r)
{
    committer_tend(&r->c, r->c.log.tail_since_ms + 1000);
    assert_int_equal(r->c.log.tail.len, 0);
}

bool
rig_has(struct rig *r, const char *key)
{
    struct store_view *v = NULL;
    struct store_row row;
    bool has;

    assert_int_equal(store_begin(r->store, &v), ERR_OK);
    has = store_get(v, span_str(key), &row) == ERR_OK;
    store_end(v);
    return has;
}

struct chain
rig_head(struct rig *r)
{
    struct store_view *v = NULL;
    struct store_row row;
    struct chain head = { 0 };

    assert_int_equal(store_begin(r->store, &v), ERR_OK);
    if (store_get(v, span_str(CHAIN_HEAD_KEY), &row) == ERR_OK)
        assert_int_equal(chain_unpack(row.value, &head), ERR_OK);
    store_end(v);
    return head;
}

enum err
rig_verify(struct rig *r, struct verify_result *res)
{
    struct chain head = rig_head(r);
    struct verify_config cfg = { .dir = r->audit, .head = &head };

    return verify_log(&cfg, res);
}

void
rig_assert_whole(struct rig *r)
{
    struct verify_result res;
    enum err e = rig_verify(r, &res);

    if (e != ERR_OK)
        print_error("%s:%llu: %s\n", res.bad_file, (unsigned long long)res.bad_line, res.why);
    assert_int_equal(e, ERR_OK);
}

/* A whole file of the audit directory; the caller frees. */
char *
rig_slurp(struct rig *r, const char *name, size_t *len)
{
    char path[256];
    struct stat st;
    char *text;
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", r->audit, name);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    text = calloc(1, (size_t)st.st_size + 1);
    assert_non_null(text);
    assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
    close(fd);
    *len = (size_t)st.st_size;
    return text;
}

void
rig_spit(struct rig *r, const char *name, const char *text, size_t len)
{
    char path[256];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", r->audit, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
}

size_t
rig_count_lines(struct rig *r, const char *name, const char *with)
{
    size_t len, n = 0;
    char *text = rig_slurp(r, name, &len);

    for (char *p = text, *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
        *end = '\0';
        n += strstr(p, with) != NULL;
    }
    free(text);
    return n;
}

/* Cuts the last `lines` lines off a file. */
void
rig_cut_lines(struct rig *r, const char *name, unsigned lines)
{
    size_t len;
    char *text = rig_slurp(r, name, &len);

    for (; lines > 0; lines--) {
        assert_true(len > 0);
        for (len--; len > 0 && text[len - 1] != '\n'; len--)
            ;
    }
    rig_spit(r, name, text, len);
    free(text);
}
