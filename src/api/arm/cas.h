/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cas.h - certificate authorities as resources (docs/wire/pki.md): what their handlers share.
 */
#ifndef API_ARM_CAS_H
#define API_ARM_CAS_H

#include "api/arm/arm.h"
#include "pki/found.h"
#include "vault/place.h"
#include "vault/resource.h"

#define CA_ACTION_READ  CA_TYPE "/read"
#define CA_ACTION_WRITE CA_TYPE "/write"

enum { CA_NAME_MIN = 1, CA_NAME_MAX = 64, CA_BODY_CSR_MAX = 48 * 1024 };

/* What a body says; absent members are false or empty. Borrows from it. */
struct ca_body {
    struct ca ca; /* subject, months, path_length, constraints, profiles, crl_hours, url */
    bool has_key, has_subject, has_parent, has_months, has_path, has_constraints, has_profiles,
        has_hours, has_url, has_enabled;
    struct span vault, key, version; /* of the key */
};
/* The member `properties`. False: the answer was composed (400). */
bool ca_body_read(struct exchange *x, const struct jsn *root, struct ca_body *out);
/* Lists of names by kind, {"dns": [...], "ip": [...]}: as many as fit into max. False: it is
 * none. */
bool ca_names_read(const struct jsn *obj, struct alt_name *out, size_t max, size_t *n);

/* Composes into x->write: the row of the authority that r is the resource of goes.
 * ERR_INTEGRITY, ERR_FORMAT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err arm_drop_ca(struct exchange *x, const struct resource *r);

/* One authority as JSON, the open value of w. */
void ca_put_json(struct exchange *x, const struct resource *r, const struct ca *ca,
                 struct jsw *w);
/* PEM texts as members. */
void ca_put_pem(struct jsw *w, const char *name, const char *label, const struct span *der,
                unsigned n);

/* The authority of the path. ERR_NOT_FOUND: the answer was composed. r and ca borrow from the
 * view; r, ca, group: filled. */
MUST_CHECK enum err ca_of_path(struct exchange *x, struct place *group, struct resource *r,
                               struct ca *ca);
/* The id that the path names. */
void ca_id_of_path(const struct exchange *x, const struct place *group,
                   char out[static MAX_RESOURCE_KEY + 1]);
/* 403 for something that the body names and the caller may not use, or that is not there. */
enum next ca_deny_linked(struct exchange *x, const char *action, struct span scope);
/* 409 or 400 with the words of pki/; other errors as arm_trouble(). */
enum next ca_refuse(struct exchange *x, enum err e, const char *why);
/* What of an authority may change: tags, profiles, crlHours, urls, enabled. 409 if the body
 * names another key, subject, parent or rule. */
enum next ca_update(struct exchange *x, const struct jsn *root, const struct ca_body *b,
                    bool patch, struct resource *r, struct ca *ca);
/* The caller may do that at the authority of that id, in any letter case. */
bool ca_may(struct exchange *x, const char *action, struct span resource);

#endif /* API_ARM_CAS_H */
