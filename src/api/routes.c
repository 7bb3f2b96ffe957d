/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes.c - one list out of the planes' tables, with patterns split once.
 *
 * The list is small (hundreds of rows) and the first comparison of a row is its
 * plane and segment count, so a scan costs less than hashing the path would.
 */
#include "api/routes.h"

#include "api/figures.h"
#include "base/log.h"

/* One figure is for what finds no row. */
enum { ROUTES_MAX = FIGURES_OPS - 1, SEGMENTS_MAX = 32 };

struct pattern {
    const struct route *row;
    unsigned nsegments;
    struct span segment[SEGMENTS_MAX];
    bool is_bind[SEGMENTS_MAX];
    bool has_scope; /* the first segment stands for many */
    bool has_rest;  /* the last one stands for all that is left, at least one */
};

static struct pattern patterns[ROUTES_MAX];
static size_t npatterns;

static const struct route_table *const tables[] = { &routes_data,  &routes_login, &routes_arm,
                                                    &routes_graph, &routes_pki,   &routes_acme,
                                                    &routes_local };

/* Non-empty segments of path; false when there are more than SEGMENTS_MAX. */
static bool
split(struct span path, struct span segment[static SEGMENTS_MAX], unsigned *n)
{
    *n = 0;
    while (path.len > 0) {
        size_t end;

        if (path.ptr[0] == '/') {
            path = span_tail(path, 1);
            continue;
        }
        if (*n == SEGMENTS_MAX)
            return false;
        end = span_find(path, '/');
        segment[(*n)++] = span_head(path, end);
        path = span_tail(path, end);
    }
    return true;
}

static bool
row_is_sound(const struct route *r, const struct pattern *p)
{
    unsigned binds = 0;

    for (unsigned i = 0; i < p->nsegments; i++)
        binds += p->is_bind[i];
    if (binds > BINDS_MAX || r->run == NULL || r->operation == NULL)
        return false;
    /* Every door has a lock, or a sign that says it is open. */
    if (r->open + (r->need != PERM_NONE) + (r->action != NULL) != 1)
        return false;
    if ((r->action != NULL) != (r->over != OVER_NONE))
        return false;
    if (r->on_object && binds == 0)
        return false;
    return !r->wants_version || r->since != V_NONE;
}

enum err
routes_setup(void)
{
    npatterns = 0;
    if (routes_count() > ROUTES_MAX) {
        log_error("routes: there are %zu, and figures for %d", routes_count(), ROUTES_MAX);
        return ERR_INTERNAL;
    }
    for (size_t i = 0; i < routes_count(); i++) {
        struct pattern *p = &patterns[npatterns];

        p->row = routes_at(i);
        if (!split(span_str(p->row->path), p->segment, &p->nsegments))
            return ERR_INTERNAL;
        for (unsigned k = 0; k < p->nsegments; k++)
            p->is_bind[k] = p->segment[k].ptr[0] == '{';
        p->has_rest =
            p->nsegments > 1 && span_has_prefix(p->segment[p->nsegments - 1], span_str("{*"));
        p->has_scope = p->nsegments > 0 && span_is_str(p->segment[0], "{*scope}");
        if (!row_is_sound(p->row, p)) {
            log_error("routes: row %zu (%s) has no permission, or is not sound", i,
                      p->row->path);
            return ERR_INTERNAL;
        }
        npatterns++;
    }
    return ERR_OK;
}

size_t
routes_count(void)
{
    size_t n = 0;

    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        n += tables[t]->n;
    return n;
}

const struct route *
routes_at(size_t i)
{
    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        if (i < tables[t]->n)
            return &tables[t]->rows[i];
        i -= tables[t]->n;
    }
    return NULL;
}

size_t
routes_index(const struct route *r)
{
    size_t before = 0;

    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        uintptr_t at = (uintptr_t)r - (uintptr_t)tables[t]->rows;

        if (at < tables[t]->n * sizeof(*r))
            return before + at / sizeof(*r);
        before += tables[t]->n;
    }
    return before;
}

/* What the leading {*scope} stands for: pairs of segments, or nothing. */
static bool
scope_fits(const struct pattern *p, struct span path, const struct span *segment, unsigned n,
           struct span *scope)
{
    unsigned many = n + 1 - p->nsegments;

    if (n + 1 < p->nsegments || many % 2 != 0)
        return false;
    *scope = (struct span){ 0 };
    if (many > 0)
        *scope =
            span_head(path, (size_t)(segment[many - 1].ptr - path.ptr) + segment[many - 1].len);
    return true;
}

static bool
path_fits(const struct pattern *p, struct span path, const struct span *segment, unsigned n,
          struct span bind[static BINDS_MAX])
{
    unsigned binds = 0, first = 0;
    struct span last = path;

    if (p->has_scope) {
        if (!scope_fits(p, path, segment, n, &bind[binds++]))
            return false;
        segment += n - (p->nsegments - 1);
        first = 1;
    } else if (p->has_rest ? n < p->nsegments : p->nsegments != n) {
        return false;
    }
    for (unsigned i = first; i < p->nsegments; i++, segment++) {
        last = *segment;
        if (p->is_bind[i])
            bind[binds++] = *segment;
        else if (!span_is_equal_nocase(p->segment[i], *segment))
            return false;
    }
    if (p->has_rest)
        bind[binds - 1] = span_tail(path, (size_t)(last.ptr - path.ptr));
    while (binds < BINDS_MAX)
        bind[binds++] = (struct span){ 0 };
    return true;
}

enum err
routes_find(enum plane plane, enum http_method method, struct span path,
            const struct route **out, struct span bind[static BINDS_MAX])
{
    struct span segment[SEGMENTS_MAX] = { { 0 } };
    struct span scratch[BINDS_MAX];
    bool other_method = false;
    unsigned n;

    *out = NULL;
    if (!split(path, segment, &n))
        return ERR_NOT_FOUND;
    if (method == HTTP_HEAD)
        method = HTTP_GET;
    for (size_t i = 0; i < npatterns; i++) {
        const struct pattern *p = &patterns[i];

        if (p->row->plane != plane || !path_fits(p, path, segment, n, scratch))
            continue;
        if (p->row->method != method) {
            other_method = true;
            continue;
        }
        memcpy(bind, scratch, sizeof(scratch));
        *out = p->row;
        return ERR_OK;
    }
    return other_method ? ERR_UNSUPPORTED : ERR_NOT_FOUND;
}

const char *
plane_name(enum plane p)
{
    static const char *const names[] = { "vault", "login",    "management", "graph", "portal",
                                         "pki",   "pki-http", "local",      "none" };

    return names[p];
}
