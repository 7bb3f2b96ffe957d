/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rv.h - what a module's return value means to us.
 *
 * Modules differ in which value they give for the same thing; so values are
 * put into classes, and what a class means is decided in token/session.c.
 */
#ifndef TOKEN_RV_H
#define TOKEN_RV_H

#include "token/pkcs11.h"

enum rv_class {
    RV_OK,
    RV_STALE,  /* our session or login ended: open another one */
    RV_HANDLE, /* the object's handle is no more: look it up again */
    RV_GONE,   /* no token, no device, no module */
    RV_DOUBT,  /* says nothing: the token must be asked whether it is there */
    RV_INPUT,  /* what we passed on from a client is wrong */
    RV_CANNOT, /* this token does not do that */
    RV_FULL,   /* no room for an object or a session */
    RV_PIN,    /* the PIN is wrong, or locked */
};

enum rv_class rv_class_of(CK_RV rv);
/* "CKR_DEVICE_ERROR"; "CKR_?" for what we have no name for. */
const char *rv_name(CK_RV rv);

#endif /* TOKEN_RV_H */
