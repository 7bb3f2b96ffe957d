/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - pages of lists: maxresults, skip tokens, nextLink (data-plane.md A13).
 *
 * A skip token is the last key of a page with a tag of this installation that
 * binds it to vault and collection. It names a place in the order, not a row,
 * so it stays good when rows come and go, the row itself included.
 */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/exchange.h"
#include "codec/jsw.h"
#include "vault/object_list.h"

struct page {
    struct list_page list;           /* what the list functions want */
    bool has_max;                    /* maxresults was sent, so nextLink repeats it */
    char after[MAX_OBJECT_NAME + 1]; /* backs list.after: do not copy a page */
};

/* path: of the collection, "/secrets" or "/secrets/{name}/versions".
 * ERR_BAD_PAGE: maxresults not 1..25, or a token that was not made for this collection;
 * *what names the parameter. */
MUST_CHECK enum err page_read(const struct exchange *x, const char *path, struct page *out,
                              const char **what);
/* Writes the member nextLink: a URL if the list said `more`, else null. ERR_CRYPTO. */
MUST_CHECK enum err page_put_link(const struct exchange *x, const char *path,
                                  const struct page *p, struct jsw *w);

/* A query value: unreserved characters as they are, others escaped (RFC 3986 2.3). */
void url_put_escaped(struct buf *b, struct span s);
/* Appends the token for a position. ERR_CRYPTO. */
MUST_CHECK enum err skiptoken_put(const struct rows *rows, const struct guid *vault,
                                  const char *path, const char *position, struct sink k);
/* ERR_BAD_PAGE, ERR_CRYPTO. */
MUST_CHECK enum err skiptoken_get(const struct rows *rows, const struct guid *vault,
                                  const char *path, struct span text,
                                  char position[static MAX_OBJECT_NAME + 1]);

#endif /* API_PAGE_H */
