/* SPDX-License-Identifier: Apache-2.0 */
/* figures.c - counting and printing; names follow Prometheus' conventions. */
#include "api/figures.h"

#include "api/routes.h"

const uint32_t figures_bounds_us[FIGURES_BUCKETS] = { 50,     100,    250,     500,       1000,
                                                      2500,   5000,   10000,   25000,     50000,
                                                      100000, 250000, 1000000, UINT32_MAX };

static void
add(_Atomic uint64_t *v, uint64_t n)
{
    atomic_fetch_add_explicit(v, n, memory_order_relaxed);
}

static uint64_t
get(const _Atomic uint64_t *v)
{
    return atomic_load_explicit(v, memory_order_relaxed);
}

void
figures_count(struct figures *f, unsigned op, unsigned status, uint64_t us)
{
    struct figures_op *o = &f->op[op < FIGURES_OPS ? op : FIGURES_OPS - 1];
    unsigned b = 0;

    while (b < FIGURES_BUCKETS - 1 && us > figures_bounds_us[b])
        b++;
    add(&o->by_class[status / 100 < 6 ? status / 100 : 5], 1);
    add(&o->bucket[b], 1);
    add(&o->sum_us, us);
}

static const char *
op_name(unsigned op)
{
    const struct route *r = routes_at(op);

    return r == NULL ? "None" : r->operation;
}

static uint64_t
sum_class(const struct figures *const *loops, unsigned n, unsigned op, unsigned cls)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v += get(&loops[i]->op[op].by_class[cls]);
    return v;
}

static void
print_requests(const struct figures *const *loops, unsigned n, struct buf *out)
{
    buf_put_str(out, "# TYPE keyhold_requests_total counter\n");
    for (unsigned op = 0; op < FIGURES_OPS; op++)
        for (unsigned cls = 1; cls < 6; cls++) {
            uint64_t v = sum_class(loops, n, op, cls);

            if (v > 0)
                buf_put_fmt(out,
                            "keyhold_requests_total{route=\"%u\",operation=\"%s\","
                            "status=\"%uxx\"} %llu\n",
                            op, op_name(op), cls, (unsigned long long)v);
        }
}

static void
print_latency_of(const struct figures *const *loops, unsigned n, unsigned op, struct buf *out)
{
    uint64_t total = 0, sum = 0;

    for (unsigned b = 0; b < FIGURES_BUCKETS; b++) {
        for (unsigned i = 0; i < n; i++)
            total += get(&loops[i]->op[op].bucket[b]);
        buf_put_fmt(out, "keyhold_request_seconds_bucket{route=\"%u\",operation=\"%s\",le=\"",
                    op, op_name(op));
        if (b == FIGURES_BUCKETS - 1)
            buf_put_str(out, "+Inf");
        else
            buf_put_fmt(out, "%g", figures_bounds_us[b] / 1e6);
        buf_put_fmt(out, "\"} %llu\n", (unsigned long long)total);
    }
    for (unsigned i = 0; i < n; i++)
        sum += get(&loops[i]->op[op].sum_us);
    buf_put_fmt(out,
                "keyhold_request_seconds_sum{route=\"%u\",operation=\"%s\"} %.6f\n"
                "keyhold_request_seconds_count{route=\"%u\",operation=\"%s\"} %llu\n",
                op, op_name(op), (double)sum / 1e6, op, op_name(op), (unsigned long long)total);
}

static void
print_latencies(const struct figures *const *loops, unsigned n, struct buf *out)
{
    buf_put_str(out, "# TYPE keyhold_request_seconds histogram\n");
    for (unsigned op = 0; op < FIGURES_OPS; op++) {
        uint64_t any = 0;

        for (unsigned cls = 1; cls < 6; cls++)
            any += sum_class(loops, n, op, cls);
        if (any > 0)
            print_latency_of(loops, n, op, out);
    }
}

#define PRINT_SUM(field, type, name)                                                           \
    do {                                                                                       \
        uint64_t v = 0;                                                                        \
        for (unsigned i = 0; i < n; i++)                                                       \
            v += get(&loops[i]->field);                                                        \
        buf_put_fmt(out, "# TYPE " name " " type "\n" name " %llu\n", (unsigned long long)v);  \
    } while (0)

static void
print_over_quota(const struct figures *const *loops, unsigned n, struct buf *out)
{
    buf_put_str(out, "# TYPE keyhold_throttled_total counter\n");
    for (unsigned whose = 0; whose < QUOTA_WHOSE__MAX; whose++) {
        uint64_t v = 0;

        for (unsigned i = 0; i < n; i++)
            v += get(&loops[i]->over_quota[whose]);
        buf_put_fmt(out, "keyhold_throttled_total{quota=\"%s\"} %llu\n",
                    quota_word((enum quota_whose)whose), (unsigned long long)v);
    }
}

