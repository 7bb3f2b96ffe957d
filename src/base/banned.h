/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banned.h - calls that this project does not make; forced into every file.
 * Each has a bounded or thread-safe form that we use instead. Names too common to poison
 * (rand, random, system, alloca) are found by tools/check-banned.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof gets
#pragma GCC poison gmtime localtime ctime asctime

#endif /* BASE_BANNED_H */
