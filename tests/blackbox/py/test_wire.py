# SPDX-License-Identifier: Apache-2.0
"""
The data plane byte by byte: challenge, headers, error bodies, quirks of URLs,
lists. Sections in comments are those of the data plane's reference.
"""
import base64
import email.utils
import json
import re
import threading
import time
import unittest
import uuid

from kit import wire, world
from kit.server import Server

SERVER, WORLD, TOKENS = None, None, {}
GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NOT_FOUND = ("A secret with (name/id) {} was not found in this key vault. If you recently deleted "
             "this secret you may be able to recover it using the correct recovery command. For "
             "help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182")
NO_TOKEN = b'{"error":{"code":"Unauthorized","message":"AKV10000: Request is missing a Bearer or PoP token."}}'


def setUpModule():
    global SERVER, WORLD
    WORLD = world.standard()
    SERVER = Server("wire", seed=WORLD.seed()).start()
    for name in ("admin", "nobody", "reader"):
        a = WORLD.apps[name]
        TOKENS[name] = wire.get_token(SERVER, a.app_id, a.secret)


def tearDownModule():
    SERVER.discard()


def fresh(prefix="s"):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.c = wire.Client(SERVER, "alpha.vault", TOKENS["admin"], "7.6")
        self.addCleanup(self.c.close)

    def body(self, answer, status, code, message, inner=None):
        """The whole body, byte for byte."""
        error = {"code": code, "message": message}
        if inner:
            error["innererror"] = {"code": inner}
        want = json.dumps({"error": error}, separators=(",", ":"), ensure_ascii=False)
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.body.decode(), want)
        self.assertEqual(answer.header("Content-Type"), "application/json; charset=utf-8")
        return answer

    def secret(self, value="v", **more):
        name = fresh()
        a = self.c.put(f"/secrets/{name}", {"value": value, **more})
        self.assertEqual(a.status, 200, a)
        return name, a.json()["id"].rsplit("/", 1)[1]

    def deleted(self):
        name, version = self.secret()
        self.assertEqual(self.c.delete(f"/secrets/{name}").status, 200)
        return name, version


class Challenge(Case):
    PATHS = ["/secrets", "/secrets/x", "/secrets/x/", "/secrets/x/" + "0" * 32,
             "/secrets/x/versions", "/deletedsecrets", "/deletedsecrets/x", "/keys/k",
             "/nothing/at/all", "/", "//secrets//x", "/secrets/bad_name"]

    def challenge(self):
        return (f'Bearer authorization="https://login.keyhold.localhost:{SERVER.port}/", '
                f'resource="https://vault.keyhold.localhost:{SERVER.port}"')

    def test_a_request_without_a_token_is_401_before_anything_else_is_looked_at(self):
        self.c.token = None
        for path in self.PATHS:
            for query in ("?api-version=7.4", "", "?api-version=99"):
                with self.subTest(path=path + query):
                    a = self.c.call("GET", path + query, version=None)
                    self.assertEqual((a.status, a.body), (401, NO_TOKEN))
                    self.assertEqual(a.header("Content-Length"), "97")
                    self.assertEqual(a.header("WWW-Authenticate"), self.challenge())

    def test_the_body_is_not_looked_at_either(self):
        self.c.token = None
        for method, path, body in (("PUT", "/secrets/x", None), ("PUT", "/secrets/x", b"not json"),
                                   ("PATCH", "/secrets/x/", None), ("DELETE", "/secrets/x", None),
                                   ("POST", "/secrets/restore", b""),
                                   ("POST", "/deletedsecrets/x/recover", None)):
            with self.subTest(method=method, body=body):
                a = self.c.call(method, path, body)
                self.assertEqual((a.status, a.body), (401, NO_TOKEN))
                self.assertEqual(a.header("WWW-Authenticate"), self.challenge())

    def test_a_vault_that_is_not_there_challenges_like_one_that_is(self):
        a = wire.Client(SERVER, "nosuch.vault", None).get("/secrets")
        self.assertEqual((a.status, a.body, a.header("WWW-Authenticate")),
                         (401, NO_TOKEN, self.challenge()))
        a = wire.Client(SERVER, "nosuch.vault", TOKENS["admin"]).get("/secrets")
        self.assertEqual((a.status, a.error["code"]), (404, "VaultNotFound"))

    def test_other_schemes_and_empty_tokens_count_as_none(self):
        for value in ("", "Basic dTpw", "Bearer", "Bearer ", "PoP abc"):
            with self.subTest(value=value):
                a = self.c.call("GET", "/secrets", token=None, headers=[("Authorization", value)])
                self.assertEqual((a.status, a.body), (401, NO_TOKEN))

    def test_the_scheme_is_taken_in_any_case(self):
        a = self.c.call("GET", "/secrets", token=None,
                        headers=[("Authorization", f"bearer {TOKENS['admin']}")])
        self.assertEqual(a.status, 200)


