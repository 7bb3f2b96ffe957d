/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.h - why may, or may not, a principal do something; and who can.
 *
 * Looks at the same rows with the same rules as auth/access.c and takes its
 * verdict from there; what it adds is everything that was considered on the
 * way. For people and administrators, not for the hot path: it reads names.
 *
 * Threads: as the view.
 */
#ifndef AUTH_EXPLAIN_H
#define AUTH_EXPLAIN_H

#include "auth/access.h"
#include "auth/assignment.h"
#include "auth/group.h"
#include "auth/principal.h"
#include "codec/jsw.h"

/* Who is asked about: a principal or a group. */
struct explain_subject {
    struct guid tid;
    struct guid oid;
    struct guid appid;   /* of an application, or "": the app of a compound identity */
    enum assignee kind;  /* ASSIGNEE_SERVICE, _USER, _GROUP */
    bool known, enabled; /* has a row; may get tokens */
    char name[MAX_DISPLAY_NAME + 1];
    char upn[MAX_UPN + 1];
};
/*
 * By oid, client id, UPN or display name (without case, if only one has it).
 * ERR_NOT_FOUND; ERR_CONFLICT (several have that name); ERR_INTEGRITY, ERR_FORMAT, ERR_IO.
 */
MUST_CHECK enum err explain_find_subject(const struct rows *rows, struct store_view *view,
                                         const struct guid *tid, struct span who,
                                         struct explain_subject *out);

/* What is asked about. */
struct explain_target {
    struct scope scope;
    char action[513]; /* as found: a short form is spelled out */
    bool is_data;
    enum perm perm;      /* data actions of vaults, else PERM_NONE */
    struct vault *vault; /* data actions: the vault concerned, or NULL; owned */
    char object[MAX_OBJECT_NAME + 1];
};
/*
 * action    "Microsoft.KeyVault/vaults/secrets/getSecret/action", or of a vault's
 *           data plane the words "secrets get", "secrets/get"
 * resource  an ARM id, or "VAULT", "VAULT/secrets/NAME"
 * ERR_ARG (no action or no scope), ERR_NO_VAULT, ERR_INTEGRITY, ERR_FORMAT, ERR_IO.
 */
MUST_CHECK enum err explain_target_make(const struct rows *rows, struct store_view *view,
                                        struct span action, struct span resource,
                                        struct explain_target *out);
void explain_target_release(struct explain_target *t);

enum explain_kind { EXPLAIN_ASSIGNMENT, EXPLAIN_DENY, EXPLAIN_POLICY };
enum explain_verdict {
    EXPLAIN_DECIDES,       /* this one allows or denies it */
    EXPLAIN_WOULD_TOO,     /* so would this, had another not decided first */
    EXPLAIN_OTHER_ACTION,  /* the role, deny or policy is not about this action */
    EXPLAIN_TAKEN_OUT,     /* actions match, but so do notActions */
    EXPLAIN_OTHER_SCOPE,   /* not at or above the resource */
    EXPLAIN_CONDITION,     /* its condition is not true (a denial's: false) */
    EXPLAIN_BAD_CONDITION, /* its condition does not parse */
    EXPLAIN_ROLE_GONE,     /* the role definition was deleted */
    EXPLAIN_EXCLUDED,      /* a denial that excludes the principal */
    EXPLAIN_OTHER_APP,     /* a policy for another application */
    EXPLAIN_OTHER_TENANT,
    EXPLAIN__MAX
};

enum { EXPLAIN_PATH_MAX = MAX_GROUP_DEPTH + 1 };
struct explain_item {
    enum explain_kind kind;
    enum explain_verdict verdict;
    struct guid id;        /* assignment or deny; "" for policies */
    struct guid principal; /* who holds it */
    const char *scope;     /* borrowed for the call */
    struct guid role;      /* assignments */
    struct span role_name; /* assignments; empty when it is gone; deny: its name */
    unsigned npath;        /* groups from the subject to the holder; 0: its own */
    struct guid path[EXPLAIN_PATH_MAX];
    char path_names[EXPLAIN_PATH_MAX][64]; /* cut */
};
typedef void (*explain_item_fn)(void *arg, const struct explain_item *i);

struct explain_result {
    struct access_answer answer;
    unsigned considered;
    bool cut; /* there was more to consider */
};
/*
 * Visits everything considered, of assignments at most `most` (0: all), then fills out. The
 * subject's application is the app of a compound identity when it is a user and appid is set.
 * ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM.
 */
MUST_CHECK enum err explain_run(const struct rows *rows, struct store_view *view,
                                const struct explain_subject *who,
                                const struct explain_target *what, unsigned most,
                                explain_item_fn fn, void *arg, struct explain_result *out);

/* One that can. app is set when a policy asks for the user through that application. */
struct explain_able {
    const struct explain_subject *who;
    const struct access_answer *answer;
    struct guid app;
};
typedef void (*explain_able_fn)(void *arg, const struct explain_able *a);
/* For readers who may not see everything, and wait for the answer. NULL instead: no limits. */
struct explain_limits {
    bool names; /* of people and groups, and the way through groups */
    bool (*shows)(void *arg, const char *scope); /* what is assigned elsewhere, there? */
    void *arg;
    unsigned items;       /* told of what was considered; what decides is told always */
    unsigned most;        /* assignments looked at */
    size_t edges;         /* who can: memberships looked at */
    unsigned told, asked; /* who can: principals of a page, and candidates looked at for it */
    struct guid after;    /* who can: the page begins behind that one; "": the first page */
};
struct explain_page {
    bool cut;  /* somebody may be missing: more holders or memberships than are looked at */
    bool more; /* another page follows */
    struct guid last; /* behind this one */
};
/*
 * Everybody who can do it: holders of assignments and policies, groups expanded
 * to their members at any depth; deleted and disabled principals left out. Each once, in order
 * of ids. Errors as explain_run.
 */
enum { EXPLAIN_WHO_MAX = 100000 };
MUST_CHECK enum err explain_who_can(const struct rows *rows, struct store_view *view,
                                    const struct guid *tid, const struct explain_target *what,
                                    const struct explain_limits *limits, explain_able_fn fn,
                                    void *arg, struct explain_page *out);

/* Both as members of an object that is open and stays so. Errors as explain_run. */
MUST_CHECK enum err explain_put(const struct rows *rows, struct store_view *view,
                                const struct explain_subject *who,
                                const struct explain_target *what,
                                const struct explain_limits *limits, struct jsw *j,
                                bool *allowed);
MUST_CHECK enum err explain_put_who(const struct rows *rows, struct store_view *view,
                                    const struct guid *tid, const struct explain_target *what,
                                    const struct explain_limits *limits, struct jsw *j,
                                    struct explain_page *out);

/* Both, written as text for people or as one JSON object. Errors as explain_run. */
MUST_CHECK enum err explain_write(const struct rows *rows, struct store_view *view,
                                  const struct explain_subject *who,
                                  const struct explain_target *what, bool json, struct buf *out,
                                  bool *allowed);
MUST_CHECK enum err explain_write_who(const struct rows *rows, struct store_view *view,
                                      const struct guid *tid, const struct explain_target *what,
                                      bool json, struct buf *out);

#endif /* AUTH_EXPLAIN_H */
