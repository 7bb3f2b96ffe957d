/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph.h - what the handlers of the directory share (identity-and-cli.md 8):
 * answers and errors in Microsoft Graph's shape, permissions, lists, members.
 *
 * bind[0] is the version segment ("v1.0", "beta"); the doors have looked at it.
 * arm_fail, arm_trouble, arm_finish and arm_body serve this plane as well.
 */
#ifndef API_GRAPH_GRAPH_H
#define API_GRAPH_GRAPH_H

#include "api/arm/arm.h"
#include "api/arm/odata.h"
#include "api/phases.h"
#include "auth/application.h"
#include "auth/group.h"
#include "auth/owner.h"
#include "auth/principal.h"
#include "auth/profile.h"

#define DIRECTORY        "microsoft.directory/"
#define GRAPH_PRIVILEGED DIRECTORY "roleAssignments/allProperties/allTasks"

enum { GRAPH_PAGE = 100, GRAPH_PAGE_MAX = 999, GRAPH_IDS_MAX = 1000 };

/* ------------------------------------------------------------------- doors */

/* As vault_phases: token, route, version segment, permission. */
MUST_CHECK enum err graph_phases(const struct phase_tools *t, struct exchange *x,
                                 enum err routed, struct buf *why);
/* May the caller do this in its tenant? People may read (".../read") without a role. */
bool graph_may(struct exchange *x, const char *action);
/* The same about one principal: who holds a role of the directory is changed by those alone who
 * may hand such roles out. */
bool graph_may_on(struct exchange *x, const char *action, const struct guid *id);
bool graph_is_person(const struct exchange *x);

/* ------------------------------------------------------------------ answers */

void graph_headers(struct exchange *x, unsigned status);
struct jsw graph_reply(struct exchange *x, unsigned status);
enum next graph_empty(struct exchange *x, enum next next); /* 204 */
/* The body of an error answer. */
void graph_put_error(struct exchange *x, unsigned status, const char *code,
                     struct span message);
/* An error of ours as this plane words it. */
void graph_error(struct exchange *x, enum err e, struct buf *message);
enum next graph_denied(struct exchange *x);
enum next graph_missing(struct exchange *x, struct span id);
/* "@odata.context" of one object ("users") or of a list. */
void graph_put_context(const struct exchange *x, struct jsw *w, const char *set, bool one);

/* Is the member asked for by $select, or is everything? */
bool graph_wants(const struct exchange *x, const char *name);
void graph_put_str(const struct exchange *x, struct jsw *w, const char *name, const char *v);
void graph_put_bool(const struct exchange *x, struct jsw *w, const char *name, bool v);
void graph_put_raw(const struct exchange *x, struct jsw *w, const char *name, struct span json);
void graph_put_time(struct jsw *w, const char *name, int64_t t);

/* -------------------------------------------------------------------- lists */

struct graph_list {
    struct exchange *x;
    struct jsw w;
    struct odata_filter filter;
    struct span search; /* $search="displayName:..." */
    char after[MAX_OBJECT_NAME + 1];
    unsigned left;
    char last[GUID_LEN + 1];
    bool more;
    enum err err;
};
/* Reads $filter (names: what may be filtered), $search, $top, $skipToken; begins the answer.
 * False: the answer was composed. */
bool graph_list_begin(struct exchange *x, struct graph_list *l, const char *set,
                      const char *const *names);
/* Is there room for one more? Notes where the page ends. */
bool graph_list_room(struct graph_list *l, const struct guid *id);
enum next graph_list_end(struct graph_list *l);
/* Do $search and the terms about displayName fit this name? */
bool graph_list_fits(const struct graph_list *l, const char *display_name);
/* Visits the ids below a prefix behind l->after, until fn says false. */
MUST_CHECK enum err graph_scan(struct graph_list *l, struct span prefix, group_id_fn fn,
                               void *arg);

/* --------------------------------------------------------- members of objects */

