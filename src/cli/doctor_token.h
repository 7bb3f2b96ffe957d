/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_token.h - the doctor's look at the PKCS#11 token, as the process will see it. */
#ifndef CLI_DOCTOR_TOKEN_H
#define CLI_DOCTOR_TOKEN_H

#include "daemon/config.h"
#include "token/inspect.h"

/* In a process of its own, as the user that the token process becomes, for 20 s at most. */
void doctor_token(const struct config *c, struct inspection *out);

#endif /* CLI_DOCTOR_TOKEN_H */
