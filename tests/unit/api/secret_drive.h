/* SPDX-License-Identifier: Apache-2.0 */
/* secret_drive.h - words of the tests about secrets over the wire. */
#ifndef TEST_API_SECRET_DRIVE_H
#define TEST_API_SECRET_DRIVE_H

#include "drive.h"

#define HOST "https://contoso.vault.keyhold.localhost:8443"
/* End of the attributes of a secret that nobody changed. */
#define ATTRS                                                                                  \
    "\"created\":%T,\"updated\":%T,\"recoveryLevel\":\"Recoverable+Purgeable\","               \
    "\"recoverableDays\":90}"

/* Of the secret that was set last. */
extern char version[HEX32_LEN + 1];
extern char now[24];

/* Sets a secret and remembers its version and time. */
void set(const char *name, const char *body);
/* The answer is this text, in which %V stands for the last version, %T for its time. */
void assert_body(const char *want);
/* format with its one %s replaced; good until the next call. */
const char *path(const char *format, const char *arg);

#endif /* TEST_API_SECRET_DRIVE_H */
