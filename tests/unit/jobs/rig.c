/* SPDX-License-Identifier: Apache-2.0 */
/* rig.c - every step asserts, so that a test reads as what it is about. */
#include "rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "codec/jsn.h"
#include "ipc/control.h"
#include "scribe/main.h"
#include "seal/keyfile.h"
#include "vault/syskey.h"

static void
remove_tree(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;

    while (d != NULL && (e = readdir(d)) != NULL) {
        char sub[512];

        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        (void)snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name);
        if (unlink(sub) != 0 && errno == EISDIR)
            remove_tree(sub);
    }
    if (d != NULL)
        closedir(d);
    (void)rmdir(path);
}

/* As daemon/scribe_child.c, which is above this room. */
static enum err
audit_key(struct span row, struct wrapped *out)
{
    struct syskey k;
    enum err e = row.len < ROW_TAG_LEN ? ERR_FORMAT
                                       : syskey_read(span_head(row, row.len - ROW_TAG_LEN), &k);

    if (e == ERR_OK)
        *out = syskey_wrapped(&k);
    return e;
}

static void
start_scribe(struct rig *r)
{
    struct scribe_config cfg = { .store = r->store_cfg,
                                 .audit_dir = r->audit,
                                 .audit_key = audit_key };
    struct control ready;
    int pair[2], fd;
    struct pollfd p;

    assert_int_equal(ipc_pair(pair), ERR_OK);
    r->scribe = fork();
    assert_true(r->scribe >= 0);
    if (r->scribe == 0) {
        close(pair[0]);
        secmem_release();
        _exit(scribe_main(pair[1], &cfg));
    }
    close(pair[1]);
    r->scribe_control = pair[0];
    p = (struct pollfd){ .fd = pair[0], .events = POLLIN };
    assert_int_equal(poll(&p, 1, (int)RIG_MS), 1);
    assert_int_equal(control_recv(pair[0], &ready, &fd), ERR_OK);
    assert_int_equal(ready.op, CONTROL_READY);
}

void
rig_stop_scribe(struct rig *r)
{
    struct control drain = { .op = CONTROL_DRAIN };
    int status;

    if (r->scribe <= 0)
        return;
    assert_int_equal(control_send(r->scribe_control, &drain, -1), ERR_OK);
    assert_int_equal(waitpid(r->scribe, &status, 0), r->scribe);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(r->scribe_control);
    r->scribe = 0;
}

static void
make_key_file(const char *path)
{
    struct root_key *root = NULL;

    assert_int_equal(root_key_new(&root), ERR_OK);
    assert_int_equal(keyfile_create(path, root), ERR_OK);
    root_key_free(root);
}

static int
open_key_file(const char *path)
{
    int fd;

    assert_int_equal(keyfile_open(path, SEAL_KEYFILE, &fd), ERR_OK);
    return fd;
}

static void
start_keeper(struct rig *r)
{
    make_key_file(r->key);
    r->keeper_cfg = (struct keeper_config){ .seal = SEAL_KEYFILE,
                                            .root_fd = open_key_file(r->key),
                                            .root_next_fd = -1,
                                            .root_path = r->key,
                                            .loops = 1,
                                            .slow_threads = 1 };
    assert_int_equal(keeper_new(&r->keeper_cfg, &r->keeper), ERR_OK);
    assert_int_equal(keeper_start(r->keeper), ERR_OK);
}

int
rig_keeper_link(struct rig *r, enum ipc_role role)
{
    int pair[2];

    assert_int_equal(ipc_pair(pair), ERR_OK);
    assert_int_equal(keeper_link(r->keeper, pair[1], role, 0), ERR_OK);
    return pair[0];
}

int
rig_scribe_link(struct rig *r, enum ipc_role role)
{
    struct control c = { .op = CONTROL_PEER, .role = (uint16_t)role };
    int pair[2];

    assert_int_equal(ipc_pair(pair), ERR_OK);
    assert_int_equal(control_send(r->scribe_control, &c, pair[1]), ERR_OK);
    close(pair[1]);
    return pair[0];
}

void
rig_link_desk(struct rig *r)
{
    peer_free(r->desk.keeper);
    peer_free(r->desk.scribe);
    r->desk.timeout_ms = DESK_TIMEOUT_MS * slowness();
    assert_int_equal(
        peer_new(rig_keeper_link(r, ROLE_CLERK), ROLE_KEEPER, MAX_IPC_MESSAGE, &r->desk.keeper),
        ERR_OK);
    assert_int_equal(
        peer_new(rig_scribe_link(r, ROLE_CLERK), ROLE_SCRIBE, MAX_IPC_MESSAGE, &r->desk.scribe),
        ERR_OK);
}

