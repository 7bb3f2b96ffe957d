/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy_row.h - deployments as they are remembered: what was wanted, how it went, and the
 * template. Values that are secret are in neither row.
 *
 * Rows dp/ and dt/ (docs/formats/rows.md, section 7). At most DEPLOY_KEPT of a scope are kept,
 * the oldest goes first.
 */
#ifndef API_ARM_DEPLOY_ROW_H
#define API_ARM_DEPLOY_ROW_H

#include "api/exchange.h"
#include "vault/place.h"

enum {
    DEPLOY_NAME_MAX = 64,
    DEPLOY_KEPT = 200,
    DEPLOY_ID_MAX = 512,
    DEPLOY_HASH_LEN = 20,
    DEPLOY_RUNNING_MAX = 12, /* at once in a process, nested ones among them */
    DEPLOY_OUTER_MAX = 8     /* of those, the ones that clients have begun */
};

enum deploy_state {
    DEPLOY_RUNNING = 1,
    DEPLOY_SUCCEEDED,
    DEPLOY_FAILED,
    DEPLOY_CANCELED,
    DEPLOY_STATE__MAX
};

/* Where a deployment is, from the path of the request. */
struct deploy_at {
    struct guid subscription;
    bool in_group;
    struct place group; /* tags are dead after the step */
    char name[DEPLOY_NAME_MAX + 1];
    char id[DEPLOY_ID_MAX]; /* as it is answered */
};

struct deployment {
    char name[DEPLOY_NAME_MAX + 1]; /* as spelled */
    char location[MAX_LOCATION + 1];
    enum deploy_state state;
    bool complete;                  /* mode */
    int64_t started, updated;       /* 100 ns */
    struct guid correlation, run;   /* run: of the process that carries it out */
    char hash[DEPLOY_HASH_LEN + 1]; /* of the template */
    /* JSON; borrowed. Empty: the member is absent. */
    struct span tags, parameters, outputs, providers, dependencies, resources, error;
    struct span validated;  /* of an answer alone */
    struct span operations; /* one after the other: id, JSON (pack.h) */
    uint64_t revision;      /* of its row; 0: none */
};

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err deploy_load(const struct exchange *x, const struct deploy_at *at,
                                struct deployment *out);
/* Puts the row, expecting d->revision. Failures stick to the write. */
void deploy_store(struct exchange *x, const struct deploy_at *at, const struct deployment *d);
void deploy_drop(struct exchange *x, const struct deploy_at *at, const struct deployment *d);
/* The template, as JSON; empty: none is kept. */
void deploy_store_template(struct exchange *x, const struct deploy_at *at, struct span json);
MUST_CHECK enum err deploy_load_template(const struct exchange *x, const struct deploy_at *at,
                                         struct span *out);
/* Room for one more. ERR_INTEGRITY, ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err deploy_prune(struct exchange *x, const struct deploy_at *at);
/* All of a group that is deleted. The same errors. */
MUST_CHECK enum err deploy_drop_group(struct exchange *x, const struct place *group);

/* False to stop. */
typedef bool (*deploy_fn)(void *arg, const struct deployment *d);
/* Those of the scope, in order of their names in lower case behind `after`. */
MUST_CHECK enum err deploy_each(const struct exchange *x, const struct deploy_at *at,
                                const char *after, deploy_fn fn, void *arg);

/* Which runs are carried out by this process; any thread. False: as many as there may be. */
bool deploy_slot_take(const struct guid *run, bool outer);
/* is_stored: the row has its end by now. */
void deploy_slot_give(const struct guid *run, bool is_stored);
/* A run that nobody carries out any more, and that has no end, has failed. Any thread; d may
 * come from a view that is older than its end. */
enum deploy_state deploy_state_of(const struct deployment *d);

#endif /* API_ARM_DEPLOY_ROW_H */
