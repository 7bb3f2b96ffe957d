/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl_lib.h - libcurl, loaded by who dials; inside dial/. Not linked: its thirty
 * libraries (LDAP, Kerberos, SSH, ...) have nothing to do in the keeper's memory,
 * nor in front's, which are forked from the same program.
 */
#ifndef DIAL_CURL_LIB_H
#define DIAL_CURL_LIB_H

#include <curl/curl.h>

#include "base/err.h"

struct curl_lib {
    CURLcode (*global_init)(long);
    CURL *(*easy_init)(void);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    void (*easy_cleanup)(CURL *);
    const char *(*easy_strerror)(CURLcode);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_setopt)(CURLM *, CURLMoption, ...);
    CURLMcode (*multi_add_handle)(CURLM *, CURL *);
    CURLMcode (*multi_remove_handle)(CURLM *, CURL *);
    CURLMcode (*multi_perform)(CURLM *, int *);
    CURLMcode (*multi_poll)(CURLM *, struct curl_waitfd *, unsigned, int, int *);
    CURLMsg *(*multi_info_read)(CURLM *, int *);
    CURLMcode (*multi_cleanup)(CURLM *);
    curl_version_info_data *(*version_info)(CURLversion);
};

/*
 * Loads it once for the process's life, with the modules that the system resolves names with
 * (nsswitch.conf), which the C library would otherwise load after confinement, in vain.
 * ERR_NOT_FOUND (logged): not there, too old, or without TLS by OpenSSL.
 */
MUST_CHECK enum err curl_lib_load(const struct curl_lib **out);

#endif /* DIAL_CURL_LIB_H */
