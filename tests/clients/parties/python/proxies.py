"""nginx and HAProxy in front, as docs/tls.md configures them for mutual TLS: the page's own lines, with this run's ports and files."""

import base64
import contextlib
import datetime
import hashlib
import ipaddress
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from common import done, equal, story

PROGRAM = os.environ["PROGRAM"]
PAGE = (pathlib.Path(__file__).parents[4] / "docs/tls.md").read_text(encoding="utf-8")
HOST = "mtls.login.example.com"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Certificate:
    """A certificate with its key, in files of `folder`."""

    def __init__(self, folder, name, host, issuer=None, is_authority=False):
        self.private = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if host:
            names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        self.certificate = builder.sign((issuer or self).private, hashes.SHA256())
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.der = self.certificate.public_bytes(serialization.Encoding.DER)
        key = self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        self.file, self.key = f"{folder}/{name}.pem", f"{folder}/{name}.key"
        self.both = f"{folder}/{name}.both.pem"
        for path, text in [(self.file, self.pem), (self.key, key), (self.both, self.pem + key)]:
            pathlib.Path(path).write_text(text, encoding="utf-8")

    def jwk(self):
        numbers = self.private.public_key().public_numbers()
        spelled = lambda number: base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
        return {"kty": "EC", "crv": "P-256", "x": spelled(numbers.x), "y": spelled(numbers.y)}

    def thumbprint(self):
        return base64.urlsafe_b64encode(hashlib.sha256(self.der).digest()).rstrip(b"=").decode()


REALM = """
[realm]
id = "tls"
name = "TLS"
dialect = "standard"
issuer = "https://login.example.com"
authorities = ["login.example.com"]

[mtls]
authority = "{host}"
authorities = \"\"\"
{authority}\"\"\"

[[api]]
audience = "https://api.example.com"
name = "An API"

[[scope]]
name = "orders"
sentence = "See your orders."

[[client]]
id = "nightly"
name = "Nightly"
grants = ["client_credentials"]
scope = "orders"
token-endpoint-auth-method = "tls_client_auth"
tls-client-auth-san-dns = "nightly.example.com"
tls-client-certificate-bound-access-tokens = true

[[client]]
id = "self-signed"
name = "Self-signed"
grants = ["client_credentials"]
scope = "orders"
token-endpoint-auth-method = "self_signed_tls_client_auth"
jwks = '{jwks}'
"""


@contextlib.contextmanager
def running(command, port, folder):
    """A program, until the block ends; its last words where it fails."""
    with tempfile.TemporaryFile("w+") as log:
        program = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert program.poll() is None, "it has ended"
                time.sleep(0.1)
            yield
        except BaseException:
            log.seek(0)
            print(log.read()[-2000:])
            raise
        finally:
            program.terminate()
            program.wait(10)