enum attr_type { ATTR_TEXT, ATTR_TEXTS, ATTR_BOOL, ATTR_ARRAY, ATTR_OBJECT };
struct attr {
    const char *name;
    enum attr_type type;
    const char *absent; /* JSON in answers when it is not set; NULL: left out then */
};
extern const struct attr user_attrs[], group_attrs[], application_attrs[], sp_attrs[];

void graph_put_attrs(const struct exchange *x, struct jsw *w, const struct attr *attrs,
                     const struct profile *p);
/* The members of a body that are attributes go into p; `own` (ends with NULL) names those that
 * the handler reads. False: the answer was composed (400). */
bool graph_take_attrs(struct exchange *x, const struct jsn *root, const struct attr *attrs,
                      const char *const *own, struct profile *p);
/* Text of an attribute, without its quotes; empty if it is none. Borrowed. */
struct span graph_attr_text(const struct profile *p, const char *name);
/* Do the terms of the filter about attributes hold? */
bool graph_attrs_fit(const struct odata_filter *f, const struct attr *attrs,
                     const struct profile *p);
/* A text member of 1..max bytes, NUL-free. False: the answer was composed; absent is fine
 * unless required, out is left alone then. */
bool graph_take_text(struct exchange *x, const struct jsn *root, const char *name,
                     const char *type, bool required, char *out, size_t cap);
bool graph_take_bool(struct exchange *x, const struct jsn *root, const char *name, bool *out);

/* ------------------------------------------------------------------ objects */

enum object_type { OBJECT_NONE, OBJECT_USER, OBJECT_GROUP, OBJECT_SP, OBJECT_APPLICATION };
struct object_any {
    enum object_type type;
    struct guid id;
    struct principal p; /* users and service principals */
    struct group g;
    struct application *a;
};
/* ERR_NOT_FOUND when the caller's tenant has no such object. The caller releases. */
MUST_CHECK enum err graph_object(struct exchange *x, const struct guid *id,
                                 struct object_any *out);
void graph_object_release(struct object_any *o);
/* One object, with its "@odata.type" if typed. */
MUST_CHECK enum err graph_put_object(struct exchange *x, struct jsw *w,
                                     const struct object_any *o, bool typed);
/* begin opens the object and writes type or context. */
MUST_CHECK enum err graph_put_user(struct exchange *x, struct jsw *w, const struct principal *p,
                                   const char *type);
MUST_CHECK enum err graph_put_group(struct exchange *x, struct jsw *w, const struct group *g,
                                    const char *type);
MUST_CHECK enum err graph_put_application(struct exchange *x, struct jsw *w,
                                          const struct application *a, const char *type);
MUST_CHECK enum err graph_put_sp(struct exchange *x, struct jsw *w, const struct principal *p,
                                 const char *type);
/* Opens an object: "@odata.type", or "@odata.context" where type is a set ("users"). */
void graph_object_begin(struct exchange *x, struct jsw *w, const char *type);
/* The answer that is one object. */
enum next graph_one(struct exchange *x, const struct object_any *o, unsigned status,
                    enum next next);

/* The object that the path names in bind[1], which must be of that type (a user also by name,
 * "me" by the route). ERR_NOT_FOUND: the answer was composed. The caller releases. */
MUST_CHECK enum err graph_bound(struct exchange *x, enum object_type type,
                                struct object_any *out);
/* Last segment of a reference ("https://.../directoryObjects/ID"). */
bool graph_ref(struct span url, struct guid *out);
/* The id in {"@odata.id": ...}. False: the answer was composed. */
bool graph_body_ref(struct exchange *x, struct guid *out);
/* Owners (or members) named in a body by "owners@odata.bind". False: composed. */
bool graph_take_refs(struct exchange *x, const struct jsn *root, const char *name,
                     struct guid out[static 20], unsigned *n);

#endif /* API_GRAPH_GRAPH_H */