class Headers(Case):
    def common(self, a):
        self.assertEqual(a.header("Cache-Control"), "no-cache")
        self.assertEqual(a.header("Pragma"), "no-cache")
        self.assertEqual(a.header("Expires"), "-1")
        self.assertEqual(a.header("x-ms-keyvault-region"), "local")
        self.assertRegex(a.header("x-ms-request-id"), f"^{GUID}$")
        self.assertRegex(a.header("x-ms-keyvault-service-version"), r"^\d+(\.\d+){3}$")
        self.assertEqual(a.header("x-ms-keyvault-network-info"),
                         "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;")
        self.assertEqual(a.header("Strict-Transport-Security"), "max-age=31536000;includeSubDomains")
        self.assertEqual(a.header("X-Content-Type-Options"), "nosniff")
        age = time.time() - email.utils.parsedate_to_datetime(a.header("Date")).timestamp()
        self.assertLess(abs(age), 30)
        self.assertIsNone(a.header("Server"))

    def test_every_answer_has_them(self):
        name, _ = self.secret()
        for a in (self.c.get(f"/secrets/{name}"), self.c.get("/secrets/absent"),
                  self.c.get("/secrets", token=None), self.c.get("/nothing"),
                  self.c.delete(f"/secrets/{name}")):
            with self.subTest(status=a.status):
                self.common(a)
                self.assertEqual(a.header("Content-Type"), "application/json; charset=utf-8")
                self.assertEqual(a.header("Content-Length"), str(len(a.body)))
        a = self.c.delete(f"/deletedsecrets/{name}")
        self.assertEqual((a.status, a.body), (204, b""))
        self.common(a)
        self.assertIsNone(a.header("Content-Type"))
        self.assertIsNone(a.header("Content-Length"))

    def test_the_clients_request_id_comes_back_and_ours_is_new_each_time(self):
        mine = str(uuid.uuid4())
        seen = set()
        for _ in range(3):
            a = self.c.get("/secrets", headers=[("x-ms-client-request-id", mine)])
            self.assertEqual(a.header("x-ms-client-request-id"), mine)
            seen.add(a.header("x-ms-request-id"))
        self.assertEqual(len(seen), 3)
        self.assertIsNone(self.c.get("/secrets").header("x-ms-client-request-id"))

    def test_a_client_request_id_cannot_bring_a_header_of_its_own(self):
        a = self.c.get("/secrets", headers=[("x-ms-client-request-id", "a" * 5000)])
        self.assertLess(len(a.header("x-ms-client-request-id") or ""), 300)

    def test_the_assignment_that_let_one_in_is_named(self):
        a = self.c.get("/secrets")
        self.assertRegex(a.header("x-ms-keyvault-rbac-assignment-id"), f"^{GUID}$")

    def test_head_is_get_without_the_body(self):
        name, _ = self.secret()
        a = self.c.call("HEAD", f"/secrets/{name}")
        self.assertEqual((a.status, a.body), (200, b""))
        self.assertEqual(self.c.get(f"/secrets/{name}").status, 200)

    def test_health_needs_no_token_and_is_four_bytes(self):
        for token in (None, TOKENS["admin"]):
            a = self.c.call("GET", "/healthstatus", token=token, version=None)
            self.assertEqual((a.status, len(a.body)), (200, 4))
            self.common(a)


