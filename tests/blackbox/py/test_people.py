# SPDX-License-Identifier: Apache-2.0
"""
People sign in: with @azure/identity and msal-node, with Debian's az and Python
SDK, and in a real browser in which scripts are off.
"""
import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

from kit import chromium, node, world
from kit.server import Server, clean_env, wait_for

REDIRECT = "http://localhost:9/back"
AZ = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
PASSWORD = "tall-giraffe-42"
SERVER, WORLD = None, None


def setUpModule():
    global SERVER, WORLD
    WORLD = world.standard()
    seed = WORLD.seed()
    seed["users"] = [{"upn": "alice@contoso.example", "name": "Alice", "password": PASSWORD},
                     {"upn": "bob@contoso.example", "password": PASSWORD},
                     {"upn": "carol@contoso.example", "password": PASSWORD, "enabled": False}]
    seed["roleAssignments"] += [
        {"principal": "alice@contoso.example", "role": "Key Vault Secrets Officer",
         "vault": "alpha"},
        {"principal": "alice@contoso.example", "role": "Reader",
         "scope": f"/subscriptions/{WORLD.subscription}"}]
    next(a for a in seed["applications"] if a["name"] == "nobody")["redirectUris"] = [
        {"uri": REDIRECT, "kind": "web"}]
    seed["vaults"].append({
        "name": "compound", "subscription": WORLD.subscription, "resourceGroup": "bench",
        "rbac": False, "accessPolicies": [
            {"principal": "alice@contoso.example", "secrets": ["list"],
             "applicationId": WORLD.apps["nobody"].app_id}]})
    SERVER = Server("people")
    SERVER.seed = seed
    SERVER.start()


def tearDownModule():
    SERVER.discard()


def login():
    return SERVER.env["AZURE_AUTHORITY_HOST"]


def post(path, **fields):
    """A form; status and JSON."""
    request = urllib.request.Request(login() + path,
                                     data=urllib.parse.urlencode(fields).encode())
    try:
        with urllib.request.urlopen(request, context=context()) as r:
            return r.status, json.load(r)
    except urllib.error.HTTPError as e:
        return e.code, json.load(e)


def context():
    return ssl.create_default_context(cafile=SERVER.ca)


def sign_in(scope="https://vault.azure.net/.default offline_access openid", who="alice"):
    status, body = post("/adfs/oauth2/token", client_id=AZ, grant_type="password", scope=scope,
                        username=f"{who}@contoso.example", password=PASSWORD)
    assert status == 200, body
    return body


def vault(token, path="/secrets?api-version=7.4", method="GET", body=None, name="alpha"):
    request = urllib.request.Request(
        SERVER.url(name) + path, method=method, data=body and json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, context=context()) as r:
            return r.status
    except urllib.error.HTTPError as e:
        return e.code


