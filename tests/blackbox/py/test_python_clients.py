# SPDX-License-Identifier: Apache-2.0
"""
Debian's azure-keyvault-secrets and azure-identity: every public method of
SecretClient, with the challenge verified and the CA taken from the environment.
"""
import base64
import datetime
import hashlib
import os
import ssl
import time
import unittest
import uuid

from kit import world
from kit.server import Server

try:
    import azure.core.exceptions as errors
    import azure.identity as identity
    from azure.keyvault.secrets import ApiVersion, SecretClient
except ImportError as e:  # Debian's python3-azure is not there
    raise unittest.SkipTest(f"no Azure SDK for Python: {e}") from None

UTC = datetime.timezone.utc
SERVER, WORLD, CERTS = None, None, {}


def setUpModule():
    global SERVER, WORLD
    WORLD = world.standard()
    SERVER = Server("python")
    for name in ("admin", "stranger"):
        CERTS[name] = world.certificate(SERVER.top, f"cert-{name}")
    WORLD.apps["admin"].certificates.append(world.text_of(CERTS["admin"][0]))
    SERVER.seed = WORLD.seed()
    SERVER.start()
    os.environ.update(SERVER.env)


def tearDownModule():
    SERVER.discard()


def login():
    return f"https://{SERVER.host('login')}"


def credential(app="admin", tenant="adfs", **more):
    a = WORLD.apps[app]
    return identity.ClientSecretCredential(tenant, a.app_id, a.secret, authority=login(), **more)


def client(vault="alpha", app="admin", **more):
    return SecretClient(SERVER.url(vault), credential(app), **more)


def fresh(prefix="s"):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


class Case(unittest.TestCase):
    def refused(self, kind, status, code, fn, *args, **more):
        with self.assertRaises(kind) as caught:
            fn(*args, **more)
        self.assertEqual(caught.exception.status_code, status)
        if code:
            self.assertEqual(caught.exception.error.code, code)
        return caught.exception

    def works(self, cred, vault="alpha"):
        c, name = SecretClient(SERVER.url(vault), cred), fresh("cred")
        c.set_secret(name, "v")
        self.assertEqual(c.get_secret(name).value, "v")