void
figures_print(const struct figures *const *loops, unsigned n, struct buf *out)
{
    print_requests(loops, n, out);
    print_latencies(loops, n, out);
    PRINT_SUM(keeper_asks, "counter", "keyhold_keeper_operations_total");
    PRINT_SUM(keeper_failures, "counter", "keyhold_keeper_failures_total");
    PRINT_SUM(scribe_submits, "counter", "keyhold_scribe_submits_total");
    PRINT_SUM(scribe_failures, "counter", "keyhold_scribe_failures_total");
    PRINT_SUM(conflicts, "counter", "keyhold_commit_conflicts_total");
    PRINT_SUM(in_flight, "gauge", "keyhold_requests_in_flight");
    PRINT_SUM(unauthenticated, "counter", "keyhold_unauthenticated_total");
    PRINT_SUM(throttled, "counter", "keyhold_unauthenticated_throttled_total");
    PRINT_SUM(denied, "counter", "keyhold_denied_total");
    print_over_quota(loops, n, out);
}

static void
print_questions(const struct keeper_stats *s, struct buf *out)
{
    buf_put_str(out, "# TYPE keyhold_keeper_questions_total counter\n");
    for (unsigned op = 0; op < KEEPER_OP__MAX; op++)
        if (s->asked[op] > 0 && keeper_op_name(op) != NULL)
            buf_put_fmt(out, "keyhold_keeper_questions_total{question=\"%s\"} %llu\n",
                        keeper_op_name(op), (unsigned long long)s->asked[op]);
}

/* name{label} of each kind of thread that there is; extra is a label more, or "". */
static void
print_crews(const struct keeper_stats *s, const char *type, const char *name, const char *extra,
            uint64_t (*get_figure)(const struct keeper_crew *c), struct buf *out)
{
    static const char *const kinds[PACE__MAX] = { [PACE_LONG] = "worker",
                                                  [PACE_MAKING] = "maker",
                                                  [PACE_IMPORT] = "import",
                                                  [PACE_PASSWORD] = "slow" };

    if (type != NULL)
        buf_put_fmt(out, "# TYPE %s %s\n", name, type);
    for (unsigned p = 0; p < PACE__MAX; p++)
        if (kinds[p] != NULL && s->crew[p].threads > 0)
            buf_put_fmt(out, "%s{kind=\"%s\"%s} %llu\n", name, kinds[p], extra,
                        (unsigned long long)get_figure(&s->crew[p]));
}

static uint64_t
threads_of(const struct keeper_crew *c)
{
    return c->threads;
}

static uint64_t
running_of(const struct keeper_crew *c)
{
    return c->running;
}

static uint64_t
waiting_of(const struct keeper_crew *c)
{
    return c->waiting;
}

static uint64_t
refused_of(const struct keeper_crew *c)
{
    return c->refused;
}

/* Of the sizes that are kept ready. */
static void
print_stock(const struct keeper_stats *s, const char *name, bool wanted, struct buf *out)
{
    buf_put_fmt(out, "# TYPE %s gauge\n", name);
    for (unsigned i = 0; i < STOCK__MAX; i++)
        if (s->stock[i].want > 0)
            buf_put_fmt(out, "%s{bits=\"%u\"} %u\n", name, s->stock[i].bits,
                        wanted ? s->stock[i].want : s->stock[i].count);
}

void
figures_print_keeper(const struct keeper_stats *s, struct buf *out)
{
    static const char jobs[] = "keyhold_keeper_jobs";

    print_questions(s, out);
    buf_put_fmt(out,
                "# TYPE keyhold_keeper_lanes gauge\nkeyhold_keeper_lanes %u\n"
                "# TYPE keyhold_keeper_lanes_busy_seconds_total counter\n"
                "keyhold_keeper_lanes_busy_seconds_total %.6f\n",
                s->lanes, (double)s->lanes_busy_us / 1e6);
    print_crews(s, "gauge", "keyhold_keeper_threads", "", threads_of, out);
    print_crews(s, "gauge", jobs, ",state=\"running\"", running_of, out);
    print_crews(s, NULL, jobs, ",state=\"waiting\"", waiting_of, out);
    print_crews(s, "counter", "keyhold_keeper_refused_total", "", refused_of, out);
    print_stock(s, "keyhold_keeper_stock", false, out);
    print_stock(s, "keyhold_keeper_stock_wanted", true, out);
}
