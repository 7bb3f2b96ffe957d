/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig.h - an installation for tests: a real scribe in a process of its own over
 * a real store and audit log, a real keeper on threads of this one, and a desk
 * between them. The clerk's confinement and the supervisor are missing.
 */
#ifndef TEST_JOBS_RIG_H
#define TEST_JOBS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/types.h>

#include "../slowness.h"
#include "jobs/bootstrap.h"
#include "jobs/desk.h"
#include "jobs/seed.h"
#include "keeper/serve.h"

enum { RIG_NOW = 1800000000 };
#define RIG_MS           (20000 * slowness())
#define RIG_TENANT       "11111111-1111-4111-8111-111111111111"
#define RIG_SUBSCRIPTION "22222222-2222-4222-8222-222222222222"
#define RIG_DOMAIN       "keyhold.test"

struct rig {
    char root[64];
    char audit[96], path[96], key[96], next[128];
    struct store_config store_cfg;
    pid_t scribe;
    int scribe_control;
    struct keeper_config keeper_cfg;
    struct keeper *keeper;
    struct desk desk;
};

/* For cmocka: *state becomes the rig. The second of each pair founds it too. */
int rig_setup(void **state);
int rig_setup_founded(void **state);
int rig_teardown(void **state);

void rig_found(struct rig *r);
/* Parses and applies. */
enum err rig_seed(struct rig *r, const char *text);
/* New ends of links; as the supervisor would hand them out. */
int rig_keeper_link(struct rig *r, enum ipc_role role);
int rig_scribe_link(struct rig *r, enum ipc_role role);
/* The desk's links as after a restart of the clerk. */
void rig_link_desk(struct rig *r);
/* Ends the scribe; the desk's link is dead then. */
void rig_stop_scribe(struct rig *r);

/* Somebody else of this process will open the store; the functions below open it again. */
void rig_close_store(struct rig *r);
uint64_t rig_revision(struct rig *r);
bool rig_has(struct rig *r, const char *key);
/* Rows below prefix. */
size_t rig_count(struct rig *r, const char *prefix);
/* The nth key below prefix; asserts that there is one. */
void rig_nth(struct rig *r, const char *prefix, size_t n, char out[static 512]);
/* Lines of the audit log that hold this text. */
size_t rig_audited(const struct rig *r, const char *text);
/* Puts bytes past all checks but the scribe's. */
void rig_put(struct rig *r, const char *key, struct span value);
/* Makes the next root key's file and hands it to the keeper. */
void rig_root_next(struct rig *r);

/* What is logged from here on; rig_logged() ends it. Borrowed until the next call. */
void rig_listen(void);
const char *rig_logged(void);

#endif /* TEST_JOBS_RIG_H */
