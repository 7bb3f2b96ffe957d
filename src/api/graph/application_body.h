/* SPDX-License-Identifier: Apache-2.0 */
/* application_body.h - the parts of an application that decide something, from a body. */
#ifndef API_GRAPH_APPLICATION_BODY_H
#define API_GRAPH_APPLICATION_BODY_H

#include "api/graph/graph.h"

/* displayName, keyCredentials, redirect URIs, isFallbackPublicClient; the rest goes to more.
 * False: the answer was composed, a is half done. */
bool application_body_read(struct exchange *x, const struct jsn *root, bool is_new,
                           struct application *a, struct profile *more);

/* The members passwordCredentials and keyCredentials; a may be NULL: empty ones. */
void application_put_credentials(const struct exchange *x, struct jsw *w,
                                 const struct application *a);

#endif /* API_GRAPH_APPLICATION_BODY_H */
