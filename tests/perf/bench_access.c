/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_access.c - nanoseconds of one decision: over the real store, with few
 * and many role assignments in it, the deciding one five nested groups away.
 *
 * Usage: bench_access [MOST]   at most that many assignments (default 100000)
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth/access.h"
#include "auth/assignment.h"
#include "auth/founding.h"
#include "auth/group.h"
#include "base/log.h"
#include "base/secbuf.h"
#include "store/store.h"
#include "vault/row.h"

#define TENANT "11111111-1111-4111-8111-111111111111"
#define SUB    "/subscriptions/22222222-2222-4222-8222-222222222222"
#define VAULT  SUB "/resourcegroups/rg1/providers/microsoft.keyvault/vaults/kv1"
#define USER   "4633458b-17de-408a-b874-0445c86b69e6" /* Key Vault Secrets User */
#define READER "acdd72a7-3385-48ef-bd42-f606fba81ae7"

enum { NESTED = 5, OWN = 10, BATCH = 1000, WARM = 200000, COLD = 2000 };

struct bench {
    struct store *store;
    struct store_view *view;
    struct rows *rows;
    struct guid tid, alice, groups[NESTED];
    unsigned made;
    struct vault vault;
    struct caller caller;
};

static void
must(enum err e, const char *what)
{
    if (e == ERR_OK)
        return;
    fprintf(stderr, "bench_access: %s: %s\n", what, err_text(e));
    exit(1);
}

static struct guid
guid_of(unsigned kind, unsigned i)
{
    char text[GUID_LEN + 1];
    struct guid g;

    (void)snprintf(text, sizeof(text), "%08x-0000-4000-8000-%012x", kind, i);
    must(guid_parse(span_str(text), &g) ? ERR_OK : ERR_ARG, "guid");
    return g;
}

static void
look(struct bench *b)
{
    store_end(b->view);
    must(store_begin(b->store, &b->view), "view");
}

static void
commit(struct bench *b, struct store_write *w)
{
    struct store_item item = { .packed = buf_span(&w->bytes) };

    must(store_write_err(w), "write");
    store_end(b->view);
    b->view = NULL;
    must(store_commit(b->store, &item, 1), "commit");
    must(item.result, "item");
    store_write_release(w);
    look(b);
}

static void
assign(struct bench *b, struct store_write *w, const struct guid *who, const char *role,
       const char *scope)
{
    struct assignment a = {
        .id = guid_of(9, b->made++), .tid = b->tid, .principal = *who, .kind = ASSIGNEE_SERVICE
    };

    must(guid_parse(span_str(role), &a.role) ? ERR_OK : ERR_ARG, "role");
    must(assignment_scope_make(span_str(scope), a.scope) ? ERR_OK : ERR_ARG, "scope");
    assignment_store(b->rows, w, &a);
}

/* n assignments of others, each at a vault of its own. */
static void
fill(struct bench *b, unsigned n)
{
    struct store_write w;
    char scope[MAX_SCOPE];

    for (unsigned i = 0; i < n;) {
        store_write_init(&w);
        for (unsigned j = 0; j < BATCH && i < n; i++, j++) {
            struct guid who = guid_of(2, b->made);

            (void)snprintf(scope, sizeof(scope), "%s-%u", VAULT, b->made);
            assign(b, &w, &who, USER, scope);
        }
        commit(b, &w);
    }
}

/* Alice has roles that do not decide; the one that does belongs to the outermost group. */
static void
found(struct bench *b, const char *dir)
{
    static const uint8_t key[ROW_KEY_LEN] = "0123456789abcdef0123456789abcde";
    struct store_config cfg = { .engine = "lmdb", .path = dir, .no_sync = true };
    struct store_write w;
    char scope[MAX_SCOPE];

    must(store_open(&cfg, &b->store), "store");
    must(rows_new(span_of(key, sizeof(key)), &b->rows), "rows");
    must(guid_parse(span_str(TENANT), &b->tid) ? ERR_OK : ERR_ARG, "tenant");
    b->alice = guid_of(1, 0);
    b->caller = (struct caller){ .known = true, .tid = b->tid, .oid = b->alice };
    b->vault = (struct vault){ .tenant = b->tid, .rbac = true, .name = "kv1" };
    (void)snprintf(b->vault.arm_id, sizeof(b->vault.arm_id), "%s", VAULT);
    look(b);
    store_write_init(&w);
    founding_put(b->rows, &w, &b->tid, 0);
    for (unsigned i = 0; i < NESTED; i++) {
        struct group g = { .tid = b->tid, .id = guid_of(3, i), .name = "group" };

        b->groups[i] = g.id;
        group_store(b->rows, &w, &g, 0);
        group_add_member(b->rows, &w, &g, i == 0 ? &b->alice : &b->groups[i - 1]);
    }
    for (unsigned i = 0; i < OWN - 1; i++) {
        (void)snprintf(scope, sizeof(scope), "%s/secrets/other%u", VAULT, i);
        assign(b, &w, &b->alice, i < 3 ? READER : USER, i < 3 ? SUB : scope);
        (void)snprintf(scope, sizeof(scope), SUB "/resourcegroups/rg%u", i + 2);
    }
    assign(b, &w, &b->groups[NESTED - 1], USER, SUB "/resourcegroups/rg1");
    commit(b, &w);
}