class World:
    """Certificates, and a server behind a proxy that says in `header` which one a client has."""

    def __init__(self, folder, header):
        self.folder, self.port, self.front = folder, free_port(), free_port()
        self.authority = Certificate(folder, "authority", None, is_authority=True)
        stranger = Certificate(folder, "stranger", None, is_authority=True)
        self.server = Certificate(folder, "server", HOST)
        self.nightly = Certificate(folder, "nightly", "nightly.example.com", self.authority)
        self.elsewhere = Certificate(folder, "elsewhere", "nightly.example.com", stranger)
        self.self_signed = Certificate(folder, "self-signed", "self.example.com")
        jwks = json.dumps({"keys": [self.self_signed.jwk()]})
        realm = REALM.format(host=HOST, authority=self.authority.pem, jwks=jwks)
        pathlib.Path(folder, "realm.toml").write_text(realm, encoding="utf-8")
        pathlib.Path(folder, "claviger.toml").write_text(
            f'[server]\nlisten = ["127.0.0.1:{self.port}"]\nmanagement = ""\ntrusted-proxies = ["127.0.0.1"]\n'
            f'client-certificate-header = "{header}"\n[database]\nurl = "sqlite://{folder}/claviger.db"\n',
            encoding="utf-8",
        )
        apply = [PROGRAM, "apply", "realm.toml", "--create", "--config", "claviger.toml"]
        made = subprocess.run(apply, cwd=folder, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr

    def serve(self):
        return running([PROGRAM, "serve", "--config", "claviger.toml"], self.port, self.folder)

    def token(self, client, certificate=None, headers=()):
        """The status and the answer of a token request through the proxy."""
        command = ["curl", "-sS", "--max-time", "10", "-w", "\n%{http_code}", "--cacert", self.server.file]
        command += ["--resolve", f"{HOST}:{self.front}:127.0.0.1", "-H", f"Host: {HOST}"]
        for line in headers:
            command += ["-H", line]
        if certificate:
            command += ["--cert", certificate.file, "--key", certificate.key]
        command += ["-d", f"grant_type=client_credentials&client_id={client}", f"https://{HOST}:{self.front}/token"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        body, status = ran.stdout.rsplit("\n", 1)
        return int(status), json.loads(body)

    def check(self, forged):
        """`forged`: lines by which a client claims to have a certificate."""
        status, answer = self.token("nightly", self.nightly)
        equal((status, answer.get("error_description")), (200, None))
        claims = json.loads(base64.urlsafe_b64decode(answer["access_token"].split(".")[1] + "=="))
        equal(claims["cnf"], {"x5t#S256": self.nightly.thumbprint()})
        equal(self.token("self-signed", self.self_signed)[0], 200)
        for certificate in (None, self.elsewhere, self.self_signed):
            status, answer = self.token("nightly", certificate)
            equal((status, answer["error"]), (401, "invalid_client"))
        status, answer = self.token("nightly", headers=forged)
        equal((status, answer["error"]), (401, "invalid_client"))


def block(language):
    """The lines of the page in this language."""
    return re.search(rf"^```{language}\n(.*?)^```", PAGE, re.S | re.M).group(1)


def replaced(text, pairs):
    for old, new in pairs:
        assert old in text, f"{old} is not in docs/tls.md"
        text = text.replace(old, new)
    return text


@story
def nginx():
    """nginx: mutual TLS as docs/tls.md has it, and no certificate by a header that a client sends"""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        world = World(folder, "x-ssl-client-cert")
        server = replaced(
            block("nginx"),
            [
                ("listen 443 ssl;", f"listen 127.0.0.1:{world.front} ssl;"),
                ("/etc/nginx/tls/mtls.pem", world.server.file),
                ("/etc/nginx/tls/mtls.key", world.server.key),
                ("http://127.0.0.1:8080", f"http://127.0.0.1:{world.port}"),
            ],
        )
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = f"{folder}/nginx.conf"
        pathlib.Path(config).write_text(
            f"daemon off;\nuser root;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{server}}}\n",
            encoding="utf-8",
        )
        with world.serve(), running(["nginx", "-c", config, "-e", "stderr"], world.front, folder):
            escaped = world.nightly.pem.replace("\n", "%0A").replace(" ", "%20").replace("+", "%2B").replace("/", "%2F")
            world.check([f"X-SSL-Client-Cert: {escaped}"])


@story
def haproxy():
    """HAProxy: mutual TLS as docs/tls.md has it, and no certificate by a header that a client sends"""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        world = World(folder, "client-cert")
        frontend = replaced(
            block("haproxy"),
            [
                ("bind :443", f"bind 127.0.0.1:{world.front}"),
                ("/etc/haproxy/mtls.pem", world.server.both),
                ("/etc/haproxy/clients.pem", world.authority.file),
                ("127.0.0.1:8080", f"127.0.0.1:{world.port}"),
            ],
        )
        config = f"{folder}/haproxy.cfg"
        defaults = "defaults\n    mode http\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n\n"
        pathlib.Path(config).write_text(defaults + frontend, encoding="utf-8")
        with world.serve(), running(["haproxy", "-db", "-f", config], world.front, folder):
            forged = base64.b64encode(world.nightly.der).decode()
            world.check([f"Client-Cert: :{forged}:", "Client-Cert-Chain: :AA==:"])


done()