int
rig_setup(void **state)
{
    static unsigned count;
    struct rig *r = calloc(1, sizeof(*r));
    const char *base = getenv("TMPDIR");

    assert_non_null(r);
    (void)snprintf(r->root, sizeof(r->root), "%.30s/jobs-%d-%u", base == NULL ? "/tmp" : base,
                   (int)getpid(), count++);
    (void)snprintf(r->audit, sizeof(r->audit), "%s/audit", r->root);
    (void)snprintf(r->path, sizeof(r->path), "%s/store", r->root);
    (void)snprintf(r->key, sizeof(r->key), "%s/root.key", r->root);
    (void)snprintf(r->next, sizeof(r->next), "%s.next", r->key);
    assert_int_equal(mkdir(r->root, 0700), 0);
    r->store_cfg = (struct store_config){
        .engine = "lmdb", .path = r->path, .map_size = 64 * 1024 * 1024, .no_sync = true
    };
    start_scribe(r); /* before there are threads */
    assert_int_equal(secmem_init(4 * 1024 * 1024), ERR_OK);
    jsn_setup();
    start_keeper(r);
    r->store_cfg.read_only = true;
    assert_int_equal(store_open(&r->store_cfg, &r->desk.store), ERR_OK);
    rig_link_desk(r);
    *state = r;
    return 0;
}

int
rig_setup_founded(void **state)
{
    int code = rig_setup(state);

    rig_found(*state);
    return code;
}

int
rig_teardown(void **state)
{
    struct rig *r = *state;
    size_t used, total;

    peer_free(r->desk.keeper);
    peer_free(r->desk.scribe);
    rows_free(r->desk.rows);
    store_close(r->desk.store);
    keeper_free(r->keeper);
    rig_stop_scribe(r);
    remove_tree(r->root);
    free(r);
    secmem_usage(&used, &total);
    assert_int_equal(used, 0);
    secmem_release();
    return 0;
}

void
rig_found(struct rig *r)
{
    struct bootstrap b = { .domain = RIG_DOMAIN, .tenant_name = "Test", .now = RIG_NOW };

    assert_true(guid_parse(span_str(RIG_TENANT), &b.tenant));
    assert_int_equal(bootstrap_found(&r->desk, &b), ERR_OK);
}

enum err
rig_seed(struct rig *r, const char *text)
{
    struct seed *s = NULL;
    enum err e = seed_parse(span_str(text), &s);

    if (e == ERR_OK)
        e = seed_apply(&r->desk, s, "local");
    seed_free(s);
    return e;
}

static struct store_view *
look(struct rig *r)
{
    struct store_view *v;

    if (r->desk.store == NULL)
        assert_int_equal(store_open(&r->store_cfg, &r->desk.store), ERR_OK);
    assert_int_equal(store_begin(r->desk.store, &v), ERR_OK);
    return v;
}

uint64_t
rig_revision(struct rig *r)
{
    struct store_view *v = look(r);
    uint64_t revision = store_revision(v);

    store_end(v);
    return revision;
}

bool
rig_has(struct rig *r, const char *key)
{
    struct store_view *v = look(r);
    struct store_row row;
    enum err e = store_get(v, span_str(key), &row);

    store_end(v);
    return e == ERR_OK;
}

void
rig_close_store(struct rig *r)
{
    store_close(r->desk.store);
    r->desk.store = NULL;
}

struct finder {
    size_t n, at;
    char *out; /* NULL: only count */
};

static bool
visit(void *arg, const struct store_row *row)
{
    struct finder *f = arg;

    if (f->out != NULL && f->n == f->at)
        assert_true(span_copy_str(row->key, f->out, 512));
    f->n++;
    return true;
}

size_t
rig_count(struct rig *r, const char *prefix)
{
    struct store_view *v = look(r);
    struct finder f = { .n = 0 };

    assert_int_equal(store_scan(v, span_str(prefix), (struct span){ 0 }, SIZE_MAX, visit, &f),
                     ERR_OK);
    store_end(v);
    return f.n;
}

void
rig_nth(struct rig *r, const char *prefix, size_t n, char out[static 512])
{
    struct store_view *v = look(r);
    struct finder f = { .at = n, .out = out };

    out[0] = '\0';
    assert_int_equal(store_scan(v, span_str(prefix), (struct span){ 0 }, SIZE_MAX, visit, &f),
                     ERR_OK);
    store_end(v);
    assert_string_not_equal(out, "");
}

size_t
rig_audited(const struct rig *r, const char *text)
{
    char path[128], *line = NULL;
    size_t cap = 0, n = 0;
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/audit.jsonl", r->audit);
    f = fopen(path, "re");
    assert_non_null(f);
    while (getline(&line, &cap, f) > 0)
        n += strstr(line, text) != NULL;
    free(line);
    (void)fclose(f);
    return n;
}

void
rig_put(struct rig *r, const char *key, struct span value)
{
    struct desk_deed deed = { .operation = "Test" };
    struct store_write w;

    store_write_init(&w);
    store_write_put(&w, span_str(key), value);
    assert_int_equal(desk_commit(&r->desk, &w, &deed), ERR_OK);
    store_write_release(&w);
}

void
rig_root_next(struct rig *r)
{
    make_key_file(r->next);
    assert_int_equal(keeper_root_load_next(r->keeper, open_key_file(r->next)), ERR_OK);
}

static int ear = -1, stderr_before = -1;

void
rig_listen(void)
{
    ear = memfd_create("log", MFD_CLOEXEC);
    assert_true(ear >= 0);
    stderr_before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    assert_true(dup2(ear, STDERR_FILENO) >= 0);
}

const char *
rig_logged(void)
{
    static char text[8192];
    ssize_t n = pread(ear, text, sizeof(text) - 1, 0);

    assert_true(dup2(stderr_before, STDERR_FILENO) >= 0);
    close(stderr_before);
    close(ear);
    assert_true(n >= 0);
    text[n] = '\0';
    return text;
}