def environment(**more):
    env = {**clean_env(), **SERVER.env, **more}
    for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"):
        env.pop(name, None)
    return env


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Grants(unittest.TestCase):
    def test_a_persons_token_opens_what_his_roles_say(self):
        token = sign_in()["access_token"]
        self.assertEqual(vault(token), 200)
        self.assertEqual(vault(token, "/secrets/of-alice?api-version=7.4", "PUT",
                               {"value": "x"}), 200)
        self.assertEqual(vault(token, name="week"), 403)
        self.assertEqual(vault(sign_in(who="bob")["access_token"]), 403)

    def test_a_reused_refresh_token_ends_its_family(self):
        first = sign_in()
        fields = {"client_id": AZ, "grant_type": "refresh_token",
                  "scope": "https://vault.azure.net/.default offline_access"}
        status, second = post("/common/oauth2/v2.0/token", refresh_token=first["refresh_token"],
                              **fields)
        self.assertEqual(status, 200)
        self.assertNotEqual(second["refresh_token"], first["refresh_token"])
        status, body = post("/common/oauth2/v2.0/token", refresh_token=first["refresh_token"],
                            **fields)
        self.assertEqual(status, 200, "within the grace")
        status, body = post("/common/oauth2/v2.0/token", refresh_token="A" * 43, **fields)
        self.assertEqual((status, body["error"]), (400, "invalid_grant"))

    def test_disabled_and_unknown_people_hear_the_same(self):
        seen = set()
        for who, word in (("carol", "wrong"), ("nobody", PASSWORD), ("alice", "wrong")):
            status, body = post("/adfs/oauth2/token", client_id=AZ, grant_type="password",
                                username=f"{who}@contoso.example", password=word)
            seen.add((status, body["error"], body["error_description"].split("\r")[0]))
        self.assertEqual(len(seen), 1, seen)
        status, body = post("/adfs/oauth2/token", client_id=AZ, grant_type="password",
                            username="carol@contoso.example", password=PASSWORD)
        self.assertEqual(body["error_codes"], [50057])

    def test_passwords_are_in_no_file(self):
        sign_in()
        found = subprocess.run(["grep", "-rlaF", PASSWORD, SERVER.data_dir], check=False,
                               stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual(found, "")


# Before anything is begun: a client that waits for a person would be left behind.
in_a_browser = unittest.skipIf(chromium.PROGRAM is None, "no chromium here")


@in_a_browser
class Browser(unittest.TestCase):
    """The pages in Chromium, without scripts."""

    def setUp(self):
        self.tab = chromium.Chromium(os.path.join(SERVER.top, f"browser-{self.id()}"))
        self.addCleanup(self.tab.close)

    def url(self, **more):
        fields = {"client_id": AZ, "response_type": "code", "state": "s",
                  "redirect_uri": "http://localhost:9", "scope": "openid",
                  "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
                  "code_challenge_method": "S256", **more}
        return f"{login()}/common/oauth2/v2.0/authorize?{urllib.parse.urlencode(fields)}"

    def test_the_page_is_usable_by_keyboard_and_told_by_label(self):
        tab = self.tab
        tab.go(self.url())
        tab.heading("Sign in")
        self.assertEqual(tab.eval("document.activeElement.id"), "username")
        self.assertEqual(tab.eval(
            "[...document.querySelectorAll('input:not([type=hidden])')]"
            ".filter(i => i.labels.length !== 1).length"), 0)
        self.assertEqual(tab.eval("document.documentElement.lang"), "en")
        self.assertEqual(tab.eval("document.querySelectorAll('script').length"), 0)
        self.assertNotEqual(tab.eval("getComputedStyle(document.querySelector('main'))"
                                     ".maxWidth"), "none", "the stylesheet was loaded")
        tab.type("username", "alice@contoso.example")
        tab.key("Tab", 9)
        self.assertEqual(tab.eval("document.activeElement.id"), "password")
        tab.ask("Input.insertText", text="wrong")
        tab.key("Enter", 13)
        tab.wait_for("!!document.querySelector('[role=alert]')")
        self.assertEqual(tab.eval("document.activeElement.id"), "password")
        self.assertEqual(tab.eval("document.getElementById('username').value"),
                         "alice@contoso.example")
        self.assertEqual(tab.eval("document.getElementById('password').value"), "")
        self.assertEqual(tab.complaints(), [])

    def test_a_page_elsewhere_cannot_frame_it(self):
        frame = urllib.parse.quote(f"<iframe src='{self.url()}'></iframe>")
        self.tab.go(f"data:text/html,{frame}")
        wait_for(lambda: self.tab.eval("1") and self.tab.failures(), "the refusal")

    def test_a_session_saves_the_password_and_signing_out_ends_it(self):
        tab = self.tab
        tab.go(self.url(prompt="select_account"))
        tab.type("username", "alice@contoso.example")
        tab.type("password", PASSWORD)
        tab.press("Sign in")
        tab.wait_for("document.URL.startsWith('http://localhost:9') || "
                     "document.URL.startsWith('chrome-error')", "the way back")
        tab.go(self.url(prompt="select_account"))
        tab.heading("Choose an account")
        tab.press("Use another account")
        tab.heading("Sign in")
        tab.go(f"{login()}/common/oauth2/v2.0/logout")
        tab.heading("You are signed out")
        tab.go(self.url(prompt="select_account"))
        tab.heading("Sign in")


class Clients(unittest.TestCase):
    """Unmodified clients."""

    def client(self, what, **env):
        process = subprocess.Popen(node.command("people_client.mjs", what),
                                   env=environment(WHO="alice@contoso.example", WORD=PASSWORD, **env),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def end(self, process, more=None):
        out, err = process.communicate(more, timeout=90)
        lines = [json.loads(x) for x in out.splitlines() if x.startswith("{")]
        self.assertTrue(lines and "token" in lines[-1], f"{out}\n{err}")
        self.assertEqual(vault(lines[-1]["token"]), 200)
        self.assertEqual(lines[-1]["claims"]["upn"], "alice@contoso.example")
        return lines

    def browser(self):
        tab = chromium.Chromium(os.path.join(SERVER.top, f"browser-{self.id()}"))
        self.addCleanup(tab.close)
        return tab

    def approve(self, uri, code):
        tab = self.browser()
        tab.go(uri)
        tab.type("user_code", code)
        tab.type("username", "alice@contoso.example")
        tab.type("password", PASSWORD)
        tab.press("Next")
        tab.heading("Sign in to this program?")
        tab.press("Continue")
        tab.heading("You are signed in")

    def enter(self, url):
        tab = self.browser()
        tab.go(url)
        tab.type("username", "alice@contoso.example")
        tab.type("password", PASSWORD)
        tab.press("Sign in")
        tab.wait_for("document.URL.startsWith('http://localhost') || "
                     "document.querySelector('h1')?.textContent === 'Signed in'", "the answer")
        if not tab.eval("document.URL").startswith("http://localhost"):
            tab.press("Continue")  # response_mode=form_post; scripts are off
        tab.wait_for("document.URL.startsWith('http://localhost')", "the program's page")
        self.assertEqual(tab.complaints(), [])

    def opened(self, where):
        """A browser that only says what it was to open."""
        script = os.path.join(SERVER.top, f"open-{os.path.basename(where)}")
        with open(script, "w", encoding="ascii") as f:
            f.write(f'#!/bin/sh\nprintf "%s\\n" "$1" >>{where}\n')
        os.chmod(script, 0o755)
        return script

    def url_in(self, where):
        def read():
            return os.path.exists(where) and world.text_of(where).strip()
        return wait_for(read, "the client opens a browser").splitlines()[0]

    def code_for(self, process):
        """The code that a person's browser brings back from the page that the client names."""
        tab = self.browser()
        tab.go(json.loads(process.stdout.readline())["url"])
        tab.type("username", "alice@contoso.example")
        tab.type("password", PASSWORD)
        tab.press("Sign in")

        def back():
            tab.eval("1")
            sent = [e["params"]["request"]["url"] for e in tab.events
                    if e.get("method") == "Network.requestWillBeSent"]
            return [u for u in sent if u.startswith(f"{REDIRECT}?")]

        query = urllib.parse.parse_qs(urllib.parse.urlsplit(wait_for(back, "the way back")[0]).query)
        self.assertEqual(query["state"], ["s"])
        return query["code"][0] + "\n"

    def test_username_password_credential(self):
        self.end(self.client("password"))

    @in_a_browser
    def test_authorization_code_credential(self):
        app = WORLD.apps["nobody"]
        process = self.client("code", APP=app.app_id, APP_SECRET=app.secret, REDIRECT=REDIRECT)
        told = self.end(process, self.code_for(process))
        self.assertEqual(told[-1]["claims"]["appid"], app.app_id)

    @in_a_browser
    def test_msal_of_a_web_application(self):
        app = WORLD.apps["nobody"]
        process = self.client("msal_code", APP=app.app_id, APP_SECRET=app.secret, REDIRECT=REDIRECT)
        told = self.end(process, self.code_for(process))
        self.assertEqual(told[-2]["account"], "alice@contoso.example")

    @in_a_browser
    def test_msal_device_code(self):
        process = self.client("msal_device")
        told = json.loads(process.stdout.readline())
        self.approve(told["uri"], told["code"])
        self.end(process)

    @in_a_browser
    def test_device_code_credential(self):
        process = self.client("device")
        told = json.loads(process.stdout.readline())
        self.approve(told["uri"], told["code"])
        self.end(process)

    @in_a_browser
    def test_interactive_browser_credential(self):
        where = os.path.join(SERVER.top, "url-identity")
        script = self.opened(where)
        process = self.client("browser", BROWSER=script, REDIRECT_PORT=str(free_port()))
        self.enter(self.url_in(where))
        self.end(process)

    @in_a_browser
    def test_msal_interactive(self):
        where = os.path.join(SERVER.top, "url-msal")
        process = self.client("interactive", URL_FILE=where)
        self.enter(self.url_in(where))
        self.end(process)

    def test_msal_silent_for_this_and_another_resource(self):
        told = self.end(self.client("silent"))[0]
        self.assertEqual(told["account"], "alice@contoso.example")
        self.assertEqual(told["tenant"], SERVER.tenant)
        self.assertEqual(told["other"], SERVER.env["KEYHOLD_MANAGEMENT_URL"])

    def test_on_behalf_of_credential(self):
        app = WORLD.apps["nobody"]
        assertion = sign_in(f"api://{app.app_id}/.default")["access_token"]
        told = self.end(self.client("behalf", APP=app.app_id, APP_SECRET=app.secret,
                                    ASSERTION=assertion))
        self.assertEqual(told[-1]["claims"]["appid"], app.app_id)
        # A policy for the two together: neither alice by herself nor the application has it.
        self.assertEqual(vault(told[-1]["token"], name="compound"), 200)
        self.assertEqual(vault(sign_in()["access_token"], name="compound"), 403)
        status, alone = post("/adfs/oauth2/token", grant_type="client_credentials",
                             client_id=app.app_id, client_secret=app.secret,
                             scope="https://vault.azure.net/.default")
        self.assertEqual(status, 200)
        self.assertEqual(vault(alone["access_token"], name="compound"), 403)

    def test_python_username_password(self):
        try:
            from azure.identity import UsernamePasswordCredential
        except ImportError as e:
            self.skipTest(f"no Azure SDK for Python: {e}")
        os.environ["REQUESTS_CA_BUNDLE"] = SERVER.env["REQUESTS_CA_BUNDLE"]
        c = UsernamePasswordCredential(AZ, "alice@contoso.example", PASSWORD,
                                       authority=login(), tenant_id="adfs")
        self.assertEqual(vault(c.get_token("https://vault.azure.net/.default").token), 200)

    def test_python_on_behalf_of(self):
        try:
            from azure.identity import OnBehalfOfCredential
        except ImportError as e:
            self.skipTest(f"no Azure SDK for Python: {e}")
        os.environ["REQUESTS_CA_BUNDLE"] = SERVER.env["REQUESTS_CA_BUNDLE"]
        app = WORLD.apps["nobody"]
        assertion = sign_in(f"api://{app.app_id}/.default")["access_token"]
        c = OnBehalfOfCredential("adfs", app.app_id, client_secret=app.secret, user_assertion=assertion,
                                 authority=login())
        token = c.get_token("https://vault.azure.net/.default").token
        self.assertEqual(vault(token, name="compound"), 200)

    @in_a_browser
    def test_python_device_code(self):
        try:
            from azure.identity import DeviceCodeCredential
        except ImportError as e:
            self.skipTest(f"no Azure SDK for Python: {e}")
        os.environ["REQUESTS_CA_BUNDLE"] = SERVER.env["REQUESTS_CA_BUNDLE"]
        c = DeviceCodeCredential(AZ, authority=login(), tenant_id="adfs",
                                 prompt_callback=lambda uri, code, _: self.approve(uri, code))
        self.assertEqual(vault(c.get_token("https://vault.azure.net/.default").token), 200)


@unittest.skipIf(shutil.which("az") is None, "no az here")
class CommandLine(unittest.TestCase):
    """Debian's az."""

    @classmethod
    def setUpClass(cls):
        cls.env = environment(AZURE_CONFIG_DIR=os.path.join(SERVER.top, "az"),
                              AZURE_CORE_COLLECT_TELEMETRY="false")
        arm, graph = SERVER.env["KEYHOLD_MANAGEMENT_URL"], SERVER.env["KEYHOLD_GRAPH_URL"]
        cloud = {"endpoints": {"resourceManager": arm, "management": arm, "gallery": arm,
                               "activeDirectory": f"{login()}/adfs",
                               "activeDirectoryResourceId": arm,
                               "activeDirectoryGraphResourceId": graph,
                               "microsoftGraphResourceId": graph},
                 "suffixes": {"keyvaultDns": f".vault.keyhold.localhost:{SERVER.port}"}}
        cls.az("cloud", "register", "-n", "Keyhold", "--cloud-config", json.dumps(cloud))
        cls.az("cloud", "set", "-n", "Keyhold")

    @classmethod
    def az(cls, *words, check=True):
        done = subprocess.run(["az", *words], env=cls.env, text=True, check=False, timeout=120,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            raise AssertionError(f"az {' '.join(words[:2])}: {done.stderr}")
        return done

    def test_login_with_a_password_tokens_and_logout(self):
        said = json.loads(self.az("login", "-u", "alice@contoso.example", "-p", PASSWORD).stdout)
        self.assertEqual(said[0]["user"], {"name": "alice@contoso.example", "type": "user"})
        self.assertEqual(said[0]["tenantId"], SERVER.tenant)
        for resource in ("https://vault.azure.net", SERVER.env["KEYHOLD_MANAGEMENT_URL"]):
            got = json.loads(self.az("account", "get-access-token", "--resource",
                                     resource).stdout)
            claims = json.loads(base64.urlsafe_b64decode(
                got["accessToken"].split(".")[1] + "=="))
            self.assertEqual((claims["aud"], claims["upn"]),
                             (resource, "alice@contoso.example"))
        url = f"{SERVER.url('alpha')}/secrets?api-version=7.4"
        self.az("rest", "--resource", "https://vault.azure.net", "--url", url)
        person = Clients("test_username_password_credential")
        person.end(person.client("cli", AZURE_CONFIG_DIR=self.env["AZURE_CONFIG_DIR"]))
        self.python_reads_it()
        self.az("logout")
        self.assertIn("az login", self.az("account", "show", check=False).stderr)

    def python_reads_it(self):
        done = subprocess.run(
            ["/usr/bin/python3", "-c", "from azure.identity import AzureCliCredential as C;"
             "print(C().get_token('https://vault.azure.net/.default').token)"],
            env=self.env, text=True, check=False, capture_output=True)
        if "ModuleNotFoundError" not in done.stderr:
            self.assertEqual(vault(done.stdout.strip()), 200, done.stderr)

    @in_a_browser
    def test_login_with_a_device_code(self):
        process = subprocess.Popen(["az", "login", "--use-device-code"], env=self.env, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        said = process.stderr.readline()
        person = Clients("test_device_code_credential")
        self.addCleanup(person.doCleanups)  # nobody runs it, so nobody closes its browser
        person.approve(f"{login()}/common/oauth2/deviceauth",
                       said.split("enter the code ")[1].split()[0])
        out, err = process.communicate(timeout=90)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(json.loads(out)[0]["user"]["name"], "alice@contoso.example")

    def test_a_wrong_password_is_told(self):
        done = self.az("login", "-u", "bob@contoso.example", "-p", "wrong", check=False)
        self.assertIn("AADSTS50126", done.stderr)
