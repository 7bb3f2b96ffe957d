/* SPDX-License-Identifier: Apache-2.0 */
/* ask_int.h - pieces that questions of both kinds are made of; inside keeper/ask*.c. */
#ifndef KEEPER_ASK_INT_H
#define KEEPER_ASK_INT_H

#include <stdbool.h>

#include "codec/pack.h"
#include "keeper/ask_key.h"

void object_pack(struct sink k, const struct object_id *id);
void place_pack(struct sink k, const struct key_place *p);
/* Readers give false for a value that unpack_end() cannot know to be wrong. */
bool wrapped_get(struct unpack *u, struct wrapped *w);
bool object_id_get(struct unpack *u, struct object_id *id);
/* What follows the place in questions about certificates; in ask_cert.c. */
bool cert_import_get(struct unpack *u, struct key_question *q);
bool cert_secret_get(struct unpack *u, struct key_question *q);
/* Does payload consist of the fields of such a question, however long they are? */
bool shape_is_ok(enum keeper_op op, struct span payload);

#endif /* KEEPER_ASK_INT_H */
