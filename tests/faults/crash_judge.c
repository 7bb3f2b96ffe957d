/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash_judge.c - after a death: the scribe's own recovery, then the whole log
 * against the whole store, both ways, and both against what clients were told.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash_scribe.h"
#include "scribe/commit.h"
#include "scribe/files.h"
#include "scribe/verify.h"
#include "scribe/walk.h"

struct tally {
    uint64_t writes[CLIENTS]; /* lines "w" of a client: 1..this, in order, none twice */
    uint64_t reads[CLIENTS];  /* greatest number in a line "r" */
    char common[32];          /* of the last line "s" */
    bool bad;
};

static bool
complain(const char *what, unsigned who, uint64_t have, uint64_t want)
{
    (void)fprintf(stderr, "client %u: %s: %llu, but %llu\n", who, what,
                  (unsigned long long)have, (unsigned long long)want);
    return false;
}

static void
tally_line(struct tally *t, char *line)
{
    const char *w = strstr(line, "\"w\":\""), *r = strstr(line, "\"r\":\""),
               *s = strstr(line, "\"s\":\"");
    unsigned long long n = 0;
    unsigned who = 0;

    if (s != NULL)
        (void)snprintf(t->common, sizeof(t->common), "%.*s", (int)strcspn(s + 5, "\""), s + 5);
    if (r != NULL && sscanf(r + 5, "%u/%llu", &who, &n) == 2 && who < CLIENTS)
        t->reads[who] = n;
    if (w == NULL)
        return;
    if (sscanf(w + 5, "%u/%llu", &who, &n) != 2 || who >= CLIENTS || n != t->writes[who] + 1) {
        t->bad = true;
        (void)complain("a line out of order", who, n, t->writes[who] + 1);
        return;
    }
    t->writes[who] = n;
}

static bool
tally_file(struct tally *t, int dir, const char *name)
{
    static char text[LINE_MAX_LEN + 1];
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    struct walk w;
    struct span line;
    enum err e;

    if (fd < 0 || walk_init(&w, fd) != ERR_OK)
        return false;
    while ((e = walk_next(&w, &line)) == ERR_OK) {
        memcpy(text, line.ptr, line.len);
        text[line.len] = '\0';
        tally_line(t, text);
    }
    walk_release(&w);
    close(fd);
    return e == ERR_NOT_FOUND;
}

static bool
tally_log(struct tally *t, int dir)
{
    struct audit_files files;
    bool ok = audit_files_get(dir, &files) == ERR_OK;

    for (size_t i = 0; ok && i < files.count; i++)
        ok = tally_file(t, dir, files.list[i].name);
    ok = ok && tally_file(t, dir, AUDIT_CURRENT);
    if (ok)
        audit_files_release(&files);
    return ok && !t->bad;
}

static bool
count_row(void *arg, const struct store_row *row)
{
    uint64_t *count = arg;

    (void)row;
    (*count)++;
    return true;
}

/* The client's rows are 1..LAST, and so are its lines; what it was told is among them. */
static bool
judge_client(struct store_view *v, struct client_state *c, unsigned who, const struct tally *t)
{
    uint64_t rows = 0, last = 0, acked = atomic_load(&c->acked), sent = atomic_load(&c->sent);
    char prefix[32], key[32];
    struct store_row row = { 0 };

    if (atomic_load(&c->broken) != 0)
        return complain("was refused with", who, (uint64_t)atomic_load(&c->broken), 0);
    (void)snprintf(prefix, sizeof(prefix), "sn/c%u/", who);
    (void)snprintf(key, sizeof(key), "sn/LAST/%u", who);
    if (store_scan(v, span_str(prefix), (struct span){ 0 }, SIZE_MAX, count_row, &rows) !=
        ERR_OK)
        return false;
    if (store_get(v, span_str(key), &row) == ERR_OK && !span_get_u64(row.value, &last))
        return complain("LAST is no number", who, 0, 0);
    if (rows != last)
        return complain("half a write: rows and LAST differ", who, rows, last);
    if (t->writes[who] != last)
        return complain("lines and rows differ", who, t->writes[who], last);
    if (last < acked)
        return complain("an acknowledged write is gone", who, last, acked);
    if (last > sent || last > acked + 1)
        return complain("a write that nobody asked for", who, last, sent);
    /* It goes on from what is there. */
    atomic_store(&c->acked, last);
    atomic_store(&c->sent, last);
    atomic_store(&c->last_rev, row.revision);
    return true;
}