static double
now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others may use the machine too */
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
ask(struct bench *b, struct access_cache *cache, bool want)
{
    struct access_question q = { .caller = &b->caller,
                                 .vault = &b->vault,
                                 .need = PERM_SECRET_GET,
                                 .object = span_str("a-secret"),
                                 .cache = cache };
    struct access_answer a;

    must(access_check(b->rows, b->view, &q, &a), "access_check");
    must(a.allowed == want ? ERR_OK : ERR_INTERNAL, "answer");
}

static double
measure(struct bench *b, struct access_cache *cache, unsigned n, bool want)
{
    double begun = now_ns();

    for (unsigned i = 0; i < n; i++)
        ask(b, cache, want);
    return (now_ns() - begun) / n;
}

/* Each decision after a commit of something else: the change log is asked, nothing is lost. */
static double
measure_after_writes(struct bench *b, struct access_cache *cache)
{
    double spent = 0;

    for (unsigned i = 0; i < COLD; i++) {
        struct store_write w;
        double begun;

        store_write_init(&w);
        store_write_put(&w, span_str("sn/x/Y"), span_str("z"));
        commit(b, &w);
        begun = now_ns();
        ask(b, cache, true);
        spent += now_ns() - begun;
    }
    return spent / COLD;
}

static void
report(struct bench *b, const char *what, bool want)
{
    struct access_cache *cache = access_cache_new();
    double cold, first, warm, written;

    must(cache == NULL ? ERR_NOMEM : ERR_OK, "cache");
    cold = measure(b, NULL, COLD, want);
    first = measure(b, cache, 1, want);
    warm = measure(b, cache, WARM, want);
    written = want ? measure_after_writes(b, cache) : 0;
    printf("access, %-36s cached %6.0f ns  after a write %6.0f ns  first %7.0f ns  without "
           "cache %7.0f ns\n",
           what, warm, written, first, cold);
    access_cache_free(cache);
}

int
main(int argc, char **argv)
{
    unsigned most = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
    static const unsigned sizes[] = { 10, 1000, 100000 };
    char dir[] = "/tmp/keyhold-bench-XXXXXX", command[64], what[64];
    struct bench b = { 0 };
    struct store_write w;

    log_set_level(LOG_ERROR);
    must(secmem_init(1024 * 1024), "secmem");
    must(mkdtemp(dir) == NULL ? ERR_IO : ERR_OK, "folder");
    found(&b, dir);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && sizes[i] <= most; i++) {
        if (sizes[i] > b.made)
            fill(&b, sizes[i] - b.made);
        (void)snprintf(what, sizeof(what), "10 own, 5 groups, %u in store", sizes[i]);
        report(&b, what, true);
    }
    for (unsigned own = OWN; own < MAX_ASSIGNMENTS_OF_PRINCIPAL;) { /* Alice has many herself */
        unsigned to = own < 1000 ? 1000 : MAX_ASSIGNMENTS_OF_PRINCIPAL;

        while (own < to) {
            store_write_init(&w);
            for (unsigned j = 0; j < BATCH && own < to; j++, own++) {
                char scope[MAX_SCOPE];

                (void)snprintf(scope, sizeof(scope), "%s/secrets/mine%u", VAULT, own);
                assign(&b, &w, &b.alice, USER, scope);
            }
            commit(&b, &w);
        }
        (void)snprintf(what, sizeof(what), "%u own, 5 groups", own);
        report(&b, what, true);
    }
    b.caller.oid = guid_of(7, 7);
    report(&b, "nothing at all: denied", false);
    store_end(b.view);
    store_close(b.store);
    rows_free(b.rows);
    (void)snprintf(command, sizeof(command), "%s/data.mdb", dir);
    (void)unlink(command);
    (void)snprintf(command, sizeof(command), "%s/lock.mdb", dir);
    (void)unlink(command);
    (void)snprintf(command, sizeof(command), "%s/writer.lock", dir);
    (void)unlink(command);
    (void)rmdir(dir);
    return 0;
}
