"""Makes vectors.json: hashes by the programs that users come from, each with its password.

    python3 -m venv v && v/bin/pip install django passlib werkzeug bcrypt argon2-cffi scrypt firebase-scrypt
    apt-get install php-cli openssl slapd libcrypt1 perl mono-mcs maven default-jdk-headless
    v/bin/python make.py > vectors.json

Where a program cannot be had as a package, what its documentation says is done with Python's hashlib, and `made_by` says so.
"""
import base64, glob, hashlib, hmac, json, os, struct, subprocess, tempfile

import django
from django.conf import settings

settings.configure(PASSWORD_HASHERS=[
    "django.contrib.auth.hashers." + n for n in (
        "PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "Argon2PasswordHasher", "BCryptSHA256PasswordHasher",
        "BCryptPasswordHasher", "ScryptPasswordHasher", "MD5PasswordHasher")])
django.setup()
from django.contrib.auth.hashers import make_password
import argon2, bcrypt, passlib.hash as p
from firebase_scrypt import firebasescrypt
from werkzeug.security import generate_password_hash

PW = "correct horse"
ODD = "pässwörd \u2713 with a tail"
LONG = "x" * 71 + "yz" + "0123456789" * 10
out = []


def add(family, made_by, password, hash, **more):
    out.append({"family": family, "made_by": made_by, "password": password, "given": {"h": hash, **more}})


def run(*args, **more):
    return subprocess.run(args, capture_output=True, text=True, check=True, **more).stdout


def php(code, *args):
    return run("php", "-r", code, "--", *args).strip()


b64 = lambda raw: base64.b64encode(raw).decode()

# Argon2
for kind in argon2.Type:
    for password in (PW, ODD):
        h = argon2.PasswordHasher(time_cost=2, memory_cost=8192, parallelism=2, type=kind).hash(password)
        add("Argon2", "argon2-cffi", password, h)
add("Argon2", "PHP password_hash", ODD, php('echo password_hash($argv[1], PASSWORD_ARGON2ID, ["memory_cost"=>8192]);', ODD))
add("Argon2", "Django", PW, make_password(PW, hasher="argon2"))

# bcrypt
for password in (PW, ODD, LONG):
    add("bcrypt", "bcrypt (Python)", password, bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(5)).decode())
    add("bcrypt", "bcrypt (Python), 2a", password, bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(5, b"2a")).decode())
    add("bcrypt", "PHP password_hash", password, php('echo password_hash($argv[1], PASSWORD_BCRYPT, ["cost"=>5]);', password))
    add("bcrypt", "Django bcrypt_sha256", password, make_password(password, hasher="bcrypt_sha256"))
add("bcrypt", "Django bcrypt", PW, make_password(PW, hasher="bcrypt"))
for password in (PW, ODD, LONG):
    # As passlib's documentation has it; passlib 1.7 does not load today's bcrypt.
    salt = bcrypt.gensalt(5).decode().split("$")[3]
    key = b64(hmac.new(salt.encode(), password.encode(), hashlib.sha256).digest())
    digest = bcrypt.hashpw(key.encode(), f"$2b$05${salt}".encode()).decode()[29:]
    add("bcrypt", "passlib bcrypt_sha256 v2, by its documentation", password, f"$bcrypt-sha256$v=2,t=2b,r=5${salt}${digest}")
    key = b64(hashlib.sha256(password.encode()).digest())
    digest = bcrypt.hashpw(key.encode(), f"$2a$05${salt}".encode()).decode()[29:]
    add("bcrypt", "passlib bcrypt_sha256 v1, by its documentation", password, f"$bcrypt-sha256$2a,5${salt}${digest}")
for password in (PW, ODD, LONG, "  spaces around  "):
    wp = 'echo "\\$wp" . password_hash(base64_encode(hash_hmac("sha384", trim($argv[1]), "wp-sha384", true)), PASSWORD_BCRYPT, ["cost"=>5]);'
    add("bcrypt", "WordPress 6.8, its PHP", password, php(wp, password))