class Secrets(Case):
    def test_a_secret_is_set_and_read_back_with_its_properties(self):
        c, name = client(), fresh()
        nbf = datetime.datetime(2026, 1, 1, tzinfo=UTC)
        exp = datetime.datetime(3000, 1, 1, tzinfo=UTC)
        made = c.set_secret(name, "grüße 🔑", content_type="text/plain", tags={"a": "b"},
                            not_before=nbf, expires_on=exp)
        got = c.get_secret(name)
        self.assertEqual(got.value, "grüße 🔑")
        self.assertEqual(got.name, name)
        p = got.properties
        self.assertEqual((p.content_type, p.tags, p.not_before, p.expires_on, p.enabled),
                         ("text/plain", {"a": "b"}, nbf, exp, True))
        self.assertEqual((p.recovery_level, p.recoverable_days), ("Recoverable+Purgeable", 90))
        self.assertEqual(p.version, made.properties.version)
        self.assertEqual(p.vault_url, SERVER.url("alpha"))
        self.assertEqual(c.get_secret(name, p.version).value, "grüße 🔑")

    def test_an_update_changes_what_it_names(self):
        c, name = client(), fresh()
        c.set_secret(name, "v", content_type="x/y", tags={"a": "b"})
        exp = datetime.datetime(2040, 1, 1, tzinfo=UTC)
        p = c.update_secret_properties(name, expires_on=exp)
        self.assertEqual((p.expires_on, p.content_type, p.tags), (exp, "x/y", {"a": "b"}))
        c.update_secret_properties(name, p.version, enabled=False, tags={})
        self.refused(errors.HttpResponseError, 403, "Forbidden", c.get_secret, name)
        p = c.update_secret_properties(name, enabled=True, content_type="z")
        self.assertEqual((p.content_type, p.tags or {}), ("z", {}))
        self.assertEqual(c.get_secret(name).value, "v")

    def test_lists_give_everything_once_and_in_order(self):
        c, prefix = client(), fresh("l")
        names = [f"{prefix}-{i:02}" for i in range(30)]
        for n in names:
            c.set_secret(n, "v")
        got = [p.name for p in c.list_properties_of_secrets() if p.name.startswith(prefix)]
        self.assertEqual(got, names)
        pages = [list(p) for p in c.list_properties_of_secrets(max_page_size=7).by_page()]
        self.assertTrue(all(len(p) <= 7 for p in pages))
        self.assertEqual([p.name for page in pages for p in page
                          if p.name.startswith(prefix)], names)

    def test_a_list_goes_on_from_a_continuation_token(self):
        c, prefix = client(), fresh("t")
        for i in range(6):
            c.set_secret(f"{prefix}-{i}", "v")
        whole = [p.name for p in c.list_properties_of_secrets()]
        pager = c.list_properties_of_secrets(max_page_size=4).by_page()
        first = [p.name for p in next(pager)]
        self.assertTrue(pager.continuation_token)
        rest = c.list_properties_of_secrets().by_page(
            continuation_token=pager.continuation_token)
        self.assertEqual(first + [p.name for page in rest for p in page], whole)

    def test_versions_are_listed_old_ones_too(self):
        c, name = client(), fresh()
        made = {c.set_secret(name, str(i)).properties.version for i in range(4)}
        self.assertEqual({p.version for p in c.list_properties_of_secret_versions(name)}, made)
        self.assertEqual(list(c.list_properties_of_secret_versions(fresh())), [])

    def test_delete_recover_and_purge_with_pollers(self):
        c, name = client("week"), fresh()
        c.set_secret(name, "v")
        poller = c.begin_delete_secret(name, _polling_interval=0.05)
        deleted = poller.result()
        self.assertTrue(poller.done())
        self.assertEqual(deleted.name, name)
        self.assertEqual(deleted.recovery_id, f"{SERVER.url('week')}/deletedsecrets/{name}")
        self.assertEqual(deleted.scheduled_purge_date - deleted.deleted_date,
                         datetime.timedelta(days=7))
        poller.wait()
        self.assertEqual(c.get_deleted_secret(name).name, name)
        self.assertIn(name, [d.name for d in c.list_deleted_secrets()])
        self.refused(errors.ResourceNotFoundError, 404, "SecretNotFound", c.get_secret, name)
        self.refused(errors.ResourceExistsError, 409, "Conflict", c.set_secret, name, "w")
        recover = c.begin_recover_deleted_secret(name, _polling_interval=0.05)
        self.assertEqual(recover.result().name, name)
        recover.wait()
        self.assertEqual(c.get_secret(name).value, "v")
        c.begin_delete_secret(name, _polling_interval=0.05).wait()
        c.purge_deleted_secret(name)
        self.refused(errors.ResourceNotFoundError, 404, "SecretNotFound",
                     c.get_deleted_secret, name)
        c.set_secret(name, "again")

    def test_backup_and_restore(self):
        c, name = client(), fresh()
        one = c.set_secret(name, "one").properties.version
        c.set_secret(name, "two", tags={"t": "2"})
        blob = c.backup_secret(name)
        self.refused(errors.ResourceExistsError, 409, "Conflict", c.restore_secret_backup, blob)
        c.begin_delete_secret(name, _polling_interval=0.05).wait()
        c.purge_deleted_secret(name)
        p = c.restore_secret_backup(blob)
        self.assertEqual((p.name, p.tags), (name, {"t": "2"}))
        self.assertEqual(c.get_secret(name).value, "two")
        self.assertEqual(c.get_secret(name, one).value, "one")
        bad = bytearray(blob)
        bad[len(bad) // 2] ^= 1
        self.refused(errors.HttpResponseError, 400, "BadParameter",
                     client("week").restore_secret_backup, bytes(bad))

    def test_every_api_version_of_the_package_works(self):
        for version in ApiVersion:
            with self.subTest(version=version.value):
                c, name = client(api_version=version), fresh()
                c.set_secret(name, "v")
                p = c.get_secret(name).properties
                self.assertEqual(p.recoverable_days, None if version.value in
                                 ("7.0", "2016-10-01") else 90)
                c.begin_delete_secret(name, _polling_interval=0.05).wait()
                c.purge_deleted_secret(name)


class Refusals(Case):
    def test_what_is_not_there_is_not_found(self):
        c, name = client(), fresh("absent")
        missing = errors.ResourceNotFoundError
        for fn in (c.get_secret, c.begin_delete_secret, c.get_deleted_secret,
                   c.purge_deleted_secret, c.backup_secret, c.begin_recover_deleted_secret):
            with self.subTest(fn=fn.__name__):
                self.refused(missing, 404, "SecretNotFound", fn, name)
        self.refused(missing, 404, "SecretNotFound", c.get_secret, name, "0" * 32)
        self.refused(missing, 404, "SecretNotFound", c.update_secret_properties, name,
                     enabled=True)

    def test_a_bad_name_a_long_value_and_many_tags(self):
        c, bad = client(), errors.HttpResponseError
        self.refused(bad, 400, "BadParameter", c.set_secret, "bad_name", "v")
        e = self.refused(bad, 400, "BadParameter", c.set_secret, fresh(), "x" * 25601)
        self.assertEqual(e.error.innererror["code"] if isinstance(e.error.innererror, dict)
                         else e.error.innererror.code, "SecretTooLarge")
        c.set_secret(fresh(), "x" * 25600)
        tags = {f"t{i}": "v" for i in range(16)}
        e = self.refused(bad, 400, "BadParameter", c.set_secret, fresh(), "v", tags=tags)
        self.assertIn("Property  has invalid value\r\n", e.message)
        tags.popitem()
        c.set_secret(fresh(), "v", tags=tags)

    def test_who_may_not_is_told_so(self):
        c, name = client(), fresh()
        c.set_secret(name, "v")
        bad = errors.HttpResponseError
        for app, fn in (("nobody", "get_secret"), ("reader", "get_secret"),
                        ("user", "backup_secret"), ("user", "begin_delete_secret")):
            with self.subTest(app=app, fn=fn):
                e = self.refused(bad, 403, "Forbidden", getattr(client(app=app), fn), name)
                self.assertIn("Caller is not authorized to perform action on resource", e.message)
        self.refused(bad, 403, "Forbidden", client(app="user").set_secret, name, "w")
        self.assertEqual(client(app="user").get_secret(name).value, "v")

    def test_a_purge_protected_vault_does_not_purge(self):
        c, name = client("guard"), fresh()
        c.set_secret(name, "v")
        c.begin_delete_secret(name, _polling_interval=0.05).wait()
        e = self.refused(errors.HttpResponseError, 403, "Forbidden", c.purge_deleted_secret, name)
        self.assertIn("purge protection is enabled", e.message)

    def test_a_wrong_secret_gets_no_token(self):
        a = WORLD.apps["admin"]
        wrong = identity.ClientSecretCredential("adfs", a.app_id, "wrong", authority=login())
        with self.assertRaisesRegex(errors.ClientAuthenticationError, "AADSTS7000215"):
            SecretClient(SERVER.url("alpha"), wrong).get_secret("x")

    def test_a_vault_under_a_foreign_name_is_not_trusted(self):
        # localhost is in the certificate's names or not: in no case is a token sent there.
        c = SecretClient(f"https://login.keyhold.localhost:{SERVER.port}", credential(),
                         retry_total=0)
        with self.assertRaises(Exception):
            c.get_secret("x")


class Credentials(Case):
    def test_a_client_secret_in_the_tenant_adfs(self):
        self.works(credential())

    def test_a_certificate_in_the_tenant_adfs(self):
        a = WORLD.apps["admin"]
        self.works(identity.CertificateCredential("adfs", a.app_id, CERTS["admin"][2],
                                                  authority=login()))

    def test_a_certificate_as_bytes_with_its_chain(self):
        a = WORLD.apps["admin"]
        with open(CERTS["admin"][2], "rb") as f:
            self.works(identity.CertificateCredential(
                "adfs", a.app_id, certificate_data=f.read(), send_certificate_chain=True,
                authority=login()))

    def test_an_assertion_that_the_application_signed(self):
        import jwt  # msal brings it
        a, now = WORLD.apps["admin"], int(time.time())
        der = ssl.PEM_cert_to_DER_cert(world.text_of(CERTS["admin"][0]))
        head = {"x5t": base64.urlsafe_b64encode(hashlib.sha1(der).digest()).decode().rstrip("=")}

        def signed(audience=f"{login()}/adfs/oauth2/token"):
            claims = {"aud": audience, "iss": a.app_id, "sub": a.app_id, "jti": uuid.uuid4().hex,
                      "nbf": now - 5, "exp": now + 300}
            return jwt.encode(claims, world.text_of(CERTS["admin"][1]), "RS256", head)

        def of(fn):
            # The authority is in the environment: Debian's release takes none here.
            return identity.ClientAssertionCredential("adfs", a.app_id, fn)

        self.works(of(signed))
        with self.assertRaises(errors.ClientAuthenticationError):
            of(lambda: signed("https://else.example")).get_token("https://vault.azure.net/.default")

    def test_several_in_a_row(self):
        class Absent:
            def get_token(self, *scopes, **more):
                raise identity.CredentialUnavailableError(message="not here")

        self.works(identity.ChainedTokenCredential(Absent(), credential()))

    def test_a_certificate_that_is_not_registered(self):
        a = WORLD.apps["admin"]
        c = identity.CertificateCredential("adfs", a.app_id, CERTS["stranger"][2],
                                           authority=login())
        with self.assertRaisesRegex(errors.ClientAuthenticationError, "AADSTS700027"):
            c.get_token(f"https://vault.keyhold.localhost:{SERVER.port}/.default")

    def test_the_environment_is_enough(self):
        self.works(identity.EnvironmentCredential(), "dev")
        self.works(identity.DefaultAzureCredential(), "dev")

    def test_a_managed_identity_in_the_app_service_shape(self):
        self.works(identity.ManagedIdentityCredential())

    def test_a_managed_identity_in_the_imds_shape(self):
        saved = {k: os.environ.pop(k) for k in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")}
        os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = f"http://127.0.0.1:{SERVER.local_port}"
        try:
            self.works(identity.ManagedIdentityCredential())
        finally:
            del os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"]
            os.environ.update(saved)

    def test_the_tenants_own_id_where_the_release_can_do_without_instance_discovery(self):
        if "disable_instance_discovery" not in (identity.ClientSecretCredential.__doc__ or ""):
            self.skipTest("this release of azure-identity always asks Microsoft's host")
        self.works(credential(tenant=SERVER.tenant, disable_instance_discovery=True))
