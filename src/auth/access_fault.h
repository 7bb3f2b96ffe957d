/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access_fault.h - why a change of rights was refused, in our words.
 *
 * Goes along with ERR_DENIED from the functions that check a role definition,
 * an assignment or a place in the tree. What a client reads is decided in api/.
 */
#ifndef AUTH_ACCESS_FAULT_H
#define AUTH_ACCESS_FAULT_H

enum access_fault_kind {
    FAULT_NONE,
    FAULT_BAD_NAME,        /* empty, too long, control characters, white space around */
    FAULT_BAD_DESCRIPTION, /* too long or not text */
    FAULT_BAD_SCOPE,       /* no scope, or not one that is allowed here */
    FAULT_BAD_ACTION,      /* not an action; two wildcards; a data action among actions */
    FAULT_BAD_CONDITION,   /* does not parse, too long, or not version 2.0 */
    FAULT_BAD_IDENTITY,    /* delegatedManagedIdentityResourceId is no resource id */
    FAULT_EMPTY,           /* no permission or no assignable scope at all */
    FAULT_TOO_MANY,        /* a limit; the text says which */
    FAULT_BUILT_IN,        /* built-in roles cannot be changed */
    FAULT_NAME_TAKEN,      /* another role of the tenant has that name */
    FAULT_ID_TAKEN,        /* the id is another object's */
    FAULT_IN_USE,          /* assigned, or has children */
    FAULT_DUPLICATE,       /* same principal, role and scope under another id */
    FAULT_FIXED,           /* principal, role and scope of an assignment never change */
    FAULT_NO_ROLE,         /* no such role definition */
    FAULT_NOT_ASSIGNABLE,  /* the scope is not below an assignable scope of the role */
    FAULT_DATA_AT_GROUP,   /* data actions and management groups do not go together */
    FAULT_NO_PRINCIPAL,    /* unknown to the directory */
    FAULT_PRINCIPAL_KIND,  /* the directory says another kind */
    FAULT_LAST_ADMIN,      /* the last Owner of a subscription stays */
    FAULT_NO_PARENT,       /* the parent group is not there */
    FAULT_TOO_DEEP,        /* management groups nest six levels */
    FAULT_CIRCLE,          /* a group would stand below itself */
    FAULT_IS_ROOT,         /* the root group does not move or go */
    FAULT__MAX
};

struct access_fault {
    enum access_fault_kind kind;
    char text[240]; /* details for a person; public; may be "" */
};

#endif /* AUTH_ACCESS_FAULT_H */