static bool
judge_reads(struct client_state *c, unsigned who, const struct tally *t, bool power)
{
    uint64_t acked = atomic_load(&c->reads_acked);

    /* Only a power cut may take records of reads that were answered. */
    if (!power && t->reads[who] < acked)
        return complain("the record of an answered read is gone", who, t->reads[who], acked);
    if (t->reads[who] > atomic_load(&c->reads_sent))
        return complain("a read that nobody made", who, t->reads[who], 0);
    return true;
}

static bool
judge_rows(struct shared *s, struct store *store, const struct tally *t, bool power)
{
    struct store_view *v = NULL;
    struct store_row row = { 0 };
    bool ok = store_begin(store, &v) == ERR_OK;

    for (unsigned i = 0; ok && i < CLIENTS; i++)
        ok = judge_client(v, &s->client[i], i, t) && judge_reads(&s->client[i], i, t, power);
    if (ok && store_get(v, span_str("sn/COMMON"), &row) == ERR_OK) {
        ok = span_is_str(row.value, t->common);
        if (!ok)
            (void)fprintf(stderr, "the common row holds %.*s, the last line says %s\n",
                          (int)row.value.len, (const char *)row.value.ptr, t->common);
        atomic_store(&s->common_rev, row.revision);
    }
    store_end(v);
    return ok;
}

static bool
judge_log(const char *audit, struct store *store)
{
    struct store_view *v = NULL;
    struct store_row row;
    struct verify_config cfg = { .dir = audit };
    struct verify_result res = { 0 };
    struct chain head;
    bool ok = store_begin(store, &v) == ERR_OK;

    if (ok && store_get(v, span_str(CHAIN_HEAD_KEY), &row) == ERR_OK) {
        ok = chain_unpack(row.value, &head) == ERR_OK;
        cfg.head = &head;
    }
    store_end(v);
    ok = ok && verify_log(&cfg, &res) == ERR_OK;
    if (!ok)
        (void)fprintf(stderr, "the log is not whole: %s:%llu: %s\n", res.bad_file,
                      (unsigned long long)res.bad_line, res.why);
    return ok;
}

bool
judge(struct shared *s, const char *dir, bool power)
{
    static struct committer c;
    char store_dir[128], audit[128];
    struct store_config cfg = { .engine = "lmdb", .path = store_dir, .map_size = 64 << 20 };
    struct store *store = NULL;
    struct tally t = { 0 };
    int fd;
    bool ok;

    (void)snprintf(store_dir, sizeof(store_dir), "%s/store", dir);
    (void)snprintf(audit, sizeof(audit), "%s/audit", dir);
    if (store_open(&cfg, &store) != ERR_OK)
        return false;
    fd = open(audit, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ok = fd >= 0 && committer_open(&c, store, fd, 0, 0) == ERR_OK;
    if (!ok)
        (void)fprintf(stderr, "the scribe would not start\n");
    else {
        ok = judge_log(audit, store) && tally_log(&t, c.log.dir) &&
             judge_rows(s, store, &t, power);
        /* Answered reads that a power cut took are forgotten by their clients too. */
        for (unsigned i = 0; power && i < CLIENTS; i++)
            atomic_store(&s->client[i].reads_acked, t.reads[i]);
        committer_close(&c);
    }
    store_close(store);
    return ok;
}

/* The bytes of a/pending that the file ends with need not have reached the disk. */
bool
power_cut(const char *dir, uint64_t random)
{
    char path[128];
    struct store_config cfg = { .engine = "lmdb", .path = path, .read_only = true };
    struct store *store = NULL;
    struct store_view *v = NULL;
    struct store_row row;
    struct span lines = { 0 };
    struct stat st = { 0 };
    uint64_t keep;

    (void)snprintf(path, sizeof(path), "%s/store", dir);
    if (store_open(&cfg, &store) != ERR_OK)
        return true; /* it died before there was a store */
    if (store_begin(store, &v) == ERR_OK &&
        store_get(v, span_str(CHAIN_PENDING_KEY), &row) == ERR_OK &&
        chain_unpack_pending(row.value, &lines) != ERR_OK)
        return false;
    (void)snprintf(path, sizeof(path), "%s/audit/" AUDIT_CURRENT, dir);
    if (lines.len > 0 && stat(path, &st) == 0) {
        /* Where pending begins in the file, if it is there at all. */
        size_t len = (size_t)st.st_size;
        char *text = calloc(1, len + 1);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        const char *at;

        if (text == NULL || fd < 0 || read(fd, text, len) != (ssize_t)len)
            return false;
        close(fd);
        at = memmem(text, len, lines.ptr, lines.len < 64 ? lines.len : 64);
        keep = at == NULL ? len : (uint64_t)(at - text);
        keep += random % (len - keep + 1);
        free(text);
        if (truncate(path, (off_t)keep) != 0)
            return false;
    }
    store_end(v);
    store_close(store);
    return true;
}