# PBKDF2
for password in (PW, ODD):
    for h in (p.pbkdf2_sha1, p.pbkdf2_sha256, p.pbkdf2_sha512, p.ldap_pbkdf2_sha256, p.ldap_pbkdf2_sha1):
        add("PBKDF2", f"passlib {h.name}", password, h.using(rounds=1000).hash(password))
    add("PBKDF2", "Django", password, make_password(password))
    add("PBKDF2", "Django", password, make_password(password, hasher="pbkdf2_sha1"))
    add("PBKDF2", "Werkzeug", password, generate_password_hash(password, "pbkdf2:sha256:2000"))
    add("PBKDF2", "Werkzeug", password, generate_password_hash(password, "pbkdf2:sha1:2000"))
    salt = os.urandom(16)
    strip = lambda raw: b64(raw).rstrip("=")
    dk = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1500)
    add("PBKDF2", "PHC string, hashlib", password, f"$pbkdf2-sha256$i=1500,l=32${strip(salt)}${strip(dk)}")
    for name, function in (("pbkdf2-sha1", "sha1"), ("pbkdf2-sha256", "sha256"), ("pbkdf2-sha512", "sha512")):
        dk = hashlib.pbkdf2_hmac(function, password.encode(), salt, 1700)
        add("PBKDF2", "columns, hashlib", password, b64(dk), f=name, s=b64(salt), i=1700)
        add("PBKDF2", "columns, hashlib", password, dk.hex(), f=name, s=salt.hex(), e="hex", i=1700)
    for function, size, rounds in (("sha256", 64, 27500), ("sha512", 64, 3000), ("sha1", 64, 2000)):
        dk = hashlib.pbkdf2_hmac(function, password.encode(), salt, rounds, size)
        name = "pbkdf2" if function == "sha1" else f"pbkdf2-{function}"
        secret, credential = {"value": b64(dk), "salt": b64(salt)}, {"hashIterations": rounds, "algorithm": name}
        today = {"type": "password", "secretData": json.dumps(secret), "credentialData": json.dumps(credential)}
        add("Keycloak", "by its export format, hashlib", password, json.dumps(today))
        add("Keycloak", "by its export format, hashlib", password, json.dumps({"secretData": secret, "credentialData": credential}))
        before = {"type": "password", "hashedSaltedValue": b64(dk), "salt": b64(salt), "hashIterations": rounds, "algorithm": name}
        add("Keycloak", "by its export format of before, hashlib", password, json.dumps(before))
    raw = argon2.low_level.hash_secret_raw(password.encode(), salt, 5, 7168, 1, 32, argon2.Type.ID)
    further = {"hashLength": ["32"], "memory": ["7168"], "type": ["id"], "version": ["1.3"], "parallelism": ["1"]}
    credential = {"hashIterations": 5, "algorithm": "argon2", "additionalParameters": further}
    add("Keycloak", "by its export format, argon2-cffi", password, json.dumps(
        {"secretData": json.dumps({"value": b64(raw), "salt": b64(salt)}), "credentialData": json.dumps(credential)}))

# Spring Security: the library itself
with tempfile.TemporaryDirectory() as folder:
    for artifact in ("org.springframework.security:spring-security-crypto:6.5.5", "org.bouncycastle:bcprov-jdk18on:1.80",
                     "org.springframework:spring-jcl:6.2.11"):
        run("mvn", "-q", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}")
    path = ":".join(glob.glob(f"{folder}/*.jar"))
    with open(f"{folder}/Make.java", "w") as file:
        file.write("""
import org.springframework.security.crypto.argon2.*; import org.springframework.security.crypto.bcrypt.*;
import org.springframework.security.crypto.password.*; import org.springframework.security.crypto.scrypt.*;
import java.util.*;
public class Make { public static void main(String[] args) throws Exception {
  Map<String, PasswordEncoder> all = new LinkedHashMap<>();
  all.put("bcrypt", new BCryptPasswordEncoder(5));
  all.put("pbkdf2", Pbkdf2PasswordEncoder.defaultsForSpringSecurity_v5_5());
  all.put("pbkdf2@SpringSecurity_v5_8", Pbkdf2PasswordEncoder.defaultsForSpringSecurity_v5_8());
  all.put("scrypt", SCryptPasswordEncoder.defaultsForSpringSecurity_v4_1());
  all.put("scrypt@SpringSecurity_v5_8", SCryptPasswordEncoder.defaultsForSpringSecurity_v5_8());
  all.put("argon2", Argon2PasswordEncoder.defaultsForSpringSecurity_v5_2());
  all.put("argon2@SpringSecurity_v5_8", Argon2PasswordEncoder.defaultsForSpringSecurity_v5_8());
  for (String password : new String(System.in.readAllBytes(), "UTF-8").split("\\n"))
    for (var one : all.entrySet())
      new java.io.PrintStream(System.out, true, "UTF-8").println(password + "\\t{" + one.getKey() + "}" + one.getValue().encode(password));
}}""")
    for line in run("java", "-cp", path, f"{folder}/Make.java", input=f"{PW}\n{ODD}\n").splitlines():
        password, h = line.split("\t")
        add("Spring", "spring-security-crypto", password, h)

