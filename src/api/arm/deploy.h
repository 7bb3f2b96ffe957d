/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy.h - a deployment at work: what PUT, validate and what-if share (management-plane.md
 * A.16).
 *
 * The job is the state of the exchange. It is opened from the body; secrets of vaults that the
 * parameters name are fetched one after the other through the keeper; then the plan is made
 * (template/plan.h) and each resource's right is asked for. What comes then is `then`.
 *
 * Values live in the job's arena, in secret memory, until the job ends.
 */
#ifndef API_ARM_DEPLOY_H
#define API_ARM_DEPLOY_H

#include "api/arm/arm.h"
#include "api/arm/deploy_row.h"
#include "api/template/plan.h"

enum {
    DEPLOY_ARENA_MAX = 3 * 1024 * 1024,
    DEPLOY_OPS_MAX = 900 * 1024,
    DEPLOY_DETAILS_MAX = 64 * 1024,
    DEPLOY_MESSAGE_MAX = 2000,
    DEPLOY_SECONDS_MAX = 30 * 60,
};

enum job_phase {
    JOB_SECRETS, /* the keeper opens one */
    JOB_PUT,     /* a unit is put */
    JOB_LOOK,    /* a unit, or the outputs, want to see a resource */
    JOB_LIST,    /* mode Complete: what is in the group */
    JOB_DELETE,  /* mode Complete: one of it goes */
    JOB_END,     /* the last commit */
};

struct job {
    struct arena *a;
    struct eval ev;
    struct plan *plan;
    struct deploy_at at;
    const struct value *properties, *template, *facts;
    const struct value *parameters; /* as given */
    struct value *given;            /* name to value */
    size_t next_parameter;
    bool complete;
    char location[MAX_LOCATION + 1];
    struct buf tags; /* JSON, or empty */
    enum next (*then)(struct exchange *x, struct job *j);

    enum job_phase phase;
    struct guid run, correlation;
    bool has_slot, is_stored; /* the end, in the row */
    int64_t started;
    unsigned at_order, unit; /* place in plan->order; the unit at hand */
    const struct value *body;
    int64_t begun; /* the request at hand; 100 ns */
    bool failed, canceled;
    unsigned attempts;
    struct buf operations, details; /* packed; members of an array of errors, JSON */
    unsigned ndetails;
    const struct value *outputs;
    struct value *doomed; /* resources to be deleted */
    unsigned lists;
    size_t next_doomed;
    struct value *changes; /* of what-if */
};

/* Where the path of the request says; false: the answer was composed. */
bool deploy_find(struct exchange *x, struct deploy_at *out);

/* Step 0 of the three. */
enum next deploy_open(struct exchange *x, enum next (*then)(struct exchange *, struct job *));
/* Steps while phase is JOB_SECRETS. */
enum next deploy_secret_came(struct exchange *x, struct job *j);
/* What functions such as resourceGroup() answer. */
const struct value *deploy_facts(struct exchange *x, struct job *j);
/* Fetches secrets from where it stopped; then the plan and the rights; then j->then. */
enum next deploy_proceed(struct exchange *x, struct job *j);
/* May each unit be put? False: the answer was composed. */
bool deploy_check(struct exchange *x, struct job *j);

/* One row of what was done. message: error JSON of the answer, or empty. */
struct deploy_op {
    const char *what; /* "Create", "Delete", "EvaluateDeploymentOutput" */
    struct span id, type, name;
    unsigned status;
    struct span message;
    int64_t begun; /* 100 ns */
};
void deploy_note(struct job *j, const struct deploy_op *op);
/* A failure: goes to the details, and to the operations with what. */
void deploy_note_failure(struct job *j, const struct deploy_op *op, struct span code,
                         struct span message);

/* The deployment as answered. */
void deploy_put_json(const struct deploy_at *at, const struct deployment *d, struct jsw *w);
/* JSON of parts of the row, from the plan. */
void deploy_put_parameters(struct job *j, struct buf *out);
void deploy_put_providers(const struct job *j, const char *location, struct buf *out);
void deploy_put_dependencies(const struct job *j, struct buf *out);
void deploy_put_resources(const struct job *j, bool all, struct buf *out);
/* Of the template, for templateHash. */
void deploy_hash(struct job *j, char out[static DEPLOY_HASH_LEN + 1]);
/* {"error":{...}} of InvalidTemplate with the evaluator's reason. */
enum next deploy_bad_template(struct exchange *x, const struct job *j);
const char *deploy_state_word(enum deploy_state s);
/* "PT1.5S" */
void deploy_put_duration(struct jsw *w, int64_t from, int64_t to);

/* mode Complete, once all is put: lists and deletes. True: something was asked; false: done. */
bool deploy_sweep(struct exchange *x, struct job *j);
/* The listing alone: what is in the group and not in the template comes into j->doomed. */
bool deploy_list_group(struct exchange *x, struct job *j);
void deploy_sweep_answer(struct exchange *x, struct job *j);
/* Fills in an inner request, for NEXT_INNER; body may be NULL. */
void deploy_ask(struct exchange *x, struct job *j, enum job_phase phase,
                enum http_method method, struct span path, struct span version,
                const struct value *body);
/* The last commit, and what comes after it. */
enum next deploy_end(struct exchange *x, struct job *j);
enum next deploy_ended(struct exchange *x, struct job *j);
/* code and message of an answer {"error":{...}}; in the arena. */
void deploy_read_error(struct exchange *x, struct job *j, struct span *code,
                       struct span *message);

#endif /* API_ARM_DEPLOY_H */
