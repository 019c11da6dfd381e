"""The other side of the generated guide: its code for APIs, taken off the page, put into a program of that framework, and called with
tokens that it must take and others that it must not."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.environ["CLAVIGER_MANIFEST"], encoding="utf-8") as file:
    REALM = json.load(file)["realms"]["standard"]
# Those of `demo-batch`.
REALM_AUDIENCES = ["https://api.standard.example/notes", "https://api.standard.example/legacy"]
TEXT = urllib.request.urlopen(REALM["issuer"] + "/guide.md", timeout=20).read().decode()

EXPRESS = """
import express from "express";
import { bearer } from "./bearer.mjs";
const app = express();
app.get("/me", bearer, (request, response) => response.json({ sub: request.claims.sub }));
app.listen(Number(process.argv[2]), "127.0.0.1");
"""
FASTAPI = """
import sys
import uvicorn
from fastapi import FastAPI
app = FastAPI()

@app.get("/me")
def me(said=Depends(claims)):
    return {"sub": said["sub"]}

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""
SPRING = """package parties;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class App {
    public static void main(String[] args) {
        SpringApplication.run(App.class, args);
    }

    @Bean
    SecurityFilterChain api(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()))
                .build();
    }

    @GetMapping("/me")
    Map<String, Object> me(Authentication authentication) {
        return Map.of("sub", authentication.getName());
    }
}
"""


# Where Debian's package is, in the place of what Composer would bring.
PHP = """<?php
require "/usr/share/php/phpseclib3/autoload.php";
%s
header("content-type: application/json");
echo json_encode(["sub" => $claims["sub"]]);
"""


def code(framework, language):
    section = re.search(rf"^#### {framework}$(.*?)(?=^##? |^#### |\Z)", TEXT, re.M | re.S)
    assert section, f"there is no heading {framework}"
    found = re.search(rf"^```{language}\n(.*?)^```$", section[1], re.M | re.S)
    assert found, f"there is no {language} below {framework}"
    return found[1]


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def token(client_id, audience=None):
    """An access token of a client of the demo that acts for itself."""
    client = next(one for one in REALM["clients"] if one["id"] == client_id)
    body = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": client["secret"]}
    body |= {"resource": audience} if audience else {}
    request = urllib.request.Request(REALM["endpoints"]["token"], urllib.parse.urlencode(body).encode())
    return json.load(urllib.request.urlopen(request, timeout=20))["access_token"]


def call(port, bearer=None):
    """Status, challenge and body of a call of the API."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/me", headers={"Authorization": f"Bearer {bearer}"} if bearer else {})
    answer = connection.getresponse()
    return answer.status, answer.headers.get("www-authenticate", ""), answer.read().decode()


@contextmanager
def running(command, port, **options):
    """A program, once it listens; it is ended by its process id."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen([word.format(port=port) for word in command], stdout=output, stderr=subprocess.STDOUT, **options)
        try:
            until = time.monotonic() + 90
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > until:
                        output.seek(0)
                        raise AssertionError(f"it does not start: {output.read()[-600:]}") from None
                    time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(30)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def checked(port):
    """What an API must take, and what it must not."""
    audience = re.search(r"Tokens for `([^`]+)` are JWTs", TEXT)[1]
    good = token("demo-batch", audience)
    status, _, body = call(port, good)
    assert (status, json.loads(body)) == (200, {"sub": "demo-batch"}), (status, body)
    head, claims, signature = good.split(".")
    other = next(one for one in REALM_AUDIENCES if one != audience)
    wrong = {
        "no token": None,
        "no JWT": "nonsense",
        "another signature": f"{head}.{claims}.{signature[::-1]}",
        "no signature": f"{head}.{claims}.",
        "a token for another API": token("demo-batch", other),
        "an opaque token": token("demo-vault"),
    }
    for name, bearer in wrong.items():
        status, challenge, _ = call(port, bearer)
        assert status == 401, f"{name}: {status}"
        assert challenge.startswith("Bearer"), f"{name}: {challenge}"


def express(folder):
    write(folder, "bearer.mjs", code("Express", "js"))
    write(folder, "app.mjs", EXPRESS)
    os.symlink(os.path.join(HERE, "../node/node_modules"), os.path.join(folder, "node_modules"))
    port = free_port()
    with running(["node", "app.mjs", "{port}"], port, cwd=folder):
        checked(port)


def fastapi(folder):
    write(folder, "app.py", code("FastAPI", "py") + FASTAPI)
    port = free_port()
    with running([sys.executable, "app.py", "{port}"], port, cwd=folder):
        checked(port)


def php(folder):
    write(folder, "app.php", PHP % code(r"PHP \(phpseclib 3\)", "php-api"))
    port = free_port()
    with running(["php", "-S", "127.0.0.1:{port}", "app.php"], port, cwd=folder):
        checked(port)


def spring(folder):
    shutil.copy(os.path.join(HERE, "../parties/spring/pom.xml"), folder)
    write(folder, "src/main/java/parties/App.java", SPRING)
    write(folder, "src/main/java/parties/AccessTokens.java", "package parties;\n\n" + code("Spring", "java-api"))
    build = ["mvn", "-q", "-B", f"-Dparties.target={folder}/target", "package"]
    done = subprocess.run(build, cwd=folder, timeout=600, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-600:]
    port = free_port()
    command = ["java", "-jar", "target/spring.jar", "--server.address=127.0.0.1", "--server.port={port}"]
    with running(command, port, cwd=folder):
        checked(port)


failed = False
for name, run in {"Express": express, "FastAPI": fastapi, "PHP": php, "Spring": spring}.items():
    with tempfile.TemporaryDirectory() as folder:
        try:
            run(folder)
            print(f"ok - code of the guide protects an API: {name}", flush=True)
        except Exception as error:  # code of a page may fail in any way
            failed = True
            print(f"not ok - code of the guide protects an API: {name}: {type(error).__name__}: {error}".replace("\n", " "), flush=True)
sys.exit(failed)