# ASP.NET Identity: its own test vectors (aspnetcore, PasswordHasherTest.cs), and its code's calls with Mono
for h in ("AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==",
          "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw",
          "AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAfZ8v+ZfhjCcudtC1YERSqE1OEdXLW9VukPuJWBBjLuw==",
          "AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M",
          "AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ="):
    add("ASP.NET Identity", "aspnetcore's own tests", "my password", h)
with tempfile.TemporaryDirectory() as folder:
    with open(f"{folder}/Make.cs", "w") as file:
        file.write("""
using System; using System.IO; using System.Linq; using System.Security.Cryptography; using System.Text;
class Make { static void Main() {
  Console.OutputEncoding = new UTF8Encoding(false); Console.InputEncoding = new UTF8Encoding(false);
  string password;
  while ((password = Console.In.ReadLine()) != null) {
    // Version 2: Rfc2898DeriveBytes(password, 16, 1000), as in Microsoft.AspNet.Identity's Crypto.HashPassword.
    using (var kdf = new Rfc2898DeriveBytes(password, 16, 1000))
      Console.WriteLine(password + "\\tv2\\t" + Convert.ToBase64String(new byte[] { 0 }.Concat(kdf.Salt).Concat(kdf.GetBytes(32)).ToArray()) + "\\t");
    var salt = new byte[16]; new RNGCryptoServiceProvider().GetBytes(salt);
    var unicode = Encoding.Unicode.GetBytes(password);
    // Membership: SqlMembershipProvider.EncodePassword.
    Console.WriteLine(password + "\\tmembership-sha1\\t" + Convert.ToBase64String(SHA1.Create().ComputeHash(salt.Concat(unicode).ToArray())) + "\\t" + Convert.ToBase64String(salt));
    var key = new byte[64];
    for (int i = 0; i < key.Length; ) { int n = Math.Min(salt.Length, key.Length - i); Buffer.BlockCopy(salt, 0, key, i, n); i += n; }
    Console.WriteLine(password + "\\tmembership-hmac-sha256\\t" + Convert.ToBase64String(new HMACSHA256(key).ComputeHash(unicode)) + "\\t" + Convert.ToBase64String(salt));
  }
}}""")
    run("mcs", f"-out:{folder}/make.exe", f"{folder}/Make.cs")
    for line in run("mono", f"{folder}/make.exe", input=f"{PW}\n{ODD}\n").splitlines():
        password, kind, h, salt = line.split("\t")
        if kind == "v2":
            add("ASP.NET Identity", "Mono, as Microsoft.AspNet.Identity calls it", password, h)
        else:
            add("ASP.NET Membership", "Mono, as SqlMembershipProvider calls it", password, h, f=kind, s=salt)
for password in (PW, ODD):
    salt = os.urandom(16)
    dk = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 100_000, 32)
    add("ASP.NET Identity", "version 3 of .NET 8, by its documentation, hashlib", password,
        b64(b"\1" + struct.pack(">III", 2, 100_000, 16) + salt + dk))

# scrypt
for password in (PW, ODD):
    add("scrypt", "passlib", password, p.scrypt.using(rounds=12).hash(password))
    add("scrypt", "Werkzeug", password, generate_password_hash(password))
    add("scrypt", "Django", password, make_password(password, hasher="scrypt"))
    add("scrypt", "libxcrypt", password, run("perl", "-e", "binmode(STDIN); chomp($p=<STDIN>); print crypt($p, '$7$A6....1....saltsaltsalt')", input=password))
key = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
project = {"base64_signer_key": key, "base64_salt_separator": "Bw==", "rounds": 8, "mem_cost": 14}
add("Firebase", "Firebase's own example", "user1password",
    "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
    f="firebase-scrypt", s="42xEC+ixf3L2lw==", p=project)
for password in (PW, ODD):
    salt = b64(os.urandom(12))
    derived = firebasescrypt.generate_derived_key(password, salt, "Bw==", 8, 14)
    raw = firebasescrypt.encrypt(base64.b64decode(key), derived)
    add("Firebase", "firebase-scrypt (Python)", password, b64(raw), f="firebase-scrypt", s=salt, p=project)

# phpass and Drupal
itoa = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def crypt64(raw):
    text = ""
    for at in range(0, len(raw), 3):
        group = raw[at:at + 3]
        number = int.from_bytes(group, "little")
        text += "".join(itoa[number >> 6 * i & 63] for i in range(len(group) + 1))
    return text


def drupal(password):
    salt = "aBcDeFgH"
    raw = hashlib.sha512((salt + password).encode()).digest()
    for _ in range(1 << 15):
        raw = hashlib.sha512(raw + password.encode()).digest()
    return ("$S$D" + salt + crypt64(raw))[:55]


for password in (PW, ODD):
    add("phpass", "passlib", password, p.phpass.using(rounds=8).hash(password))
    add("phpass", "passlib, phpBB", password, p.phpass.using(rounds=8, ident="$H$").hash(password))
    add("Drupal", "Drupal 7, by its documentation, hashlib", password, drupal(password))
    add("Drupal", "Drupal 7 from 6, by its documentation, hashlib", password, "U" + drupal(hashlib.md5(password.encode()).hexdigest()))

# crypt(3)
for password in (PW, ODD, LONG, ""):
    # openssl hashes no empty password.
    for option in ("-1", "-apr1", "-5", "-6") if password else ():
        add("crypt", f"openssl passwd {option}", password, run("openssl", "passwd", option, "-stdin", input=password + "\n").strip())
    for h in (p.md5_crypt, p.apr_md5_crypt, p.sha256_crypt.using(rounds=1200), p.sha512_crypt.using(rounds=1200)):
        add("crypt", "passlib", password, h.hash(password))
    for setting in ("$y$j9T$F5Jx5fExrKuPp53xLKQ..1", "$y$j75$saltsaltsalt", "$5$rounds=1000$a", "$6$abcdefghijklmnop"):
        h = run("perl", "-e", "binmode(STDIN); chomp($p=<STDIN>); print crypt($p, $ARGV[0])", setting, input=password)
        add("crypt", "libxcrypt", password, h)

# LDAP
for password in (PW, ODD):
    for scheme in ("{SSHA}", "{SHA}", "{SMD5}", "{MD5}"):
        add("LDAP", "slappasswd", password, run("slappasswd", "-h", scheme, "-n", "-T", "/dev/stdin", input=password))
    for h in (p.ldap_salted_sha256, p.ldap_salted_sha512, p.ldap_salted_sha1, p.ldap_salted_md5, p.ldap_sha1, p.ldap_md5,
              p.ldap_sha512_crypt.using(rounds=1200), p.ldap_md5_crypt):
        add("LDAP", f"passlib {h.name}", password, h.hash(password))

# Plain digests
for password in (PW, ODD):
    add("MySQL", "passlib", password, p.mysql41.hash(password))
    add("plain", "Django", password, make_password(password, hasher="md5"))
    for name in ("md5", "sha1", "sha256", "sha512"):
        digest = lambda text: php("echo hash($argv[1], $argv[2]);", name, text)
        add("plain", "PHP hash", password, digest(password), f=name)
        add("plain", "PHP hash", password, digest("NaCl" + password), f=f"{name}-salt-first", s="NaCl")
        add("plain", "PHP hash", password, digest(password + "NaCl").upper(), f=f"{name}-salt-last", s="NaCl")
        raw = hashlib.new(name, b"\x00\xff\x10" + password.encode()).digest()
        add("plain", "hashlib", password, b64(raw), f=f"{name}-salt-first", s="00ff10", e="hex")

print("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in out) + "\n]")
