/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.h - the token as keeper/provider.h's table. provider_arg is a
 * struct token; each worker and each maker has a session of its own, lanes have
 * none: they answer what takes the public half only, and ERR_UNAVAILABLE while
 * the token is not there or does not answer.
 */
#ifndef TOKEN_PROVIDER_H
#define TOKEN_PROVIDER_H

#include "keeper/provider.h"

extern const struct key_provider token_provider;

#endif /* TOKEN_PROVIDER_H */
