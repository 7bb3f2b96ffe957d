/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes.h - the tables of what can be asked, and finding a row in them.
 *
 * A row without a permission must say so (`open`); routes_check refuses the
 * table otherwise, at start and in a unit test. `keyhold routes --json` prints
 * the rows, and the black-box suite walks them.
 */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/exchange.h"

struct route_table {
    const struct route *rows;
    size_t n;
};
extern const struct route_table routes_data; /* api/routes_data.c: vault hosts */
extern const struct route_table
    routes_login; /* api/routes_login.c: login host, managed identity */
extern const struct route_table routes_arm;   /* api/routes_arm.c: the resource manager */
extern const struct route_table routes_graph; /* api/routes_graph.c: the directory */
extern const struct route_table routes_acme;  /* api/routes_acme.c: authorities' ACME servers */
extern const struct route_table routes_pki;   /* api/pki/routes_pki.c: revocation */
extern const struct route_table routes_local; /* api/local/routes_local.c: health, figures */

/* All rows, in order of the tables. */
size_t routes_count(void);
const struct route *routes_at(size_t i);
/* The other way: where a row stands; routes_count() if it is in no table. */
size_t routes_index(const struct route *r);

/* Splits the patterns once; call at start. ERR_INTERNAL names the bad row in the log:
 * permission missing, version missing, too many binds. */
MUST_CHECK enum err routes_setup(void);

/*
 * The row for this plane, method and path; runs of '/' count as one, a
 * trailing '/' as none, literals match without case, earlier rows win.
 * ERR_NOT_FOUND  no row has this path
 * ERR_UNSUPPORTED  the path exists, not for this method
 * bind (BINDS_MAX) receives the bound segments; borrowed from path.
 */
MUST_CHECK enum err routes_find(enum plane plane, enum http_method method, struct span path,
                                const struct route **out, struct span bind[static BINDS_MAX]);

/* Name of a plane as printed ("vault", "login", ...). */
const char *plane_name(enum plane p);

#endif /* API_ROUTES_H */