class Bundles(Case):
    """B3, A9: members and their order."""

    def test_set_and_get_give_the_members_in_their_order(self):
        name = fresh()
        a = self.c.put(f"/secrets/{name}", {
            "value": "hunter2", "contentType": "text/plain", "tags": {"k": "v"},
            "attributes": {"enabled": True, "nbf": 1, "exp": 32503680000}})
        got = a.json()
        self.assertEqual(list(got), ["value", "contentType", "id", "attributes", "tags"])
        self.assertEqual(list(got["attributes"]),
                         ["enabled", "nbf", "exp", "created", "updated", "recoveryLevel",
                          "recoverableDays"])
        self.assertEqual(got["attributes"]["exp"], 32503680000)
        self.assertRegex(got["id"], f"^{re.escape(SERVER.url('alpha'))}/secrets/{name}/[0-9a-f]{{32}}$")
        self.assertNotIn(b" ", a.body)
        self.assertEqual(self.c.get(f"/secrets/{name}").json(), got)

    def test_what_was_not_given_is_left_out(self):
        name, _ = self.secret()
        got = self.c.get(f"/secrets/{name}").json()
        self.assertEqual(list(got), ["value", "id", "attributes"])
        self.assertEqual(list(got["attributes"]),
                         ["enabled", "created", "updated", "recoveryLevel", "recoverableDays"])

    def test_members_appear_with_the_version_that_brought_them(self):
        name, first = self.secret()
        self.c.put(f"/secrets/{name}", {"value": "2"})
        for version, days, previous in (("2016-10-01", False, False), ("7.0", False, False),
                                        ("7.1", True, False), ("7.6", True, False),
                                        ("2025-07-01", True, True), ("2026-04-01", True, True)):
            with self.subTest(version=version):
                got = self.c.get(f"/secrets/{name}", version=version).json()
                self.assertEqual("recoverableDays" in got["attributes"], days)
                self.assertEqual(got.get("previousVersion"), first if previous else None)

    def test_many_who_set_one_secret_at_once_all_do(self):
        """Only one write of a name goes into a commit; the others take their turns."""
        writers, rounds, start, answers = 32, 3, threading.Barrier(32), []

        def write(i):
            c = wire.Client(SERVER, "alpha.vault", TOKENS["admin"], "7.4")
            c.get("/secrets?maxresults=1")  # the connection stands
            for n in range(rounds):
                start.wait()
                r = c.put("/secrets/all-at-once", {"value": f"{i}-{n}"})
                answers.append((r.status, r.json().get("id")))
            c.close()

        threads = [threading.Thread(target=write, args=(i,)) for i in range(writers)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual({status for status, _ in answers}, {200})
        self.assertEqual(len({version for _, version in answers}), writers * rounds)
        got = self.c.get("/secrets/all-at-once").json()
        self.assertIn((200, got["id"]), answers)
        self.assertRegex(got["value"], rf"^[0-9]+-{rounds - 1}$")

    def test_update_gives_no_value(self):
        name, version = self.secret()
        for path in (f"/secrets/{name}", f"/secrets/{name}/", f"/secrets/{name}/{version}"):
            a = self.c.patch(path, {"attributes": {"exp": 2000000000}})
            self.assertEqual(a.status, 200)
            self.assertNotIn("value", a.json())

    def test_delete_gives_recovery_members_first_and_no_value(self):
        name, version = self.secret(tags={"a": "b"})
        got = self.c.delete(f"/secrets/{name}").json()
        self.assertEqual(list(got)[:3], ["recoveryId", "deletedDate", "scheduledPurgeDate"])
        self.assertEqual(got["recoveryId"], f"{SERVER.url('alpha')}/deletedsecrets/{name}")
        self.assertEqual(got["scheduledPurgeDate"] - got["deletedDate"], 90 * 86400)
        self.assertTrue(got["id"].endswith(f"/secrets/{name}/{version}"))
        self.assertNotIn("value", got)
        self.assertEqual(self.c.get(f"/deletedsecrets/{name}").json(), got)
        back = self.c.post(f"/deletedsecrets/{name}/recover").json()
        self.assertNotIn("value", back)
        self.assertNotIn("recoveryId", back)

    def test_null_leaves_an_attribute_and_tags_replace_the_map(self):
        name, _ = self.secret(attributes={"exp": 2000000000}, tags={"a": "1"})
        self.c.patch(f"/secrets/{name}/", {"attributes": {"exp": None, "enabled": None}})
        got = self.c.get(f"/secrets/{name}").json()
        self.assertEqual(got["attributes"]["exp"], 2000000000)
        self.assertEqual(got["tags"], {"a": "1"})
        self.c.patch(f"/secrets/{name}/", {"tags": {}})
        self.assertEqual(self.c.get(f"/secrets/{name}").json().get("tags", {}), {})

    def test_unknown_members_and_parameters_are_ignored(self):
        name = fresh()
        a = self.c.put(f"/secrets/{name}?api-version=7.4&what=ever&x",
                       {"value": "v", "whatever": {"deep": [1, 2, None]}, "id": "https://evil/"})
        self.assertEqual(a.status, 200)
        self.assertNotIn("whatever", a.json())

    def test_texts_keep_every_character(self):
        value = "".join(map(chr, range(1, 0x80))) + "\u00e9\u2028\ud7ff\ue000\U0001f511\\\"/"
        name, _ = self.secret(value)
        self.assertEqual(self.c.get(f"/secrets/{name}").json()["value"], value)

    def test_not_yet_valid_and_expired_secrets_are_given_out(self):
        for attributes in ({"nbf": 32503680000}, {"exp": 1}, {"nbf": 2000, "exp": 1000}):
            name, _ = self.secret(attributes=attributes)
            self.assertEqual(self.c.get(f"/secrets/{name}").status, 200)


class Errors(Case):
    """A6, each body whole."""

    def test_name(self):
        for method, path in (("GET", "/secrets/bad_name"), ("PUT", "/secrets/bad_name"),
                             ("DELETE", "/secrets/bad_name"), ("GET", "/deletedsecrets/bad_name")):
            with self.subTest(method=method):
                self.body(self.c.call(method, path, {"value": "v"} if method == "PUT" else None),
                          400, "BadParameter", "The request URI contains an invalid name: bad_name")

    def test_version(self):
        name, _ = self.secret()
        for text in ("latest", "0" * 31, "0" * 33, "g" * 32):
            with self.subTest(text=text):
                self.body(self.c.get(f"/secrets/{name}/{text}"), 400, "BadParameter",
                          f"Method GET does not allow operation '{text}'")
        self.body(self.c.delete(f"/secrets/{name}/purge"), 400, "BadParameter",
                  "Method DELETE does not allow operation 'purge'")

    def test_not_found(self):
        name, version = self.secret()
        self.body(self.c.get("/secrets/absent"), 404, "SecretNotFound", NOT_FOUND.format("absent"))
        self.body(self.c.get(f"/secrets/absent/{version}"), 404, "SecretNotFound",
                  NOT_FOUND.format(f"absent/{version}"))
        other = "0" * 32
        self.body(self.c.get(f"/secrets/{name}/{other}"), 404, "SecretNotFound",
                  NOT_FOUND.format(f"{name}/{other}"))
        for a in (self.c.delete("/secrets/absent"), self.c.patch("/secrets/absent/", {}),
                  self.c.post("/secrets/absent/backup")):
            self.body(a, 404, "SecretNotFound", NOT_FOUND.format("absent"))
        for a in (self.c.get("/deletedsecrets/absent"), self.c.delete("/deletedsecrets/absent"),
                  self.c.post("/deletedsecrets/absent/recover")):
            self.body(a, 404, "SecretNotFound", "Deleted Secret not found: absent")

    def test_a_deleted_secret_is_not_found_on_the_live_path(self):
        name, version = self.deleted()
        for a in (self.c.get(f"/secrets/{name}"), self.c.delete(f"/secrets/{name}"),
                  self.c.patch(f"/secrets/{name}/", {}), self.c.post(f"/secrets/{name}/backup")):
            self.body(a, 404, "SecretNotFound", NOT_FOUND.format(name))
        self.body(self.c.get(f"/secrets/{name}/{version}"), 404, "SecretNotFound",
                  NOT_FOUND.format(f"{name}/{version}"))
        self.assertEqual(self.c.get(f"/secrets/{name}/versions").json(),
                         {"value": [], "nextLink": None})

    def test_conflict_with_a_deleted_name(self):
        name, _ = self.deleted()
        self.body(self.c.put(f"/secrets/{name}", {"value": "v"}), 409, "Conflict",
                  f"Secret {name} is currently in a deleted but recoverable state, and its name "
                  "cannot be reused; in this state, the secret can only be recovered or purged.",
                  "ObjectIsDeletedButRecoverable")

    def test_conflict_of_a_restore(self):
        name, version = self.secret()
        blob = self.c.post(f"/secrets/{name}/backup").json()["value"]
        a = self.c.post("/secrets/restore", {"value": blob})
        self.assertEqual((a.status, a.error["code"], a.inner), (409, "Conflict", None))
        self.assertTrue(a.error["message"].startswith(
            f"There was a conflict restoring the secret '{SERVER.url('alpha')}/secrets/{name}/{version}'. "
            "This can happen if either: "), a)

    def test_disabled(self):
        name, version = self.secret()
        self.c.patch(f"/secrets/{name}/", {"attributes": {"enabled": False}})
        for path in (f"/secrets/{name}", f"/secrets/{name}/{version}"):
            self.body(self.c.get(path), 403, "Forbidden",
                      "Operation get is not allowed on a disabled secret.", "SecretDisabled")
        self.assertEqual(self.c.delete(f"/secrets/{name}").status, 200)
        self.body(self.c.get(f"/deletedsecrets/{name}"), 403, "Forbidden",
                  "Operation get is not allowed on a disabled secret.", "SecretDisabled")

    def test_too_long_a_value(self):
        self.body(self.c.put(f"/secrets/{fresh()}", {"value": "x" * 25601}), 400, "BadParameter",
                  "Secret is beyond the maximum permitted length of 25600 characters.",
                  "SecretTooLarge")

    def test_purge_protection(self):
        c = wire.Client(SERVER, "guard.vault", TOKENS["admin"])
        name = fresh()
        c.put(f"/secrets/{name}", {"value": "v"})
        c.delete(f"/secrets/{name}")
        self.body(c.delete(f"/deletedsecrets/{name}"), 403, "Forbidden",
                  'Operation "purge" is not allowed because purge protection is enabled for this '
                  "vault. Key Vault service will automatically purge it after the retention period "
                  "has passed.\r\nVault: guard;location=local")

    def test_no_role(self):
        nobody = WORLD.apps["nobody"]
        name, _ = self.secret()
        vault = (f"/subscriptions/{WORLD.subscription}/resourcegroups/bench/providers/"
                 "microsoft.keyvault/vaults/alpha")
        text = ("Caller is not authorized to perform action on resource.\r\nIf role assignments, "
                "deny assignments or role definitions were changed recently, please observe "
                "propagation time.\r\nCaller: appid={};oid={};iss=https://login.keyhold.localhost:{}/{}/\r\n"
                "Action: '{}'\r\nResource: '{}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n"
                "DecisionReason: null \r\nVault: alpha;location=local\r\n")
        for method, path, action, resource in (
                ("GET", f"/secrets/{name}", "secrets/getSecret/action", f"{vault}/secrets/{name}"),
                ("GET", "/secrets", "secrets/readMetadata/action", vault),
                ("DELETE", f"/secrets/{name}", "secrets/delete", f"{vault}/secrets/{name}")):
            with self.subTest(path=path):
                a = self.c.call(method, path, token=TOKENS["nobody"])
                self.body(a, 403, "Forbidden",
                          text.format(nobody.app_id, nobody.object_id, SERVER.port, SERVER.tenant,
                                      f"Microsoft.KeyVault/vaults/{action}", resource),
                          "ForbiddenByRbac")

    def test_api_version(self):
        want = ("The specified version ({}) is not recognized. Consider using the latest supported "
                "version (2026-04-01).")
        for version in ("99", "7.99", "7", "latest", "2030-01-01"):
            with self.subTest(version=version):
                self.body(self.c.get("/secrets", version=version), 400, "BadParameter",
                          want.format(version))
        self.body(self.c.get("/secrets", version=None), 400, "BadParameter", want.format(""))
        self.body(self.c.call("GET", "/secrets?api-version=", version=None), 400, "BadParameter",
                  want.format(""))

    def test_api_versions_of_old_and_new_are_known(self):
        for version in ("2015-06-01", "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6",
                        "2025-07-01", "2026-04-01", "7.6-preview.2", "2025-06-01-preview"):
            with self.subTest(version=version):
                self.assertEqual(self.c.get("/secrets", version=version).status, 200)

    def test_a_route_is_not_older_than_the_version_that_brought_it(self):
        self.assertEqual(self.c.get("/deletedsecrets", version="2015-06-01").status, 400)

    def test_paths_that_are_nobodys(self):
        for path in ("/", "/nothing", "/secrets/a/b/c", "/keyz", "/secrets/a/versions/x",
                     "/deletedsecrets/a/b"):
            with self.subTest(path=path):
                a = self.c.get(path)
                self.assertIn(a.status, (400, 404))
                self.assertIn(a.error["code"], ("NotFound", "BadParameter"))

    def test_binding(self):
        many = {f"t{i}": "v" for i in range(16)}
        for body in (b"", b"{", b"[]", b'"text"', b"null", b'{"value":1}', b'{"value":null}', b"{}",
                     b'{"value":"a","value":"b"}', b'{"value":"v","attributes":[]}',
                     b'{"value":"v","attributes":{"enabled":"true"}}',
                     b'{"value":"v","attributes":{"exp":"1"}}',
                     b'{"value":"v","attributes":{"exp":1.5}}',
                     b'{"value":"v","attributes":{"exp":1e999}}',
                     b'{"value":"v","attributes":{"exp":-1}}',
                     b'{"value":"v","tags":{"a":1}}', b'{"value":"v","tags":["a"]}',
                     b'{"value":"v","contentType":7}', b'{"value":"v"} x', b'{"value":"\xff"}',
                     b'{"value":"\\ud800"}', b"{'value':'v'}",
                     json.dumps({"value": "v", "tags": many}).encode(),
                     json.dumps({"value": "v", "tags": {"n" * 513: "v"}}).encode(),
                     json.dumps({"value": "v", "tags": {"n": "v" * 513}}).encode(),
                     json.dumps({"value": "v", "contentType": "c" * 256}).encode(),
                     b'{"value":"v","x":' + b"[" * 100 + b"]" * 100 + b"}",
                     b'{"value":"v","x":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}"):
            with self.subTest(body=body[:60]):
                name = fresh()
                self.body(self.c.put(f"/secrets/{name}", body), 400, "BadParameter",
                          "Property  has invalid value\r\n")
                self.assertEqual(self.c.get(f"/secrets/{name}").status, 404)

    def test_what_is_just_within_the_limits_is_taken(self):
        for body in ({"tags": {f"t{i}": "v" for i in range(15)}}, {"tags": {"n" * 512: "v" * 512}},
                     {"contentType": "c" * 255}, {"value": "x" * 25600}, {"value": "🔑" * 12800},
                     {"value": "\u20ac" * 25600}):
            with self.subTest(body=str(body)[:40]):
                a = self.c.put(f"/secrets/{fresh()}", {"value": "v", **body})
                self.assertEqual(a.status, 200, a)
        self.assertEqual(self.c.put(f"/secrets/{'n' * 127}", {"value": "v"}).status, 200)
        self.assertEqual(self.c.put(f"/secrets/{'n' * 128}", {"value": "v"}).status, 400)
        self.assertEqual(self.c.put(f"/secrets/{fresh()}", {"value": "🔑" * 12801}).inner,
                         "SecretTooLarge")

    def test_backup_blobs_that_are_none(self):
        for value in ("", "AAAA", "not base64!", "QUJD" * 1000, 7, None):
            with self.subTest(value=str(value)[:20]):
                a = self.c.post("/secrets/restore", {"value": value})
                self.assertEqual((a.status, a.error["code"]), (400, "BadParameter"))

    def test_a_blob_of_another_subscription_is_refused(self):
        # `dev` is in the subscription of the founding, `alpha` in that of the seed.
        dev = wire.Client(SERVER, "dev.vault", wire.get_token(SERVER))
        name = fresh()
        dev.put(f"/secrets/{name}", {"value": "v"})
        blob = dev.post(f"/secrets/{name}/backup").json()["value"]
        a = self.c.post("/secrets/restore", {"value": blob})
        self.assertEqual((a.status, a.error["code"]), (400, "BadParameter"))
        self.assertEqual(self.c.get(f"/secrets/{name}").status, 404)


class Quirks(Case):
    """A3, A15: what clients send."""

    def test_slashes(self):
        name, version = self.secret("slashes")
        for path in (f"//secrets/{name}", f"/secrets//{name}", f"/secrets/{name}/",
                     f"/secrets/{name}/{version}/", f"///secrets///{name}///"):
            with self.subTest(path=path):
                a = self.c.get(path)
                self.assertEqual((a.status, a.json().get("value")), (200, "slashes"))
        self.assertEqual(self.c.post("/secrets//restore", {"value": "AAAA"}).status, 400)

    def test_the_name_of_the_parameter_may_be_encoded_or_in_other_case(self):
        for query in ("api%2Dversion=7.4", "api%2dversion=7.4", "API-Version=7.4", "api-version=7%2E4"):
            with self.subTest(query=query):
                self.assertEqual(self.c.call("GET", f"/secrets?{query}", version=None).status, 200)

    def test_an_encoded_name_is_decoded_once(self):
        name, _ = self.secret("encoded")
        encoded = "".join(f"%{ord(x):02x}" for x in name)
        a = self.c.get("/%73ecrets/" + encoded)
        self.assertEqual((a.status, a.json().get("value")), (200, "encoded"))
        a = self.c.get("/secrets/" + encoded.replace("%", "%25"))
        self.assertEqual((a.status, a.error["code"]), (400, "BadParameter"))
        for path in ("/secrets/a%2Fb", f"/secrets/{name}%00", f"/secrets/..%2f{name}", "/secrets/a%2",
                     "/secrets/a%zz", "/secrets%2f" + name, "/secrets/a%0d%0a", f"/secrets/..%5c{name}"):
            with self.subTest(path=path):
                self.assertEqual(self.c.get(path).status, 400)

    def test_paths_are_found_in_any_case(self):
        name, _ = self.secret("case")
        self.assertEqual(self.c.get(f"/Secrets/{name.upper()}").json().get("value"), "case")

    def test_the_first_spelling_of_a_name_is_kept(self):
        self.c.put("/secrets/FirstSpelling", {"value": "1"})
        a = self.c.put("/secrets/FIRSTSPELLING", {"value": "2"})
        self.assertIn("/secrets/FirstSpelling/", a.json()["id"])
        self.assertEqual(len(self.c.get("/secrets/firstspelling/versions").json()["value"]), 2)

    def test_a_post_may_stand_for_another_verb(self):
        for header in ("X-HTTP-METHOD", "X-HTTP-REQUEST"):
            name, _ = self.secret("over")
            with self.subTest(header=header):
                a = self.c.post(f"/secrets/{name}/", {"tags": {"a": "b"}}, headers=[(header, "PATCH")])
                self.assertEqual((a.status, a.json().get("tags")), (200, {"a": "b"}))
                a = self.c.post(f"/secrets/{name}", headers=[(header, "DELETE")])
                self.assertEqual(a.status, 200)
                self.assertIn("recoveryId", a.json())

    def test_only_a_post_may(self):
        name, _ = self.secret()
        a = self.c.call("GET", f"/secrets/{name}", headers=[("X-HTTP-METHOD", "DELETE")])
        self.assertEqual(a.json().get("value"), "v")

    def test_verbs_without_a_body_take_none_an_empty_object_or_anything(self):
        for body in (None, b"", b"{}", b"anything"):
            name, _ = self.deleted()
            with self.subTest(body=body):
                self.assertEqual(self.c.post(f"/deletedsecrets/{name}/recover", body).status, 200)
                self.assertEqual(self.c.post(f"/secrets/{name}/backup", body).status, 200)
        name, _ = self.secret()
        self.assertEqual(self.c.delete(f"/secrets/{name}", b'{"ignored":true}').status, 200)

    def test_a_content_type_may_say_the_charset(self):
        for kind in ("application/json", "application/json; charset=utf-8", "text/json"):
            a = self.c.put(f"/secrets/{fresh()}", b'{"value":"v"}', headers=[("Content-Type", kind)])
            self.assertEqual(a.status, 200, kind)

    def test_a_chunked_body_works(self):
        name = fresh()
        w = self.c.connect()
        w.send(f"PUT /secrets/{name}?api-version=7.4 HTTP/1.1\r\nHost: {self.c.host}\r\n"
               f"Authorization: Bearer {TOKENS['admin']}\r\nTransfer-Encoding: chunked\r\n\r\n"
               '5\r\n{"val\r\n1\r\nu\r\nA;ext=1\r\ne":"chunks\r\n2\r\n"}\r\n0\r\nTrailer: x\r\n\r\n')
        self.assertEqual(w.read().status, 200)
        self.assertEqual(self.c.get(f"/secrets/{name}").json()["value"], "chunks")

    def test_a_body_is_asked_for_with_100_continue(self):
        name, w = fresh(), self.c.connect()
        w.send(f"PUT /secrets/{name}?api-version=7.4 HTTP/1.1\r\nHost: {self.c.host}\r\n"
               f"Authorization: Bearer {TOKENS['admin']}\r\nExpect: 100-continue\r\n"
               "Content-Length: 13\r\n\r\n")
        self.assertEqual(w.read().status, 100)
        w.send('{"value":"v"}')
        self.assertEqual(w.read().status, 200)

    def test_requests_may_be_pipelined(self):
        name, _ = self.secret("pipe")
        w = self.c.connect()
        one = (f"GET /secrets/{name}?api-version=7.4 HTTP/1.1\r\nHost: {self.c.host}\r\n"
               f"Authorization: Bearer {TOKENS['admin']}\r\n\r\n")
        w.send(one * 6)
        for _ in range(6):
            self.assertEqual(w.read().json()["value"], "pipe")

    def test_the_host_may_be_in_any_case_and_an_absolute_target_may_name_it(self):
        a = self.c.connect().request("GET", "/secrets?api-version=7.4", token=TOKENS["admin"],
                                     host=self.c.host.upper())
        self.assertEqual(a.status, 200)
        a = self.c.connect().request("GET", f"https://{self.c.host}/secrets?api-version=7.4",
                                     token=TOKENS["admin"])
        self.assertEqual(a.status, 200)

    def test_ids_are_written_with_the_lower_case_host(self):
        name, _ = self.secret()
        a = self.c.connect().request("GET", f"/secrets/{name}?api-version=7.4", token=TOKENS["admin"],
                                     host=self.c.host.upper())
        self.assertTrue(a.json()["id"].startswith(SERVER.url("alpha") + "/"))


class Lists(unittest.TestCase):
    """A13, in a vault of its own each time: `week` for these alone."""

    @classmethod
    def setUpClass(cls):
        cls.c = wire.Client(SERVER, "week.vault", TOKENS["admin"], "7.4")
        cls.names = [f"item-{i:03}" for i in range(58)]
        for n in reversed(cls.names):
            assert cls.c.put(f"/secrets/{n}", {"value": "v", "tags": {"n": n}}).status == 200

    @classmethod
    def tearDownClass(cls):
        cls.c.close()

    def follow(self, path, visit=lambda page: None, client=None):
        """All items, by nextLink as an absolute URL and nothing added."""
        c, items, sizes = client or self.c, [], []
        a = c.call("GET", path)
        while True:
            self.assertEqual(a.status, 200, a)
            page = a.json()
            self.assertEqual(list(page), ["value", "nextLink"])
            items += page["value"]
            sizes.append(len(page["value"]))
            visit(page)
            if page["nextLink"] is None:
                return items, sizes
            origin, slash, rest = page["nextLink"].partition("/secrets")
            self.assertEqual(origin, SERVER.url("week"))
            a = c.call("GET", slash + rest, version=None)

    @staticmethod
    def name_of(item):
        return item["id"].rsplit("/", 1)[1]

    def test_the_shape_of_a_page(self):
        a = self.c.get("/secrets?maxresults=2")
        page = a.json()
        self.assertEqual(len(page["value"]), 2)
        self.assertRegex(page["nextLink"], f"^{re.escape(SERVER.url('week'))}/secrets\\?api-version=7\\.4"
                                           r"&\$skiptoken=[A-Za-z0-9_-]+&maxresults=2$")
        for item in page["value"]:
            self.assertEqual(list(item), ["id", "attributes", "tags"])
            self.assertEqual(item["id"], f"{SERVER.url('week')}/secrets/{item['tags']['n']}")

    def test_pages_of_every_size_give_all_in_order(self):
        for size in (None, 1, 7, 24, 25):
            with self.subTest(size=size):
                path = "/secrets" if size is None else f"/secrets?maxresults={size}"
                items, sizes = self.follow(path)
                self.assertEqual([self.name_of(i) for i in items if self.name_of(i) in self.names],
                                 self.names)
                self.assertTrue(all(s <= (size or 25) for s in sizes))

    def test_a_size_out_of_range_is_refused(self):
        for size in ("0", "26", "-1", "x", "1e1", "", "99999999999999999999"):
            with self.subTest(size=size):
                a = self.c.get(f"/secrets?maxresults={size}")
                self.assertEqual((a.status, a.error["code"]), (400, "BadParameter"))
                self.assertIn("maxresults", a.error["message"])

    def test_a_changed_skip_token_is_refused(self):
        link = self.c.get("/secrets?maxresults=3").json()["nextLink"]
        token = re.search(r"skiptoken=([^&]+)", link).group(1)
        raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        bad = [token[:-1], token + "A", "", "AAAA", "!", token[::-1]]
        bad.remove("")
        for i in (0, 1, len(raw) // 2, len(raw) - 1):
            twisted = bytearray(raw)
            twisted[i] ^= 1
            bad.append(base64.urlsafe_b64encode(twisted).decode().rstrip("="))
        for text in bad:
            with self.subTest(text=text):
                a = self.c.get(f"/secrets?$skiptoken={text}")
                self.assertEqual((a.status, a.error["code"]), (400, "BadParameter"), a)
        good = self.c.get(f"/secrets?$skiptoken={token}")
        self.assertEqual(good.status, 200)

    def test_a_skip_token_is_good_for_its_own_list_alone(self):
        link = self.c.get("/secrets?maxresults=3").json()["nextLink"]
        token = re.search(r"skiptoken=([^&]+)", link).group(1)
        alpha = wire.Client(SERVER, "alpha.vault", TOKENS["admin"])
        for c, path in ((alpha, "/secrets"), (self.c, "/deletedsecrets"),
                        (self.c, "/secrets/item-000/versions")):
            with self.subTest(path=path):
                self.assertEqual(c.get(f"{path}?$skiptoken={token}").status, 400)
        reader = self.c.get(f"/secrets?$skiptoken={token}", token=TOKENS["reader"])
        self.assertEqual(reader.status, 200)

    def test_a_list_goes_on_while_items_come_and_go(self):
        doomed, extra = [f"item-{i:03}-x" for i in range(0, 58, 2)], []
        for n in doomed:
            self.c.put(f"/secrets/{n}", {"value": "v"})
        stop, other = threading.Event(), wire.Client(SERVER, "week.vault", TOKENS["admin"], "7.4")

        def churn():
            for n in doomed:
                if stop.is_set():
                    return
                other.delete(f"/secrets/{n}")
                extra.append(n + "-new")
                other.put(f"/secrets/{extra[-1]}", {"value": "v"})

        worker = threading.Thread(target=churn)
        worker.start()
        try:
            items, _ = self.follow("/secrets?maxresults=5")
        finally:
            stop.set()
            worker.join()
        seen = [self.name_of(i) for i in items]
        self.assertEqual([n for n in seen if n in self.names], self.names)
        self.assertEqual(len(seen), len(set(seen)), "an item came twice")
        self.assertEqual(seen, sorted(seen))
        for n in doomed + extra:
            self.c.delete(f"/secrets/{n}")
            self.c.delete(f"/deletedsecrets/{n}")

    def test_the_item_that_a_token_names_may_be_gone(self):
        page = self.c.get("/secrets?maxresults=10").json()
        last = self.name_of(page["value"][-1])
        self.c.delete(f"/secrets/{last}")
        link = page["nextLink"].partition("/secrets")
        following = self.c.call("GET", link[1] + link[2], version=None).json()["value"]
        self.c.post(f"/deletedsecrets/{last}/recover")
        self.assertEqual(self.name_of(following[0]), self.names[self.names.index(last) + 1])

    def test_versions_come_the_newest_first(self):
        made = [self.c.put("/secrets/versioned", {"value": str(i)}).json()["id"] for i in range(9)]
        items, sizes = self.follow("/secrets/versioned/versions?maxresults=4")
        self.assertEqual(([i["id"] for i in items], sizes), (made[::-1], [4, 4, 1]))
        self.c.delete("/secrets/versioned")
        self.c.delete("/deletedsecrets/versioned")

    def test_deleted_items_show_when_they_will_be_purged(self):
        for i in range(3):
            self.c.put(f"/secrets/gone-{i}", {"value": "v"})
            self.c.delete(f"/secrets/gone-{i}")
        page = self.c.get("/deletedsecrets?maxresults=25").json()
        mine = [i for i in page["value"] if i["recoveryId"].endswith(("gone-0", "gone-1", "gone-2"))]
        self.assertEqual(len(mine), 3)
        for item in mine:
            self.assertEqual(item["scheduledPurgeDate"] - item["deletedDate"], 7 * 86400)
            self.assertNotIn("value", item)
            self.c.delete(f"/deletedsecrets/{self.name_of(item)}")

    def test_an_empty_list_is_a_page_with_nothing_in_it(self):
        guard = wire.Client(SERVER, "dev.vault", wire.get_token(SERVER))
        self.assertEqual(guard.get("/deletedsecrets").body, b'{"value":[],"nextLink":null}')
